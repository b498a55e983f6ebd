from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.__main__ import main
from rehearsal.aws.account import Account
from rehearsal.aws.runtime import Options
from rehearsal.rehearse import rehearse

VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
NOTE = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x"}, "DependsOn": "Vpc"}


@pytest.fixture
def assembly(tmp_path: Path) -> Any:
    """Writes an assembly of one stack and returns its folder."""

    def write(name: str = "one", **resources: Any) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        artifact = {
            "type": "aws:cloudformation:stack",
            "environment": "aws://210987654321/eu-central-1",
            "properties": {"templateFile": "t.json"},
        }
        (folder / "manifest.json").write_text(json.dumps({"artifacts": {"app": artifact}}))
        template = {"Resources": resources, "Outputs": {"Vpc": {"Value": {"Ref": "Vpc"}}}}
        (folder / "t.json").write_text(json.dumps(template))
        return folder

    return write


def test_a_good_deployment_succeeds_and_leaves_nothing(assembly: Any) -> None:
    report = rehearse(assembly(Vpc=VPC, Note=NOTE))
    assert report.succeeded
    assert report.problems == []
    assert report.position("Vpc", "CREATE_COMPLETE") < report.position("Note", "CREATE_IN_PROGRESS")
    assert report.outputs["app"]["Vpc"].startswith("vpc-")


def test_the_account_and_region_are_those_of_the_assembly(assembly: Any) -> None:
    seen = []

    def look(account: Account) -> None:
        identity = account.client("sts").get_caller_identity()
        vpcs = account.client("ec2").describe_vpcs()["Vpcs"]
        seen.extend([identity["Account"], len([vpc for vpc in vpcs if not vpc["IsDefault"]])])

    rehearse(assembly(Vpc=VPC), inspect=look)
    assert seen == ["210987654321", 1]


def test_what_a_policy_retains_is_not_as_it_should_be(assembly: Any) -> None:
    report = rehearse(assembly(Vpc=VPC, Note={**NOTE, "DeletionPolicy": "Retain"}))
    assert not report.succeeded
    assert any("no policy retains anything: AWS::SSM::Parameter CFN-app-Note" in p for p in report.problems)


def test_a_failure_on_purpose_succeeds_when_the_rollback_is_clean(assembly: Any) -> None:
    report = rehearse(assembly(Vpc=VPC, Note=NOTE), options=Options(fail="Note"))
    assert report.succeeded
    assert report.failures == {"app/Note": "failed on purpose (--fail)"}


def test_an_update_that_fails_on_purpose_is_tried_again(assembly: Any) -> None:
    changed = {**NOTE, "Properties": {"Type": "String", "Value": "y"}}
    report = rehearse(
        assembly(Vpc=VPC, Note=NOTE),
        update=assembly("two", Vpc=VPC, Note=changed),
        options=Options(fail="Note", fail_on="update"),
    )
    assert report.succeeded
    assert report.failures == {"app/Note": "failed on purpose (--fail)"}
    assert report.position("app", "UPDATE_ROLLBACK_COMPLETE") < report.position("app", "UPDATE_COMPLETE")


def test_a_destroy_that_fails_on_purpose_is_tried_again(assembly: Any) -> None:
    report = rehearse(assembly(Vpc=VPC, Note=NOTE), options=Options(fail="Note", fail_on="delete"))
    assert report.succeeded
    assert report.position("app", "DELETE_FAILED") < report.position("app", "DELETE_COMPLETE")


def test_a_failure_on_purpose_that_never_comes_is_not_as_it_should_be(assembly: Any) -> None:
    changed = {**NOTE, "Properties": {"Type": "String", "Value": "y"}}
    report = rehearse(
        assembly(Vpc=VPC, Note=NOTE),
        update=assembly("two", Vpc=VPC, Note=changed),
        options=Options(fail="Vpc", fail_on="update"),
    )
    assert not report.succeeded
    assert report.problems == ["Vpc fails on update: nothing did"]


def test_an_update_is_played_between(assembly: Any) -> None:
    changed = {**NOTE, "Properties": {"Type": "String", "Value": "y"}}
    report = rehearse(assembly(Vpc=VPC, Note=NOTE), update=assembly("two", Vpc=VPC, Note=changed))
    assert report.succeeded
    assert report.position("Note", "UPDATE_COMPLETE") < report.position("Note", "DELETE_COMPLETE")
    assert [(each.phase, each.check) for each in report.findings] == [
        ("destroy", "nothing is left"),
        ("", "IAM allows every call"),
    ]


def test_the_command_prints_the_end_state(assembly: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(assembly(Vpc=VPC))]) == 0
    out = capsys.readouterr().out
    assert "nothing is left" in out
    assert "The end state is as it should be." in out


def test_a_dump_goes_into_a_new_folder_alone_and_needs_a_cluster(
    assembly: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, played = tmp_path / "dump", str(assembly(Vpc=VPC))
    assert main([played, "--dump", str(folder)]) == 0
    assert capsys.readouterr().err == "nothing to dump: no cluster was created\n"
    folder.mkdir()
    (folder / "x").touch()
    assert main([played, "--dump", str(folder)]) == 2
    assert capsys.readouterr().err == f"{folder}: must be a new or an empty folder; name another one\n"


def test_the_command_fails_with_the_reason(assembly: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(assembly(Vpc={"Type": "AWS::Quantum::Computer"}))]) == 1
    assert "the rehearsal does not know AWS::Quantum::Computer" in capsys.readouterr().out


def test_the_command_gives_json_and_nothing_else(assembly: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(assembly(Vpc=VPC)), "--json"]) == 0
    given = json.loads(capsys.readouterr().out)
    assert given["succeeded"] is True
    assert given["events"][-1]["status"] == "DELETE_COMPLETE"


def test_without_a_cluster_the_command_draws_nothing_and_says_so(
    assembly: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(assembly(Vpc=VPC)), "--picture", str(tmp_path / "reach.svg")]) == 0
    assert "nothing to draw: no cluster was created" in capsys.readouterr().err
    assert not (tmp_path / "reach.svg").exists()


def test_a_folder_without_an_assembly_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 2
    assert "no manifest.json" in capsys.readouterr().err
