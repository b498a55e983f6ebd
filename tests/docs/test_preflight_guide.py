"""The guide to preflight: its commands run against an account, and its sample is what they print."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from cdk_eks_cilium.cli import answer, main
from cdk_eks_cilium.doctor.engine.account_kinds import SERVICE_ROLES
from cdk_eks_cilium.doctor.reports import report
from tests.docs.blocks import ROOT, blocks_of
from tests.docs.test_examples import ASKS_AN_ACCOUNT
from tests.unit.doctor.readers.accounts import REGION, Account, moto, serving, usual_answers
from tests.unit.doctor.readers.assemblies import write

GUIDE = ROOT / "docs/preflight.md"


def block(info: str) -> str:
    (found,) = (each.text for each in blocks_of(GUIDE) if each.info == info)
    return found


@pytest.fixture(scope="module")
def served() -> Iterator[Account]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_REGION"):
            environment.delenv(name, raising=False)
        environment.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        events = (
            "<DescribeEventsResponse><DescribeEventsResult></DescribeEventsResult></DescribeEventsResponse>"
        )
        with moto() as url, serving(url, {**usual_answers(), "DescribeEvents": (200, events)}) as made:
            environment.setenv("AWS_ENDPOINT_URL", made.url)
            iam = boto3.client("iam", REGION)
            for name in SERVICE_ROLES:
                iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
            yield made


@pytest.mark.parametrize("line", ASKS_AN_ACCOUNT)
def test_a_command_asks_the_account(
    line: str, served: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = shlex.split(line)[1:]
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    (tmp_path / "cdk.out").mkdir()
    write(tmp_path / "cdk.out", {"platform-network": template})
    (tmp_path / "settings.yaml").write_text("account: '123456789012'\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(words) == 0


def test_the_sample_is_what_the_command_prints(
    served: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ec2 = boto3.client("ec2", REGION)
    held = [ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(3)]
    boto3.client("logs", REGION).create_log_group(logGroupName="/aws/eks/platform/cluster")
    monkeypatch.chdir(tmp_path)
    try:
        assert main(shlex.split(block("sh sample"))[1:]) == 1
    finally:
        boto3.client("logs", REGION).delete_log_group(logGroupName="/aws/eks/platform/cluster")
        for name in held:
            ec2.release_address(AllocationId=name)
    assert block("text sample").split() == capsys.readouterr().out.split()


def test_the_exit_statuses_are_those_of_the_program() -> None:
    table = GUIDE.read_text(encoding="utf-8").split("| Status |")[1].split("\n\n")[0]
    listed = [int(line.split("|")[1]) for line in table.splitlines() if line[2:3].isdigit()]
    assert listed == [report.GOOD, report.WRONG, answer.USAGE, answer.STOPPED, report.NOT_KNOWN]
