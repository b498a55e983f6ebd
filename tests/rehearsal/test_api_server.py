"""Whole rehearsals on an API server of their own: stand-ins for it everywhere, the real one where it is."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.__main__ import main
from rehearsal.aws.runtime import Options
from rehearsal.kubernetes.real.assets import UNSET, find_assets
from rehearsal.rehearse import rehearse
from rehearsal.report.outcome import RehearsalReport
from tests.lambda_.kubernetes_api.stand_ins import install
from tests.rehearsal.assemblies import ROOT, Template, find, remove, synthesize, with_mistake
from tests.rehearsal.mistakes import NODES, reasons
from tests.rehearsal.test_hand_changes import another_release, change_by_hand, without_takeover
from tests.rehearsal.test_mistakes import MANIFEST
from tests.settings_files import with_chart

pytestmark = pytest.mark.slow

CHARTS = Path(os.environ["CILIUM_CHARTS"]) if os.environ.get("CILIUM_CHARTS") else None
SETTINGS = ROOT / "tests/stacks/settings"
# Read once: a test sets the variable to a folder of its own.
_ENVIRONMENT = dict(os.environ)


@pytest.fixture(scope="module")
def default(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The assembly of the default settings."""
    return synthesize(ROOT / "settings.yaml", tmp_path_factory.mktemp("default"))


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs that stand in for etcd and kube-apiserver."""
    return install(tmp_path_factory.mktemp("assets"))


@pytest.fixture(scope="module")
def assets() -> Path:
    """The folder with the real programs."""
    found = find_assets(_ENVIRONMENT)
    if found is None:
        pytest.skip(UNSET)
    return found


def test_a_rehearsal_on_stand_ins_ends_as_it_should(default: Path, stand_ins: Path) -> None:
    report = rehearse(default, options=Options(api_server=stand_ins))
    assert report.problems == []
    (note,) = [note for note in report.notes if "kube-apiserver" in note]
    assert note == (
        "the Kubernetes API of cluster platform is served by kube-apiserver 1.36.2, which behaves as 1.35"
    )


def test_without_programs_the_option_is_wrong_usage(
    default: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    assert main([str(default), "--api-server"]) == 2
    assert capsys.readouterr().err == (
        "--api-server: needs a folder with etcd and kube-apiserver in KUBEBUILDER_ASSETS, got nothing; set "
        "it to what `setup-envtest use -p path` prints\n"
    )


def test_a_server_that_does_not_start_fails_the_cluster_in_its_words(
    default: Path, stand_ins: Path, tmp_path: Path
) -> None:
    shutil.copytree(stand_ins, tmp_path, dirs_exist_ok=True)
    (tmp_path / "kube-apiserver").write_text("#!/bin/sh\necho 'Error: unknown flag'\nexit 1\n")
    report = rehearse(default, options=Options(api_server=tmp_path))
    assert not report.succeeded
    assert "kube-apiserver ended with status 1 before it was ready" in reasons(report)
    assert "Error: unknown flag" in reasons(report)


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name
)
def test_no_program_outlives_the_rehearsal(
    default: Path, stand_ins: Path, tmp_path: Path, number: signal.Signals
) -> None:
    for each in stand_ins.iterdir():
        shutil.copy2(each, tmp_path)
    (tmp_path / "temporary").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "rehearsal", str(default), "--api-server", "--json"],
        cwd=ROOT,
        env=os.environ | {"KUBEBUILDER_ASSETS": str(tmp_path), "TMPDIR": str(tmp_path / "temporary")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _wait_for(lambda: bool(_running(tmp_path / "kube-apiserver")) or process.poll() is not None)
    assert process.poll() is None
    process.send_signal(number)
    process.wait()
    _wait_for(lambda: not _running(tmp_path))


def _running(program: Path) -> list[str]:
    """The processes whose commands name a program, or anything in a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(program) in command:
            found.append(command)
    return found


def _wait_for(done: Callable[[], bool]) -> None:
    for _ in range(12000):
        if done():
            return
        time.sleep(0.01)
    raise AssertionError("it does not happen")


@pytest.mark.parametrize("settings", ["settings.yaml", "tenants", "pod-egress", "isolated"])
def test_a_real_server_takes_all_that_we_send(assets: Path, settings: str, tmp_path: Path) -> None:
    path = ROOT / settings if settings.endswith(".yaml") else SETTINGS / f"{settings}.yaml"
    if settings == "isolated":
        path = with_chart(path, tmp_path)
    report = rehearse(synthesize(path, tmp_path / "out"), options=Options(api_server=assets, charts=CHARTS))
    assert report.problems == []


def test_a_real_server_takes_an_update(assets: Path, default: Path, tmp_path: Path) -> None:
    second = with_mistake(default, tmp_path / "second", "cluster", another_release)
    report = rehearse(default, update=second, options=Options(api_server=assets, charts=CHARTS))
    assert report.problems == []
    assert list(report.phases) == ["create", "update", "destroy"]


@pytest.fixture
def broken(assets: Path, default: Path, tmp_path: Path) -> Callable[..., RehearsalReport]:
    """Rehearses the default settings with a mistake, on a real server."""

    def rehearse_it(break_it: Callable[[Template], None]) -> RehearsalReport:
        folder = with_mistake(default, tmp_path / "broken", "cluster", break_it)
        return rehearse(folder, options=Options(api_server=assets))

    return rehearse_it


def test_a_missing_right_is_a_denial_of_the_real_server(broken: Callable[..., RehearsalReport]) -> None:
    def take_the_right_to_delete(template: Template) -> None:
        resource = template["Resources"][find(template, MANIFEST, "AwsNodeRemoval")]
        text = resource["Properties"]["Manifest"]
        assert '"delete"' in str(text)
        changed = str(text).replace('"delete",', "").replace(',"delete"', "").replace('"delete"', '"get"')
        resource["Properties"]["Manifest"] = changed

    report = broken(take_the_right_to_delete)
    assert not report.succeeded
    assert re.search(r'daemonsets\.apps "aws-node" is forbidden: User ".*" cannot delete', reasons(report))


def test_aws_node_that_stays_spoils_nodes_on_a_real_server(broken: Callable[..., RehearsalReport]) -> None:
    report = broken(lambda template: remove(template, find(template, "Custom::AwsNodeRemoval")))
    assert not report.succeeded
    assert "aws-node ran on it before Cilium" in reasons(report)


def test_a_change_by_hand_conflicts_on_a_real_server(assets: Path, default: Path, tmp_path: Path) -> None:
    first = with_mistake(default, tmp_path / "first", "cluster", without_takeover)
    second = with_mistake(first, tmp_path / "second", "cluster", another_release)
    report = rehearse(
        first, update=second, between=change_by_hand, options=Options(api_server=assets, charts=CHARTS)
    )
    assert not report.succeeded
    assert re.search(r'conflicts? with \\*"kubectl-edit\\*" using', reasons(report))


def test_a_failed_node_group_rolls_back_on_a_real_server(assets: Path, default: Path) -> None:
    report = rehearse(default, options=Options(api_server=assets, fail=NODES))
    assert report.succeeded, report.problems
