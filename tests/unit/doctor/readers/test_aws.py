"""Readings of EKS and EC2, against moto and against servers that answer as told."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import boto3
import pytest
from moto import mock_aws

from cdk_eks_cilium.doctor.engine import aws_kinds
from cdk_eks_cilium.doctor.engine.reader import NotAskedError, UnreadError
from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Aws, Scope
from cdk_eks_cilium.doctor.readers import aws
from cdk_eks_cilium.doctor.readers.aws import AwsReader, has_credentials, open_session
from cdk_eks_cilium.doctor.readers.aws_words import unread
from cdk_eks_cilium.doctor.readers.before import AccountReader
from rehearsal.serving import Handler, LocalServer
from tests.unit.doctor.preflight.accounts import EXISTING, NEW, POD_SUBNETS
from tests.unit.doctor.preflight.accounts import account as preflight_account

REGION = "eu-west-1"
SECRET = "wJalrXUtnFEMI"
POLICY = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}}'


@pytest.fixture(autouse=True)
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def account() -> Iterator[dict[str, str]]:
    """A VPC with two subnets and a cluster with two node groups, beside another VPC."""
    with mock_aws():
        ec2, eks = boto3.client("ec2", REGION), boto3.client("eks", REGION)
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"]
            for number in range(2)
        ]
        other = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        ec2.create_subnet(VpcId=other, CidrBlock="10.1.0.0/24")
        role = "arn:aws:iam::123456789012:role/cluster"
        eks.create_cluster(name="demo", roleArn=role, resourcesVpcConfig={"subnetIds": subnets})
        for name, kind in (("small", "m6i.large"), ("large", "m6i.xlarge")):
            eks.create_nodegroup(
                clusterName="demo", nodegroupName=name, nodeRole=role, subnets=subnets, instanceTypes=[kind]
            )
        yield {"vpc": vpc, "subnet": subnets[0]}


def reader(**options: Any) -> AwsReader:
    return AwsReader(open_session(REGION), "demo", **options)


def objects(found: Any) -> list[Any]:
    assert found is not None
    return list(found.objects)


def test_the_cluster_is_one_object_with_times_as_texts(account: dict[str, str]) -> None:
    (cluster,) = objects(reader().read(aws_kinds.CLUSTER))
    assert cluster["name"] == "demo"
    assert isinstance(cluster["createdAt"], str)


def test_the_vpc_is_that_of_the_cluster(account: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    # moto's clusters do not tell their VPC.
    monkeypatch.setattr(AwsReader, "_vpc", account["vpc"])
    assert {each["VpcId"] for each in objects(reader().read(aws_kinds.SUBNETS))} == {account["vpc"]}
    assert len(objects(reader().read(aws_kinds.SUBNETS))) == 2
    assert [each["VpcId"] for each in objects(reader().read(aws_kinds.VPCS))] == [account["vpc"]]
    gateways = Aws("ec2", "DescribeNatGateways", "NatGateways", Scope.VPC)
    assert objects(reader().read(gateways)) == []
    internet = Aws("ec2", "DescribeInternetGateways", "InternetGateways", Scope.VPC)
    assert objects(reader().read(internet)) == []


def test_eks_names_the_vpc(account: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    asking = reader()
    call = asking._call

    def answer(reading: Aws, given: Any) -> Any:
        if reading.operation == "DescribeCluster":  # moto leaves out the VPC
            return [{"resourcesVpcConfig": {"vpcId": account["vpc"]}}]
        return call(reading, given)

    monkeypatch.setattr(asking, "_call", answer)
    assert len(objects(asking.read(aws_kinds.SUBNETS))) == 2


def test_a_cluster_without_vpc_is_told(account: dict[str, str]) -> None:
    with pytest.raises(UnreadError, match=r"^EKS names no VPC of the cluster demo$"):
        reader().read(aws_kinds.SUBNETS)


def test_each_node_group_is_asked_for(account: dict[str, str]) -> None:
    found = objects(reader().read(aws_kinds.NODE_GROUPS))
    assert sorted(each["nodegroupName"] for each in found) == ["large", "small"]


def test_reservations_are_those_of_the_subnets_of_pods(account: dict[str, str]) -> None:
    ec2 = boto3.client("ec2", REGION)
    for kind, cidr in (("prefix", "10.0.0.128/25"), ("explicit", "10.0.0.64/28")):
        ec2.create_subnet_cidr_reservation(SubnetId=account["subnet"], Cidr=cidr, ReservationType=kind)
    asking = AwsReader(open_session(REGION), "demo", pod_subnets=lambda: [account["subnet"]])
    found = objects(asking.read(aws_kinds.SUBNET_RESERVATIONS))
    assert [(each["SubnetId"], each["Cidr"], each["ReservationType"]) for each in found] == [
        (account["subnet"], "10.0.0.128/25", "prefix"),
        (account["subnet"], "10.0.0.64/28", "explicit"),
    ]
    gone = AwsReader(open_session(REGION), "demo", pod_subnets=lambda: ["subnet-0gone"])
    assert objects(gone.read(aws_kinds.SUBNET_RESERVATIONS)) == []


def test_where_nothing_tells_the_subnets_of_pods_all_of_the_vpc_are_asked(
    account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AwsReader, "_vpc", account["vpc"])
    subnets = {each["SubnetId"]: each["CidrBlock"] for each in objects(reader().read(aws_kinds.SUBNETS))}
    ec2 = boto3.client("ec2", REGION)
    for name, cidr in subnets.items():
        ec2.create_subnet_cidr_reservation(SubnetId=name, Cidr=cidr, ReservationType="explicit")
    asking = AwsReader(open_session(REGION), "demo", pod_subnets=list)
    found = objects(asking.read(aws_kinds.SUBNET_RESERVATIONS))
    assert sorted(each["SubnetId"] for each in found) == sorted(subnets)


class ReservationPages(Handler):
    """EC2 with three pages of reservations for each subnet."""

    def do_POST(self) -> None:
        """Answer with the page that is asked for."""
        asked = parse_qs(self.body().decode())
        page = int(asked.get("NextToken", ["1"])[0])
        more = f"<nextToken>{page + 1}</nextToken>" if page < 3 else ""
        subnet = f"<subnetId>{asked['SubnetId'][0]}</subnetId>"
        item = f"<item>{subnet}<cidr>10.0.{page}.0/28</cidr></item>"
        listed = f"<subnetIpv4CidrReservationSet>{item}</subnetIpv4CidrReservationSet>"
        name = "GetSubnetCidrReservationsResponse"
        self.reply(200, f"<{name}>{listed}{more}</{name}>".encode(), "text/xml")


@pytest.fixture
def reservations(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Calls go to EC2 with pages of reservations."""
    server = LocalServer(ReservationPages)
    server.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield
    server.stop()


def test_pages_are_read_to_the_end_where_boto3_has_no_paginator(reservations: None) -> None:
    asking = AwsReader(open_session(REGION), "demo", pod_subnets=lambda: ["subnet-1"])
    found = objects(asking.read(aws_kinds.SUBNET_RESERVATIONS))
    assert [each["Cidr"] for each in found] == ["10.0.1.0/28", "10.0.2.0/28", "10.0.3.0/28"]


def test_before_a_deploy_the_pod_subnets_of_the_settings_are_asked(reservations: None) -> None:
    asking = AccountReader(open_session(REGION), preflight_account(EXISTING).plan)
    found = objects(asking.read(aws_kinds.SUBNET_RESERVATIONS))
    assert {each["SubnetId"] for each in found} == set(POD_SUBNETS.values())
    made = AccountReader(open_session(REGION), preflight_account(NEW).plan)
    assert objects(made.read(aws_kinds.SUBNET_RESERVATIONS)) == []


def test_policies_of_node_roles_name_their_role(account: dict[str, str]) -> None:
    """Both groups have one role, which is asked about once; a role that is gone has no policies."""
    assert objects(reader().read(aws_kinds.NODE_ROLE_POLICIES)) == []
    iam = boto3.client("iam", REGION)
    iam.create_role(RoleName="cluster", AssumeRolePolicyDocument="{}")
    made = iam.create_policy(PolicyName="own", PolicyDocument=POLICY)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="cluster", PolicyArn=made)
    (found,) = objects(reader().read(aws_kinds.NODE_ROLE_POLICIES))
    assert found == {"PolicyName": "own", "PolicyArn": made, "RoleName": "cluster"}


def test_the_types_are_those_of_the_nodes_else_those_of_the_groups(account: dict[str, str]) -> None:
    of_nodes = reader(instance_types=lambda: ["c6i.large"])
    assert [each["InstanceType"] for each in objects(of_nodes.read(aws_kinds.INSTANCE_TYPES))] == [
        "c6i.large"
    ]
    of_groups = objects(reader(instance_types=list).read(aws_kinds.INSTANCE_TYPES))
    assert sorted(each["InstanceType"] for each in of_groups) == ["m6i.large", "m6i.xlarge"]


def test_parameters_go_along(account: dict[str, str]) -> None:
    wanted = Aws("ec2", "DescribeSubnets", "Subnets", parameters=(("SubnetIds", (account["subnet"],)),))
    assert [each["SubnetId"] for each in objects(reader().read(wanted))] == [account["subnet"]]


def test_readings_of_kubernetes_belong_to_another_reader() -> None:
    assert reader().read(ApiVersion()) is None


def test_a_cluster_that_is_not_there_is_told(account: dict[str, str]) -> None:
    with pytest.raises(UnreadError) as found:
        AwsReader(open_session(REGION), "nope").read(aws_kinds.CLUSTER)
    assert str(found.value) == "eks:DescribeCluster does not find it: correct --cluster and --region"


class Refusing:
    """EC2 and EKS that answer each call with one error."""

    def __init__(self, status: int, code: str) -> None:
        self.asked = 0
        outer = self

        class Refuse(Handler):
            def do_POST(self) -> None:
                self.body()
                outer.asked += 1
                error = f"<Error><Code>{code}</Code><Message>{SECRET}</Message></Error>"
                text = f"<Response><Errors>{error}</Errors></Response>"
                self.reply(status, text.encode(), "text/xml")

            def do_GET(self) -> None:
                outer.asked += 1
                self.reply(status, b"{}", headers=[("x-amzn-ErrorType", code)])

        self.server = LocalServer(Refuse)
        self.server.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    servers: list[Refusing] = []

    def start(status: int, code: str) -> Refusing:
        servers.append(made := Refusing(status, code))
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
        return made

    monkeypatch.setattr(aws, "ATTEMPTS", 2)
    yield start
    for each in servers:
        each.server.stop()


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (
            403,
            "UnauthorizedOperation",
            "not allowed to call ec2:DescribeRegions: 'cdk-eks-cilium doctor role --aws' prints the policy "
            "that allows it",
        ),
        (
            401,
            "AuthFailure",
            "AWS does not know these credentials: check them with 'aws sts get-caller-identity'",
        ),
        (
            400,
            "RequestExpired",
            "the AWS credentials are no longer valid: log in again, such as with 'aws sso login'",
        ),
        (503, "RequestLimitExceeded", "AWS has too much to do: run it again in a minute"),
        (400, "InvalidParameterValue", "ec2:DescribeRegions answered with InvalidParameterValue"),
    ],
)
def test_a_refusal_is_told_in_words_without_the_answer(
    refusing: Any, status: int, code: str, words: str
) -> None:
    refusing(status, code)
    with pytest.raises(UnreadError) as found:
        reader().read(Aws("ec2", "DescribeRegions", "Regions"))
    assert str(found.value) == words


def test_a_right_to_find_the_cluster_that_is_missing_is_named(refusing: Any) -> None:
    refusing(403, "AccessDeniedException")
    with pytest.raises(UnreadError, match=r"^not allowed to call eks:DescribeCluster: "):
        reader().read(aws_kinds.SUBNETS)


def test_credentials_that_are_not_known_are_asked_with_once(refusing: Any) -> None:
    server = refusing(401, "AuthFailure")
    asking = reader()
    for _ in range(3):
        with pytest.raises(UnreadError, match=r"does not know these credentials"):
            asking.read(Aws("ec2", "DescribeRegions", "Regions"))
    assert server.asked == 1


def test_an_endpoint_that_is_not_there_is_told_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setattr(aws, "ATTEMPTS", 1)
    began = time.monotonic()
    with pytest.raises(
        UnreadError, match=r"^AWS cannot be reached: check network, proxy and the name of the"
    ):
        reader().read(aws_kinds.CLUSTER)
    # One attempt: botocore's own would go on for a minute and more. A busy machine takes its time, too.
    assert time.monotonic() - began < 30


def test_a_session_without_credentials_or_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    assert has_credentials(open_session(REGION))
    with pytest.raises(
        UnreadError, match=r"^the AWS profile does not exist: correct --profile or AWS_PROFILE$"
    ):
        open_session(REGION, "nope")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert not has_credentials(open_session(REGION))
    with pytest.raises(
        UnreadError, match=r"^AWS needs credentials: log in, or name a profile with --profile$"
    ):
        reader().read(Aws("ec2", "DescribeRegions", "Regions"))


def test_an_error_that_nobody_thought_of_is_named_by_its_kind() -> None:
    assert str(unread(ZeroDivisionError(SECRET), "ec2:DescribeSubnets")) == (
        "ec2:DescribeSubnets failed: ZeroDivisionError"
    )


def test_readings_that_come_too_late_are_not_asked(
    account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = reader(seconds=10)
    began = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: began + 60)
    with pytest.raises(
        UnreadError, match=r"^ec2:DescribeVpcs was not asked any further: AWS answers too slowly$"
    ):
        slow.read(Aws("ec2", "DescribeVpcs", "Vpcs"))


def test_a_whole_answer_is_one_object_without_what_is_about_the_call(account: dict[str, str]) -> None:
    (identity,) = objects(reader().read(Aws("sts", "GetCallerIdentity", "")))
    assert set(identity) == {"UserId", "Account", "Arn"}


def test_a_code_that_says_that_nothing_is_there_is_an_empty_answer(account: dict[str, str]) -> None:
    wanted = Aws("iam", "GetRole", "Role", parameters=(("RoleName", "nobody"),), absent=("NoSuchEntity",))
    assert objects(reader().read(wanted)) == []
    with pytest.raises(UnreadError, match=r"^iam:GetRole answered with NoSuchEntity$"):
        reader().read(Aws("iam", "GetRole", "Role", parameters=(("RoleName", "nobody"),)))


def test_the_stacks_are_the_given_ones(account: dict[str, str]) -> None:
    template = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'
    boto3.client("cloudformation", REGION).create_stack(StackName="demo-cluster", TemplateBody=template)
    asking = reader(stacks=("demo-network", "demo-cluster"))
    assert [each["StackName"] for each in objects(asking.read(aws_kinds.STACKS))] == ["demo-cluster"]
    (resource,) = objects(asking.read(aws_kinds.STACK_RESOURCES))
    assert resource["ResourceType"] == "AWS::SNS::Topic"


def test_without_given_stacks_the_tag_of_the_cluster_names_one(account: dict[str, str]) -> None:
    with pytest.raises(NotAskedError, match="nothing tells the stacks of the cluster"):
        reader().read(aws_kinds.STACKS)
    eks = boto3.client("eks", REGION)
    arn = eks.describe_cluster(name="demo")["cluster"]["arn"]
    eks.tag_resource(resourceArn=arn, tags={"aws:cloudformation:stack-name": "demo-cluster"})
    assert objects(reader().read(aws_kinds.STACKS)) == []
