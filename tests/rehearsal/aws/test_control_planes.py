"""The kind of API that a cluster gets, and servers that start before their turn, on stand-ins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.control_planes import begin_ahead, new_cluster
from rehearsal.aws.runtime import Options, Runtime
from rehearsal.kubernetes import KubernetesCluster
from rehearsal.kubernetes.real.cluster import RealCluster
from rehearsal.kubernetes.real.program import StartError
from tests.lambda_.kubernetes_api.stand_ins import install, script
from tests.rehearsal.kubernetes.commands import IDENTITIES

said: list[str] = []
MakeRuntime = Callable[[Path | None], Runtime]


@pytest.fixture
def runtime() -> Iterator[MakeRuntime]:
    """Makes the means of a rehearsal, with a folder of programs or without; its remarks are in `said`."""
    with ExitStack() as stack:

        def make(assets: Path | None) -> Runtime:
            return stack.enter_context(
                Runtime(Options(api_server=assets), lambda key: Path(key), said.append)
            )

        said.clear()
        yield make


def cluster(runtime: Runtime, version: str = "1.35", cidr: str | None = None) -> KubernetesCluster:
    return new_cluster(
        runtime, name="shop", version=version, service_cidr=cidr, identify=lambda token: IDENTITIES.get(token)
    )


def definition(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::EKS::Cluster", "Properties": {"Version": "1.35"} | properties}


def planes(runtime: Runtime) -> list[Path]:
    """The folders of control planes so far."""
    return sorted(runtime.scratch("x").parent.glob("*-control-plane*"))


def test_without_programs_the_api_is_embedded(runtime: MakeRuntime) -> None:
    made = runtime(None)
    begin_ahead(made, [definition()])
    assert type(cluster(made)) is KubernetesCluster
    assert (planes(made), said) == ([], [])


def test_with_programs_the_report_names_the_server(runtime: MakeRuntime, tmp_path: Path) -> None:
    assert isinstance(cluster(runtime(install(tmp_path))), RealCluster)
    assert said == [
        "the Kubernetes API of cluster shop is served by kube-apiserver 1.36.2, which behaves as 1.35"
    ]


def test_a_cluster_takes_the_server_that_was_begun_for_it(runtime: MakeRuntime, tmp_path: Path) -> None:
    made = runtime(install(tmp_path))
    begin_ahead(made, [definition(), {"Type": "AWS::EC2::VPC"}])
    taken = cluster(made)
    assert isinstance(taken, RealCluster)
    assert taken.plane.files.folder == planes(made)[0]
    with taken:
        assert taken.get("Namespace", "kube-system") is not None


def test_a_second_cluster_has_a_server_of_its_own(runtime: MakeRuntime, tmp_path: Path) -> None:
    made = runtime(install(tmp_path))
    begin_ahead(made, [definition()])
    first, second = cluster(made), cluster(made)
    assert isinstance(first, RealCluster)
    assert isinstance(second, RealCluster)
    assert first.plane is not second.plane
    first.stop()


@pytest.mark.parametrize(
    ("properties", "wanted"),
    [
        ({}, {"version": "1.34"}),
        ({}, {"cidr": "10.9.0.0/16"}),
        ({"KubernetesNetworkConfig": {"ServiceIpv4Cidr": "10.9.0.0/16"}}, {}),
    ],
)
def test_a_server_of_another_version_or_range_is_not_taken(
    runtime: MakeRuntime, tmp_path: Path, properties: dict[str, Any], wanted: dict[str, str]
) -> None:
    made = runtime(install(tmp_path))
    begin_ahead(made, [definition(**properties)])
    taken = cluster(made, **wanted)
    assert isinstance(taken, RealCluster)
    assert taken.plane.files.folder != planes(made)[0]


@pytest.mark.parametrize(
    "properties",
    [{"Version": {"Ref": "Version"}}, {"KubernetesNetworkConfig": {"ServiceIpv4Cidr": {"Ref": "Range"}}}],
)
def test_a_server_is_not_begun_for_what_the_template_does_not_say(
    runtime: MakeRuntime, tmp_path: Path, properties: dict[str, Any]
) -> None:
    made = runtime(install(tmp_path))
    begin_ahead(made, [definition(**properties)])
    assert planes(made) == []


def test_a_failed_start_ahead_is_told_when_the_cluster_starts(runtime: MakeRuntime, tmp_path: Path) -> None:
    install(tmp_path)
    script(tmp_path, "etcd", "raise SystemExit('no space left')")
    made = runtime(tmp_path)
    begin_ahead(made, [definition()])
    with pytest.raises(StartError, match="etcd ended with status 1 before it was ready"):
        cluster(made).start()


def test_what_no_cluster_takes_ends_with_the_rehearsal(tmp_path: Path) -> None:
    with Runtime(Options(api_server=install(tmp_path)), lambda key: Path(key), said.append) as made:
        begin_ahead(made, [definition()])
    assert [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(tmp_path) in _read(path)] == []


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""
