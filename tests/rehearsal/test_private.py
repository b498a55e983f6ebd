"""The isolated environment, from the first subnet to an account as it was before."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.rehearse import rehearse
from rehearsal.report.outcome import RehearsalReport
from tests.rehearsal.assemblies import ROOT, Template, find, remove, synthesize, with_mistake
from tests.settings_files import with_chart

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("isolated")
    settings = with_chart(ROOT / "tests/stacks/settings/isolated.yaml", folder)
    return synthesize(settings, folder / "out")


@pytest.fixture(scope="module")
def report(assembly: Path) -> RehearsalReport:
    return rehearse(assembly)


def test_the_environment_comes_up_and_leaves_nothing(report: RehearsalReport) -> None:
    assert report.problems == []
    assert report.succeeded
    (left,) = [finding for finding in report.findings if finding.check == "nothing is left"]
    assert left.good, left.detail


def test_the_chart_came_from_the_assets(report: RehearsalReport) -> None:
    (note,) = [note for note in report.notes if note.startswith("chart of ")]
    assert note.endswith(": among the assembly's assets")


def test_every_endpoint_is_there_before_the_cluster_and_goes_after_it(report: RehearsalReport) -> None:
    names = {event.logical_id for event in report.events if event.type == "AWS::EC2::VPCEndpoint"}
    assert len(names) == 9
    for name in names:
        assert report.position(name, "CREATE_COMPLETE") < report.position(
            "PlatformControlPlane", "CREATE_IN_PROGRESS"
        )
        assert report.position(name, "DELETE_IN_PROGRESS") > report.position(
            "PlatformControlPlane", "DELETE_COMPLETE"
        )


def test_pods_live_in_pod_subnets(report: RehearsalReport) -> None:
    (pods,) = [finding for finding in report.findings if finding.id == "interfaces-in-pod-subnets"]
    assert (pods.verdict, pods.detail) == ("ok", "2 interfaces in 2 subnets")


@pytest.mark.parametrize(
    ("endpoint", "reason"),
    [
        ("EndpointsLambda", "no endpoint for lambda"),
        ("EndpointsEks8", "no endpoint for eks"),
        ("EndpointsEcrDkr", "NodeCreationFailure"),
    ],
)
def test_without_an_endpoint_the_environment_does_not_come_up(
    endpoint: str, reason: str, assembly: Path, tmp_path: Path
) -> None:
    def break_it(template: Template) -> None:
        remove(template, find(template, "AWS::EC2::VPCEndpoint", endpoint))

    report = rehearse(with_mistake(assembly, tmp_path / "broken", "network", break_it))

    assert not report.succeeded
    assert reason in "\n".join(report.problems)


def test_without_the_route_to_storage_no_answer_reaches_cloudformation(
    assembly: Path, tmp_path: Path
) -> None:
    def break_it(template: Template) -> None:
        properties = template["Resources"][find(template, "AWS::EC2::VPCEndpoint", "S3")]["Properties"]
        properties["RouteTableIds"] = [t for t in properties["RouteTableIds"] if "Pod" in t["Ref"]]

    report = rehearse(with_mistake(assembly, tmp_path / "broken", "network", break_it))

    assert not report.succeeded
    assert "no answer to CloudFormation" in "\n".join(report.problems)
    assert "no endpoint for s3" in "\n".join(report.problems)


@pytest.mark.parametrize(
    ("endpoint", "sid", "reason"),
    [
        ("EndpointsSts", "TokensOfPods", "does not let sts:AssumeRoleWithWebIdentity on arn:aws:iam::"),
        (
            "EndpointsS3",
            "LayersOfImages",
            "does not let s3:GetObject on arn:aws:s3:::prod-eu-west-1-starport-",
        ),
        (
            "EndpointsS3",
            "AnswersOfCustomResources",
            "does not let s3:PutObject on arn:aws:s3:::cloudformation-",
        ),
        (
            "EndpointsS3",
            "OwnPrincipalsInOwnBuckets",
            "may not s3:GetObject on arn:aws:s3:::cdk-hnb659fds-assets-",
        ),
        ("EndpointsEc2", "OwnPrincipals", "may not ec2:DescribeNetworkInterfaces on *: VPC endpoint policy"),
        ("EndpointsEks8", "OwnPrincipals", "cluster/sealed: VPC endpoint policy"),
        ("EndpointsEcrApi", "OwnPrincipals", "does not let ecr:GetAuthorizationToken on * through"),
        ("EndpointsEcrDkr", "OwnPrincipals", "does not let ecr:BatchGetImage on arn:aws:ecr:"),
        (
            "EndpointsLambda",
            "OwnPrincipals",
            "no VPC endpoint policy allows the lambda:InvokeFunction action",
        ),
    ],
)
def test_without_a_statement_of_an_endpoint_the_environment_does_not_come_up(
    endpoint: str, sid: str, reason: str, assembly: Path, tmp_path: Path
) -> None:
    def break_it(template: Template) -> None:
        policy = template["Resources"][find(template, "AWS::EC2::VPCEndpoint", endpoint)]["Properties"][
            "PolicyDocument"
        ]
        kept = [one for one in policy["Statement"] if one["Sid"] != sid]
        assert len(kept) == len(policy["Statement"]) - 1
        never = {"Effect": "Deny", "Principal": "*", "Action": "none:None", "Resource": "*"}
        policy["Statement"] = kept or [never]

    report = rehearse(with_mistake(assembly, tmp_path / "broken", "network", break_it))

    assert not report.succeeded
    assert reason in "\n".join(report.problems)
