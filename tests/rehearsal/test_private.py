"""The isolated environment without one of its endpoints, or without a statement of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rehearsal.assemblies import ROOT, Template, find, remove, synthesize
from tests.rehearsal.mistakes import reasons, rehearse_broken
from tests.settings_files import with_chart

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("isolated")
    settings = with_chart(ROOT / "tests/stacks/settings/isolated.yaml", folder)
    return synthesize(settings, folder / "out")


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

    report = rehearse_broken(assembly, tmp_path, break_it, "network")

    assert not report.succeeded
    assert reason in reasons(report)


def test_without_the_route_to_storage_no_answer_reaches_cloudformation(
    assembly: Path, tmp_path: Path
) -> None:
    def break_it(template: Template) -> None:
        properties = template["Resources"][find(template, "AWS::EC2::VPCEndpoint", "S3")]["Properties"]
        properties["RouteTableIds"] = [t for t in properties["RouteTableIds"] if "Pod" in t["Ref"]]

    report = rehearse_broken(assembly, tmp_path, break_it, "network")

    assert not report.succeeded
    assert "no answer to CloudFormation" in reasons(report)
    assert "no endpoint for s3" in reasons(report)


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

    report = rehearse_broken(assembly, tmp_path, break_it, "network")

    assert not report.succeeded
    assert reason in reasons(report)
