"""What can be wrong in an account before a deploy: each breaks one thing, and names what must find it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cdk_eks_cilium.addressing import quota_codes as codes
from cdk_eks_cilium.doctor.engine import account_kinds as kinds
from cdk_eks_cilium.doctor.engine import aws_kinds
from tests.unit.doctor.preflight.accounts import (
    ADDED,
    EXISTING,
    ISOLATED,
    KEY,
    NEW,
    POD_SUBNETS,
    REGION,
)
from tests.unit.doctor.world import World


@dataclass(frozen=True)
class Breakage:
    """One thing that is wrong.

    Attributes:
        title: It, as a sentence for the test.
        apply: Breaks it.
        found_by: The checks that find something, all of them.
        words: Texts that the findings contain.
        settings: What is deployed.
        severity: Of the findings.
    """

    title: str
    apply: Callable[[World], Any]
    found_by: tuple[str, ...]
    words: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=lambda: NEW)
    severity: str = "error"


def _set(reading: Any, which: str = "", /, **fields: Any) -> Callable[[World], Any]:
    return lambda world: world.one(reading, which).update(fields)


def _quota(code: str, value: float) -> Callable[[World], Any]:
    def apply(world: World) -> None:
        quota = codes.ACCOUNT_QUOTAS[code]
        reading = next(each for each in kinds.QUOTAS if ("ServiceCode", quota.service) in each.parameters)
        world.add(reading, {"QuotaCode": code, "Value": value})

    return apply


def _taken_addresses(world: World) -> None:
    world.add(kinds.REGION_ADDRESSES, *({"AllocationId": f"eipalloc-{number}"} for number in range(3)))


def _running(world: World) -> None:
    instance = {
        "InstanceType": "c6i.8xlarge",
        "State": {"Name": "running"},
        "CpuOptions": {"CoreCount": 14, "ThreadsPerCore": 4},
    }
    world.add(kinds.REGION_INSTANCES, {"Instances": [instance]})


def _spoilt(world: World) -> None:
    subnet = POD_SUBNETS["eu-west-1a"]
    addresses = [
        {"PrivateIpAddress": f"100.64.{block // 16}.{block % 16 * 16 + 9}"} for block in range(1, 255)
    ]
    world.add(
        aws_kinds.INTERFACES,
        {"NetworkInterfaceId": "eni-1", "SubnetId": subnet, "PrivateIpAddresses": addresses},
    )


def _reserved(world: World, kind: str) -> None:
    subnet = POD_SUBNETS["eu-west-1a"]
    given = {"SubnetId": subnet, "Cidr": "100.64.0.0/26", "ReservationType": kind}
    world.add(aws_kinds.SUBNET_RESERVATIONS, given)


def _offered(world: World, *gone: tuple[str, str]) -> None:
    world.things[kinds.OFFERINGS] = [
        each for each in world.all(kinds.OFFERINGS) if (each["Location"], each["InstanceType"]) not in gone
    ]


def _route(destination: str) -> Callable[[World], Any]:
    route = {"DestinationCidrBlock": destination, "VpcPeeringConnectionId": "pcx-9", "State": "active"}
    return lambda world: world.one(aws_kinds.ROUTE_TABLES)["Routes"].append(route)


def _stack(status: str) -> Callable[[World], Any]:
    return lambda world: world.add(
        kinds.STACKS, {"StackName": "platform-network", "StackStatus": status, "StackStatusReason": "because"}
    )


def _change_set(**fields: Any) -> Callable[[World], Any]:
    return lambda world: world.all(kinds.CHANGE_SETS)[0].update(fields)


def _event(*, failed: bool) -> dict[str, Any]:
    return {
        "resource": "Vpc",
        "path": "/Resources/Vpc/Properties/Cidr",
        "reason": "extraneous key [Cidr] is not permitted",
        "failed": failed,
    }


def _policy_of_key(**statement: Any) -> Callable[[World], Any]:
    return _set(kinds.KEY_POLICIES, KEY, Policy=json.dumps({"Statement": [statement]}))


BREAKAGES = (
    Breakage(
        "a region without a service",
        lambda world: world.remove(kinds.ENDPOINT_SERVICES, f"com.amazonaws.{REGION}.eks-auth"),
        ("endpoints-offered",),
        ("endpoints cannot be made: eks-auth", "ec2 service eks-auth: ServiceName is missing"),
        ISOLATED,
    ),
    Breakage(
        "a zone without a service",
        _set(kinds.ENDPOINT_SERVICES, f"com.amazonaws.{REGION}.lambda", AvailabilityZones=["eu-west-1a"]),
        ("endpoints-offered",),
        ("ec2 service lambda: AvailabilityZones is eu-west-1a, expected with eu-west-1b",),
        ISOLATED,
    ),
    Breakage(
        "a service that takes no policy",
        _set(kinds.ENDPOINT_SERVICES, f"com.amazonaws.{REGION}.sts", VpcEndpointPolicySupported=False),
        ("endpoints-offered",),
        ("ec2 service sts: VpcEndpointPolicySupported is false, expected true",),
        ISOLATED,
    ),
    Breakage(
        "a key of secrets that is for others",
        _policy_of_key(Effect="Allow", Principal={"AWS": "arn:aws:iam::444455556666:root"}, Action="kms:*"),
        ("secrets-key-open",),
        (
            "its policy gives no kms:CreateGrant and no kms:DescribeKey",
            "role cdk-hnb659fds-cfn-exec-role-111122223333-eu-west-1",
        ),
        ISOLATED,
    ),
    Breakage(
        "a key of secrets without grants",
        _policy_of_key(
            Effect="Allow",
            Principal={"AWS": "arn:aws:iam::111122223333:root"},
            Action=["kms:Describe*", "kms:Encrypt"],
        ),
        ("secrets-key-open",),
        ("its policy gives no kms:CreateGrant",),
        ISOLATED,
    ),
    Breakage(
        "credentials of another account",
        lambda world: world.planned(account="444455556666"),
        ("account-and-region",),
        ("the credentials are of account 111122223333 instead of 444455556666",),
    ),
    Breakage(
        "a region that is not enabled",
        _set(kinds.REGIONS, REGION, OptInStatus="not-opted-in"),
        ("account-and-region",),
        ("aws account enable-region --region-name eu-west-1",),
    ),
    Breakage(
        "a zone that does not exist in this account",
        lambda world: world.remove(kinds.ZONES, "eu-west-1c"),
        ("zones-take-the-cluster",),
        ("this zone cannot take the cluster: eu-west-1c", "EKS takes these: eu-west-1a, eu-west-1b"),
    ),
    Breakage(
        "a zone in which EKS takes no subnets",
        _set(kinds.ZONES, "eu-west-1b", ZoneId="use1-az3"),
        ("zones-take-the-cluster",),
        ("ec2 zone eu-west-1b: ZoneId is use1-az3",),
    ),
    Breakage(
        "a zone that is impaired",
        _set(kinds.ZONES, "eu-west-1b", State="unavailable"),
        ("zones-take-the-cluster",),
        ("State is unavailable, expected available",),
    ),
    Breakage(
        "Elastic IPs that others hold",
        _taken_addresses,
        ("quotas-hold-the-plan",),
        (
            "Elastic IPs: the deploy needs 3, and 2 of 5 are free",
            "--service-code ec2 --quota-code L-0263D0A3 --desired-value 6",
        ),
    ),
    Breakage(
        "a quota of a new account",
        _quota("L-1216C47A", 1),
        ("quotas-hold-the-plan",),
        ("the deploy needs 4, and 1 of 1 are free",),
    ),
    Breakage(
        "virtual CPUs that others run",
        _running,
        ("quotas-hold-the-plan",),
        ("the full size needs 12, and 8 of 64 are free",),
        severity="warning",
    ),
    Breakage(
        "NAT gateways of a zone",
        _quota("L-FE5A380F", 1),
        ("quotas-hold-the-plan",),
        ("NAT gateways of a zone in eu-west-1a: the deploy needs 1, and 0 of 1 are free",),
    ),
    Breakage(
        "blocks of a VPC that is full",
        _quota("L-83CA0A9D", 2),
        ("quotas-hold-the-plan",),
        ("IPv4 blocks of a VPC: the deploy needs 1, and 0 of 2 are free",),
        ADDED,
    ),
    Breakage(
        "a zone without the type of a group",
        lambda world: _offered(world, ("eu-west-1c", "m6i.large")),
        ("types-offered-in-zones",),
        ("group workers: no type is offered in eu-west-1c",),
    ),
    Breakage(
        "a zone with one of two types",
        lambda world: _offered(world, ("eu-west-1b", "m6a.large")),
        ("types-offered-in-zones",),
        ("group workers: not all types are offered in eu-west-1b",),
        EXISTING,
        "warning",
    ),
    Breakage(
        "a type of another architecture than the table says",
        _set(kinds.TYPES, "m6i.large", ProcessorInfo={"SupportedArchitectures": ["arm64"]}),
        ("types-offered-in-zones",),
        ("types have another architecture than their image",),
    ),
    Breakage(
        "an image release that AWS does not publish",
        lambda world: world.all(kinds.PARAMETERS).pop(),
        ("images-exist",),
        (
            "group workers: AWS publishes no such image",
            "--path /aws/service/bottlerocket/aws-k8s-1.35/x86_64",
        ),
    ),
    Breakage(
        "an image that is not in the region",
        lambda world: world.all(kinds.IMAGES).clear(),
        ("images-exist",),
        ("group workers: the image does not exist",),
        EXISTING,
    ),
    Breakage(
        "an image of another architecture",
        _set(kinds.IMAGES, Architecture="arm64"),
        ("images-exist",),
        ("Architecture is arm64, expected x86_64",),
        EXISTING,
    ),
    Breakage(
        "a Kubernetes that EKS does not know",
        lambda world: world.all(aws_kinds.RELEASES).pop(),
        ("kubernetes-offered",),
        ("EKS offers no cluster of Kubernetes 1.35",),
    ),
    Breakage(
        "a Kubernetes in extended support",
        _set(aws_kinds.RELEASES, "1.35", versionStatus="EXTENDED_SUPPORT"),
        ("kubernetes-offered",),
        ("Kubernetes 1.35 is in extended support, which costs more",),
        severity="warning",
    ),
    Breakage(
        "a cluster of the same name",
        lambda world: world.things[kinds.CLUSTERS].append("platform"),  # type: ignore[arg-type]
        ("names-free",),
        ("a cluster platform exists already, and not of these stacks",),
    ),
    Breakage(
        "a log group that a former cluster left",
        lambda world: world.add(kinds.LOG_GROUPS, {"logGroupName": "/aws/eks/platform/cluster"}),
        ("names-free",),
        ("aws logs delete-log-group --region eu-west-1 --log-group-name /aws/eks/platform/cluster",),
    ),
    Breakage(
        "a stack whose first deploy failed",
        _stack("ROLLBACK_COMPLETE"),
        ("stacks-can-be-deployed",),
        ("the stack platform-network can only be deleted: ROLLBACK_COMPLETE", "StackStatusReason is because"),
    ),
    Breakage(
        "a stack whose rollback failed",
        _stack("UPDATE_ROLLBACK_FAILED"),
        ("stacks-can-be-deployed",),
        ("aws cloudformation continue-update-rollback --region eu-west-1 --stack-name platform-network",),
    ),
    Breakage(
        "an operation that runs",
        _stack("UPDATE_IN_PROGRESS"),
        ("stacks-can-be-deployed",),
        ("an operation of the stack platform-network runs: UPDATE_IN_PROGRESS",),
        severity="warning",
    ),
    Breakage(
        "no bootstrap",
        lambda world: world.all(kinds.PARAMETERS).pop(0),
        ("account-bootstrapped",),
        ("the bootstrap of CDK is missing", "npx cdk bootstrap aws://111122223333/eu-west-1"),
    ),
    Breakage(
        "a bootstrap that is too old",
        _set(kinds.PARAMETERS, Value="5"),
        ("account-bootstrapped",),
        ("the bootstrap of CDK is too old", "Value is 5, expected 6 or more"),
    ),
    Breakage(
        "a VPC without DNS host names",
        _set(kinds.DNS_NAMES, Value=False),
        ("vpc-answers-dns",),
        (
            "aws ec2 modify-vpc-attribute --region eu-west-1 --vpc-id vpc-0123456789abcdef0 "
            "--enable-dns-hostnames",
        ),
        EXISTING,
    ),
    Breakage(
        "a VPC that is not there",
        _set(aws_kinds.VPCS, VpcId="vpc-another"),
        ("vpc-takes-blocks",),
        ("vpc-0123456789abcdef0 does not exist in eu-west-1",),
        EXISTING,
    ),
    Breakage(
        "a block that is not the VPC's",
        lambda world: world.one(aws_kinds.VPCS)["CidrBlockAssociationSet"].pop(),
        ("vpc-takes-blocks",),
        ("expected 100.64.0.0/16 among them",),
        EXISTING,
    ),
    Breakage(
        "a block that overlaps one that settings do not name",
        lambda world: world.one(aws_kinds.VPCS)["CidrBlockAssociationSet"].append(
            {"CidrBlock": "100.65.128.0/17", "CidrBlockState": {"State": "associated"}}
        ),
        ("vpc-takes-blocks",),
        ("must not overlap 100.65.128.0/17, a range of the VPC",),
        ADDED,
    ),
    Breakage(
        "a route to a part of the new block",
        _route("100.65.4.0/24"),
        ("networks-apart",),
        ("network.pod_cidr 100.65.0.0/16 covers the destination of a route, 100.65.4.0/24",),
        ADDED,
    ),
    Breakage(
        "a route to a network that contains the new block",
        _route("100.64.0.0/10"),
        ("networks-apart",),
        ("takes addresses away from the network behind 100.64.0.0/10",),
        ADDED,
        "warning",
    ),
    Breakage(
        "a peer with the new block",
        lambda world: world.one(kinds.PEERINGS)["AccepterVpcInfo"].update(
            CidrBlockSet=[{"CidrBlock": "100.65.0.0/17"}]
        ),
        ("networks-apart",),
        ("network.pod_cidr 100.65.0.0/16 overlaps the peered vpc-other",),
        ADDED,
    ),
    Breakage(
        "another VPC with the same range on the transit gateway",
        lambda world: world.one(kinds.TRANSIT_ROUTES)["Routes"][0].update(DestinationCidrBlock="10.0.0.0/16"),
        ("networks-apart",),
        ("network.vpc_cidr 10.0.0.0/16: the transit gateway sends 10.0.0.0/16 to vpc-eight",),
    ),
    Breakage(
        "a transit gateway that is not there",
        lambda world: world.all(kinds.TRANSIT_GATEWAYS).clear(),
        ("networks-apart",),
        ("the transit gateway tgw-0123456789abcdef0 is not there",),
    ),
    Breakage(
        "a subnet of another zone",
        _set(aws_kinds.SUBNETS, "subnet-0aaaaaaaaaaaaaaa1", AvailabilityZone="eu-west-1c"),
        ("existing-subnets-fit",),
        ("AvailabilityZone is eu-west-1c, expected eu-west-1a",),
        EXISTING,
    ),
    Breakage(
        "a node subnet without addresses for the control plane",
        _set(aws_kinds.SUBNETS, "subnet-0aaaaaaaaaaaaaaa1", AvailableIpAddressCount=3),
        ("existing-subnets-fit",),
        ("AvailableIpAddressCount is 3, expected 16 or more",),
        EXISTING,
    ),
    Breakage(
        "a route table whose way out leads nowhere",
        lambda world: world.one(aws_kinds.ROUTE_TABLES)["Routes"][1].update(State="blackhole"),
        ("existing-subnets-fit",),
        ("route to 0.0.0.0/0 is blackhole, expected active",),
        EXISTING,
        "warning",
    ),
    Breakage(
        "a NAT gateway that was deleted",
        _set(kinds.REGION_NAT_GATEWAYS, State="deleted"),
        ("existing-subnets-fit",),
        ("ec2 nat-0123456789abcdef0: State is deleted, expected available",),
        ADDED,
    ),
    Breakage(
        "a pod subnet whose blocks single addresses spoil",
        _spoilt,
        ("pod-subnets-have-room",),
        ("pod subnets lack free /28 blocks in eu-west-1a", "free /28 blocks is 0"),
        EXISTING,
    ),
    Breakage(
        "a pod subnet with fewer blocks for prefixes than the nodes take",
        lambda world: _reserved(world, "prefix"),
        ("pod-subnets-have-room",),
        (
            "free /28 blocks is 3",
            "reservations of type prefix, which alone count is 100.64.0.0/26",
            "create-subnet-cidr-reservation --region eu-west-1 --subnet-id subnet-0bbbbbbbbbbbbbbb1",
        ),
        EXISTING,
        severity="warning",
    ),
    Breakage(
        "a default key of EBS that Auto Scaling may not use",
        lambda world: (
            world.one(kinds.DEFAULT_KEY).update(KmsKeyId=KEY),
            world.one(kinds.KEY_POLICIES).update(Policy=json.dumps({"Statement": []})),
        ),
        ("keys-usable",),
        (f"Auto Scaling may not use the key {KEY} of volumes", "aws kms create-grant"),
    ),
    Breakage(
        "a key that waits for its deletion",
        _set(kinds.KEYS, KeyState="PendingDeletion"),
        ("keys-usable",),
        (f"the key {KEY} is PendingDeletion",),
        EXISTING,
    ),
    Breakage(
        "a principal that does not exist",
        lambda world: world.remove(kinds.ROLES, "platform-admins"),
        ("access-as-meant",),
        ("1 principal of the settings do not exist",),
    ),
    Breakage(
        "a caller who gets no access",
        _set(kinds.IDENTITY, Arn="arn:aws:sts::111122223333:assumed-role/ci/run-1"),
        ("access-as-meant",),
        ("the caller gets no access to the cluster",),
        severity="warning",
    ),
    Breakage(
        "a node role that EC2 may not assume",
        _set(kinds.ROLES, "nodes", AssumeRolePolicyDocument={}),
        ("given-roles-fit",),
        ("the role nodes does not trust ec2.amazonaws.com",),
        EXISTING,
    ),
    Breakage(
        "a node role without its policies",
        lambda world: world.one(kinds.ROLE_POLICIES)["AttachedPolicies"].pop(),
        ("given-roles-fit",),
        ("--policy-arn arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",),
        EXISTING,
        "warning",
    ),
    Breakage(
        "an account that never had a cluster",
        lambda world: world.remove(kinds.ROLES, "AWSServiceRoleForAmazonEKS"),
        ("service-linked-roles",),
        ("aws iam create-service-linked-role --aws-service-name eks.amazonaws.com",),
        severity="warning",
    ),
    Breakage(
        "a change set that CloudFormation refuses",
        _change_set(status="FAILED", reason="Template error", events=[_event(failed=True)]),
        ("change-sets-accepted",),
        (
            "CloudFormation refuses platform-network",
            "Vpc /Resources/Vpc/Properties/Cidr is extraneous key [Cidr] is not permitted",
        ),
    ),
    Breakage(
        "a change set with a warning",
        _change_set(events=[_event(failed=False)]),
        ("change-sets-accepted",),
        ("CloudFormation finds something wrong in platform-network",),
        severity="warning",
    ),
)
