"""The command, against an account over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from cdk_eks_cilium.cli.main import main
from cdk_eks_cilium.doctor.checks import preflight_checks
from tests.unit.doctor.readers.accounts import ACCOUNT, REGION, Account


def test_an_account_in_order_takes_the_defaults(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preflight"]) == 0
    out = capsys.readouterr().out
    assert f"account {ACCOUNT} in eu-west-1: all is well; 21 checks: " in out
    assert "zones of the settings exist, and EKS takes subnets in them: eu-west-1a (euw1-az3)" in out
    assert "--change-set asks CloudFormation" in out


def test_what_is_in_the_way_is_a_finding_with_its_fix(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    ec2, logs = boto3.client("ec2", REGION), boto3.client("logs", REGION)
    for _ in range(3):
        ec2.allocate_address(Domain="vpc")
    logs.create_log_group(logGroupName="/aws/eks/platform/cluster")
    assert main(["preflight", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    found = {each["id"]: each["findings"] for each in told["checks"] if each["findings"]}
    assert set(found) == {"names-free", "quotas-hold-the-plan"}
    assert (
        found["quotas-hold-the-plan"][0]["summary"] == "Elastic IPs: the deploy needs 3, and 2 of 5 are free"
    )
    assert "aws logs delete-log-group" in found["names-free"][0]["fix"]
    assert told["checks"][0]["page"] == "docs/preflight.md#access-as-meant"


def test_an_account_that_differs_from_the_settings_is_an_error(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("settings.yaml").write_text('account: "444455556666"\n', encoding="utf-8")
    assert main(["preflight", "--only", "account-and-region"]) == 1
    assert f"are of account {ACCOUNT} instead of 444455556666" in capsys.readouterr().out


def test_a_right_that_is_missing_is_named_and_makes_the_status_4(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.refuse("DescribeAvailabilityZones", "UnauthorizedOperation")
    assert main(["preflight"]) == 4
    assert (
        "not allowed to call ec2:DescribeAvailabilityZones: 'cdk-eks-cilium preflight role' prints "
        "the policy "
        "that allows it"
    ) in capsys.readouterr().out


def test_it_asks_for_nothing_but_what_its_policy_allows(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["preflight"]) == 0
    capsys.readouterr()
    assert main(["preflight", "role", "--json"]) == 0
    (statement,) = json.loads(capsys.readouterr().out)["Statement"]
    allowed = {each.partition(":")[2] for each in statement["Action"]}
    asked = {each for each in account.asked if not each.startswith("/")}
    assert asked <= allowed
    assert "/cluster-versions" in account.asked


def test_the_policy_only_reads_unless_change_sets_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preflight", "role", "--json"]) == 0
    (statement,) = json.loads(capsys.readouterr().out)["Statement"]
    verbs = ("Describe", "Get", "List", "Search")
    assert [each for each in statement["Action"] if not each.partition(":")[2].startswith(verbs)] == []
    assert main(["preflight", "role", "--change-set", "--json"]) == 0
    actions = {each for one in json.loads(capsys.readouterr().out)["Statement"] for each in one["Action"]}
    assert {"cloudformation:CreateChangeSet", "cloudformation:DeleteStack"} <= actions


def test_credentials_that_are_not_known_end_it(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.refuse("GetCallerIdentity", "InvalidClientTokenId")
    assert main(["preflight"]) == 3
    assert "preflight: AWS does not know these credentials" in capsys.readouterr().err


def test_without_credentials_the_call_is_refused(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(SystemExit) as end:
        main(["preflight"])
    assert end.value.code == 2
    assert "AWS needs credentials: log in, or name a profile with --profile" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--region", "us-east-1"], "--region: the settings deploy to 'eu-west-1'"),
        (["--assembly", "cdk.out"], "--assembly goes with --change-set"),
        (["--change-set"], "--assembly: cdk.out is not what 'cdk synth' wrote: no such file or directory"),
        (
            ["--only", "names-fre"],
            "--only: unknown check or category 'names-fre'; did you mean 'names-free'?",
        ),
        (["--timeout", "0"], "must be a number from 1 on, got '0'"),
        (["--settings", "nowhere.yaml"], "--settings: no such file: nowhere.yaml"),
    ],
)
def test_an_invalid_call_says_what_is_wrong(
    account: Account, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["preflight", *words])
    assert end.value.code == 2
    assert told in capsys.readouterr().err


def test_a_finding_can_be_accepted(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.answers["GetParameters"] = 200, {"Parameters": []}
    only = ["preflight", "--only", "account-bootstrapped"]
    assert main(only) == 1
    assert main([*only, "--ignore", "account-bootstrapped=it comes later"]) == 0
    assert "ignored: it comes later" in capsys.readouterr().out


def test_the_checks_are_listed_with_what_they_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preflight", "--list"]) == 0
    out = capsys.readouterr().out
    assert "Before the deploy (preflight)" in out
    assert [each.id for each in preflight_checks() if f"  {each.id}: " not in out] == []


def test_a_report_for_code_scanning_names_the_tool(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["preflight", "--only", "names-free", "--format", "sarif"]) == 0
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert run["tool"]["driver"]["name"] == "cdk-eks-cilium preflight"
