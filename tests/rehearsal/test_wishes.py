"""Options that a rehearsal could not honour are refused at its start, with the choices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rehearsal.__main__ import main
from rehearsal.aws.runtime import Options
from rehearsal.cloudformation.assembly import Assembly, AssemblyError
from rehearsal.wishes import refuse_in_vain
from tests.rehearsal.assemblies import assembly_of

VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}


def chart(version: Any, repository: str = "https://helm.cilium.io/") -> dict[str, Any]:
    properties = {"Repository": repository, "Chart": "cilium", "Version": version}
    return {"Type": "Custom::AWSCDK-EKS-HelmChart", "Properties": properties}


def refusal(tmp_path: Path, options: Options, *, destroy: bool = True, **resources: Any) -> str:
    assembly = Assembly.load(assembly_of(tmp_path / "one", Vpc=VPC, **resources))
    with pytest.raises(AssemblyError) as caught:
        refuse_in_vain(options, assembly, None, destroy)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("Qqqq", "the types are AWS::EC2::VPC"),
        ("Vcp", "did you mean 'Vpc'?"),
        ("AWS::EC2::Vpcs", "did you mean 'AWS::EC2::VPC'?"),
    ],
)
def test_a_failure_of_nothing_is_refused_with_the_choices(tmp_path: Path, name: str, fix: str) -> None:
    assert refusal(tmp_path, Options(fail=name)) == (
        f"--fail: must be a logical id or a type of a resource, got '{name}'; {fix}"
    )


@pytest.mark.parametrize("name", ["Vpc", "AWS::EC2::VPC"])
def test_a_failure_of_an_id_or_a_type_is_taken(tmp_path: Path, name: str) -> None:
    assembly = Assembly.load(assembly_of(tmp_path / "one", Vpc=VPC))

    refuse_in_vain(Options(fail=name), assembly, None, True)


def test_what_only_the_update_brings_may_fail(tmp_path: Path) -> None:
    before = Assembly.load(assembly_of(tmp_path / "one", Vpc=VPC))
    after = Assembly.load(assembly_of(tmp_path / "two", Vpc=VPC, Second=VPC))

    refuse_in_vain(Options(fail="Second"), before, after, True)


def test_options_of_an_update_need_one(tmp_path: Path) -> None:
    assert refusal(tmp_path, Options(fail="Vpc", fail_on="update", new_images=True)).splitlines() == [
        "--new-images: needs --update, because images are published before the update",
        "--fail-on update: needs --update, since nothing is updated otherwise",
    ]


def test_a_failed_delete_needs_a_destroy(tmp_path: Path) -> None:
    assert refusal(tmp_path, Options(fail="Vpc", fail_on="delete"), destroy=False) == (
        "--fail-on delete: goes without --no-destroy, since nothing is deleted otherwise"
    )


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (Options(orphan_enis=-1), "--orphan-enis: must be 0 or more, got -1"),
        (Options(authorization_delay=-0.5), "--authorization-delay: must be seconds, 0 or more, got -0.5"),
        (
            Options(authorization_delay=float("nan")),
            "--authorization-delay: must be seconds, 0 or more, got nan",
        ),
    ],
)
def test_less_than_nothing_is_refused(tmp_path: Path, options: Options, text: str) -> None:
    assert refusal(tmp_path, options) == text


def test_a_folder_of_charts_must_exist(tmp_path: Path) -> None:
    folder = tmp_path / "chrats"

    assert refusal(tmp_path, Options(charts=folder)) == (
        f"--charts: must be a folder of packaged charts, got '{folder}'; fetch it with 'helm pull cilium "
        f"--repo https://helm.cilium.io/ --version X.Y.Z --destination {folder}' and name the folder with "
        f"--charts {folder}"
    )


def test_a_folder_of_charts_must_hold_one(tmp_path: Path) -> None:
    (tmp_path / "cilium").mkdir()

    text = refusal(tmp_path, Options(charts=tmp_path / "cilium"))
    assert text.startswith(
        f"--charts: must hold cilium-X.Y.Z.tgz, got '{tmp_path}/cilium' without any; fetch"
    )


def test_a_release_that_is_not_known_needs_its_chart(tmp_path: Path) -> None:
    assert refusal(tmp_path, Options(), Chart=chart("1.20.99")) == (
        "Cilium 1.20.99 is not among the releases known here on 2026-08-03, so it has no stand-in, and "
        "its chart is not at hand; fetch it with 'helm pull cilium --repo https://helm.cilium.io/ --version "
        "1.20.99 --destination charts' and name the folder with --charts charts, or take it --online"
    )


def test_its_chart_is_enough(tmp_path: Path) -> None:
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts/cilium-1.20.99.tgz").touch()
    assembly = Assembly.load(assembly_of(tmp_path / "one", Chart=chart("1.20.99")))

    refuse_in_vain(Options(charts=tmp_path / "charts"), assembly, None, True)


@pytest.mark.parametrize(
    ("release", "options"),
    [
        (chart("1.19.6"), Options()),
        (chart("1.20.99"), Options(online=True)),
        (chart("9.9.9", "https://example.com/"), Options()),
        (chart({"Ref": "Version"}), Options()),
    ],
)
def test_other_releases_need_none(tmp_path: Path, release: dict[str, Any], options: Options) -> None:
    refuse_in_vain(options, Assembly.load(assembly_of(tmp_path / "one", Chart=release)), None, True)


def test_the_command_ends_with_2_before_it_begins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CILIUM_CHARTS", raising=False)
    folder = assembly_of(tmp_path / "one", Vpc=VPC)

    assert main([str(folder), "--fail", "Nope", "--charts", str(tmp_path / "missing")]) == 2
    said = capsys.readouterr()
    assert "CREATE" not in said.out
    assert [line.partition(":")[0] for line in said.err.splitlines()] == ["--fail", "--charts"]
