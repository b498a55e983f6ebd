"""A VPC that another account shares: the policies that the constructs make, simulated."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk

from cdk_eks_cilium import Cilium, CiliumValues, CiliumVersion, Egress, ExistingPodSubnets
from rehearsal.aws.iam.evaluator import Request, allows
from tests.iam import ec2_calls
from tests.iam.ec2_calls import Place
from tests.small_apps import Synthesized, known_vpc, new_stack, plain_cluster

OWNER = "444455556666"
SUBNETS = {"eu-west-1a": "subnet-0000000a", "eu-west-1b": "subnet-0000000b"}
POOL = {"pool": "a"}
VALUES = CiliumValues.model_validate({"egress": Egress.node(), "ipam": {"static_ip_tags": POOL}})
HERE = Place(vpc_owner=OWNER)
OWN = {"io.cilium/cluster-name": "shop"}


def deployed(owner_account: str | None) -> Synthesized:
    stack = new_stack(env=cdk.Environment(account=HERE.account, region=HERE.region))
    vpc = known_vpc(stack)
    pods = ExistingPodSubnets(stack, "Pods", subnet_ids=SUBNETS, owner_account=owner_account)
    Cilium(stack, "Cilium", cluster=plain_cluster(stack, vpc), pod_subnets=pods, values=VALUES)
    return Synthesized(stack)


def statements(app: Synthesized, role: str) -> list[dict[str, Any]]:
    """The statements of a role, with the partition that only a deploy knows filled in."""
    (policy,) = app.of_type("AWS::IAM::Policy", role).values()
    return [_plain(each) for each in policy["PolicyDocument"]["Statement"]]


def _plain(value: Any) -> Any:
    match value:
        case {"Fn::Join": ["", [*parts]]}:
            return "".join(_plain(part) for part in parts)
        case {"Ref": "AWS::Partition"}:
            return "aws"
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list():
            return [_plain(each) for each in value]
    return value


def operators_calls() -> dict[str, tuple[Request, ...]]:
    return ec2_calls.calls(
        VALUES,
        CiliumVersion.DEFAULT,
        HERE,
        cluster_name="shop",
        subnets=tuple(SUBNETS.values()),
        instance_tags=OWN,
        pool=POOL,
    )


def denied_calls(app: Synthesized) -> list[str]:
    granted = statements(app, "OperatorRole")
    return [name for name, parts in operators_calls().items() if not allows(granted, *parts)]


def test_every_call_of_the_operator_is_allowed_once_the_owner_is_named() -> None:
    assert denied_calls(deployed(OWNER)) == []


def test_without_the_owner_no_interface_can_be_made_in_shared_subnets() -> None:
    assert denied_calls(deployed(None)) == [
        "create in subnet-0000000a",
        "create in subnet-0000000b",
        "static address",
    ]


def test_the_sweep_deletes_the_cluster_s_interfaces_in_the_owner_s_vpc_alone() -> None:
    delete = HERE.interface(OWN).on("DeleteNetworkInterface")
    own_vpc = Place().interface(OWN).on("DeleteNetworkInterface")
    granted = statements(deployed(OWNER), "EniSweepHandler")

    assert allows(granted, delete)
    assert not allows(granted, own_vpc)
    assert not allows(statements(deployed(None), "EniSweepHandler"), delete)


def test_no_other_policy_names_a_subnet_or_the_vpc() -> None:
    policies = deployed(OWNER).of_type("AWS::IAM::Policy")
    naming = [name for name, each in policies.items() if ":subnet/" in str(each) or ":vpc/" in str(each)]

    assert len(naming) == 2
    assert all("OperatorRole" in name or "EniSweepHandler" in name for name in naming)
