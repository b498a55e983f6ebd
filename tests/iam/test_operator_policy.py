"""The operator's policy, simulated: every call of every version is allowed, and nothing beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import boto3
import pytest

from cdk_eks_cilium.values import CiliumValues, operator_actions, policy_statements
from cdk_eks_cilium.versions import CiliumVersion
from rehearsal.aws.iam.evaluator import Policy, Request, allows
from rehearsal.aws.iam.reference import known
from tests.iam import ec2_calls
from tests.iam.ec2_calls import Place, Thing
from tests.releases import NUMBERS, since

NAME, EKS_NAME = "demo", "Demo_Cluster"
OWN = {"io.cilium/cluster-name": NAME, "io.cilium/cilium-managed": "true"}
FOREIGN = {**OWN, "io.cilium/cluster-name": "other"}
SUBNETS = ("subnet-a", "subnet-b")
POOL = {"pool": "a", "team": "b"}
NODES = {"ours": {"io.cilium/cluster-name": NAME}, "managed": {"eks:cluster-name": EKS_NAME}}
PLACES = {
    "aws": Place(),
    "aws-cn": Place("aws-cn", "cn-north-1"),
    "aws-us-gov": Place("aws-us-gov", "us-gov-west-1"),
    "shared VPC": Place(vpc_owner="444455556666"),
}
FEATURES: dict[str, dict[str, Any]] = {
    "plain": {},
    "no release": {"eni": {"release_excess_ips": False}},
    "own tags": {"eni": {"tags": {"team": "platform"}}},
    "instance filter": {"overrides": {"eni": {"instanceTagsFilter": ["a=b"]}}},
    "instance filter as text": {"overrides": {"eni": {"instanceTagsFilter": "a=b"}}},
    "static addresses": {"ipam": {"static_ip_tags": {"pool": "a", "team": "b"}}},
    "ipv6": {"overrides": {"ipv6": {"enabled": True}}},
}
SINCE = {"instance filter": "1.13", "static addresses": "1.18", "ipv6": "1.20"}
UNTIL = {"instance filter as text": "1.13"}
VERSIONS = [*NUMBERS[:2], *since("1.18")]
CASES = [
    (number, feature)
    for number, feature in product(VERSIONS, FEATURES)
    if CiliumVersion.of(number).at_least(SINCE.get(feature, "1.12"))
    and not CiliumVersion.of(number).at_least(UNTIL.get(feature, "1.99"))
]


@cache
def policy(number: str = "1.19.6", feature: str = "plain", place: str = "aws") -> Policy:
    return Policy(statements(CiliumValues(**FEATURES[feature]), number, PLACES[place]))


def statements(values: CiliumValues, number: str, place: Place) -> list[dict[str, Any]]:
    return policy_statements(
        values,
        CiliumVersion.of(number),
        partition=place.partition,
        region=place.region,
        account=place.account,
        cluster_name=NAME,
        eks_cluster_name=EKS_NAME,
        subnet_arns=[place.arn("subnet", subnet) for subnet in SUBNETS],
        vpc_arn=place.vpc_arn,
    )


def calls(values: CiliumValues, number: str, place: Place, node: str) -> dict[str, tuple[Request, ...]]:
    return ec2_calls.calls(
        values,
        CiliumVersion.of(number),
        place,
        cluster_name=NAME,
        subnets=SUBNETS,
        instance_tags=NODES[node],
        pool=POOL,
    )


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("number", "feature"), CASES)
def test_every_call_of_the_operator_is_allowed(number: str, feature: str, place: str, node: str) -> None:
    made = calls(CiliumValues(**FEATURES[feature]), number, PLACES[place], node)
    granted = policy(number, feature, place)

    assert [name for name, parts in made.items() if not allows(granted, *parts)] == []


@pytest.mark.parametrize(("number", "feature"), CASES)
def test_no_action_is_granted_that_the_operator_does_not_call(number: str, feature: str) -> None:
    made = calls(CiliumValues(**FEATURES[feature]), number, Place(), "ours")
    called = {part.action for parts in made.values() for part in parts}

    assert {action for one in policy(number, feature) for action in one["Action"]} == called


def test_the_article_s_calls_are_allowed_by_the_article_s_policy() -> None:
    values = CiliumValues(profile="article")
    made = calls(values, "1.12.1", Place(), "managed")
    granted = statements(values, "1.12.1", Place())

    assert "create in subnet-a" in made
    assert [name for name, parts in made.items() if not allows(granted, *parts)] == []


@pytest.mark.parametrize(("number", "feature"), CASES)
def test_every_call_fails_without_the_statement_that_is_for_it(number: str, feature: str) -> None:
    """So every statement is necessary; a node needs one of the two statements for nodes."""
    values, granted = CiliumValues(**FEATURES[feature]), policy(number, feature)
    made = [parts for node in NODES for parts in calls(values, number, Place(), node).values()]

    for one in granted:
        rest = [other for other in granted if other is not one]
        assert not all(allows(rest, *parts) for parts in made), one["Sid"]


def denied() -> Iterator[tuple[str, tuple[Request, ...]]]:
    """What a stolen or broken operator may not do."""
    here, elsewhere = Place(), Place(vpc="vpc-2")
    own, node, new = here.interface(OWN), here.instance(NODES["ours"]), here.new_interface(OWN)
    subnet, groups = here.subnet("subnet-a"), [here.group()]
    for name, wrong in {
        "another cluster's interface": here.interface(FOREIGN),
        "an interface without a tag": here.interface({}),
        "an interface of a cluster whose name only begins alike": here.interface(
            {"io.cilium/cluster-name": NAME + "-2"}
        ),
        "another account's interface": replace(here, account="999999999999").interface(OWN),
        "another region's interface": replace(here, region="eu-west-2").interface(OWN),
    }.items():
        for action in (
            "AssignPrivateIpAddresses",
            "UnassignPrivateIpAddresses",
            "DeleteNetworkInterface",
            "DetachNetworkInterface",
        ):
            yield f"{action} of {name}", (wrong.on(action),)
        yield f"attach {name}", ec2_calls.attach(wrong, node)
        yield f"modify {name}", ec2_calls.modify(wrong, node)
    for name, tags in {
        "an instance without a tag": {},
        "another cluster's node": {"io.cilium/cluster-name": "other"},
        "another EKS cluster's node": {"eks:cluster-name": "Other"},
    }.items():
        yield f"attach to {name}", ec2_calls.attach(own, here.instance(tags))
        yield f"modify on {name}", ec2_calls.modify(own, here.instance(tags))
    for name, parts in {
        "in the node's subnet": (here.subnet("subnet-node"), groups, new, OWN),
        "in a subnet of another VPC": (elsewhere.subnet("subnet-z"), groups, new, OWN),
        "with a group of another VPC": (subnet, [*groups, elsewhere.group("sg-9")], new, OWN),
        "without tags": (subnet, groups, here.new_interface({}), {}),
        "with another cluster's name": (subnet, groups, here.new_interface(FOREIGN), FOREIGN),
    }.items():
        yield f"create {name}", ec2_calls.create(*parts)
    for name, thing in {
        "its own interface": own,
        "another cluster's interface": here.interface(FOREIGN),
        "a node": node,
        "a pod subnet": subnet,
    }.items():
        tagged = {"aws:RequestTag/io.cilium/cluster-name": NAME}
        yield f"tag {name} later", (_with(thing, tagged).on("CreateTags"),)
        yield f"take a tag from {name}", (thing.on("DeleteTags"),)
    yield (
        "tag what another call makes",
        (new.on("CreateTags", ec2__CreateAction="RunInstances"),),
    )
    yield (
        "another cluster's name as a tag at creation",
        (here.new_interface(FOREIGN).on("CreateTags", ec2__CreateAction="CreateNetworkInterface"),),
    )


def _with(thing: Thing, context: dict[str, str]) -> Thing:
    return Thing(thing.arn, {**thing.context, **context})


@pytest.mark.parametrize("number", VERSIONS)
@pytest.mark.parametrize(("name", "parts"), [pytest.param(*case, id=case[0]) for case in denied()])
def test_calls_on_resources_of_others_are_denied(number: str, name: str, parts: tuple[Request, ...]) -> None:
    assert not allows(policy(number), *parts)


def test_an_address_outside_the_pool_or_an_interface_outside_the_vpc_is_denied() -> None:
    granted = policy("1.19.6", "static addresses")
    here, elsewhere = Place(), Place(vpc="vpc-2")
    good, primary = here.address(POOL).on("AssociateAddress"), here.interface({}).on("AssociateAddress")

    assert allows(granted, good, primary)
    assert not allows(granted, here.address({"pool": "a"}).on("AssociateAddress"))
    assert not allows(granted, here.address({}).on("AssociateAddress"))
    assert not allows(granted, good, elsewhere.interface({}).on("AssociateAddress"))


def everything(place: Place) -> Iterator[Thing]:
    """A resource of each kind, with every tag that the policy asks for."""
    at_creation = {
        "ec2:CreateAction": "CreateNetworkInterface",
        "aws:RequestTag/io.cilium/cluster-name": NAME,
    }
    for thing in (
        place.interface(OWN),
        place.new_interface(OWN),
        place.subnet("subnet-a"),
        place.group(),
        place.instance(NODES["ours"]),
        place.address(POOL),
        Thing("*"),
    ):
        yield _with(thing, at_creation)


@pytest.mark.parametrize(("number", "feature"), CASES)
def test_the_operator_s_operations_of_ec2_are_the_only_ones_allowed(number: str, feature: str) -> None:
    values, version = CiliumValues(**FEATURES[feature]), CiliumVersion.of(number)
    granted, things = policy(number, feature), list(everything(Place()))
    allowed = {
        f"ec2:{operation}"
        for operation in operations("ec2")
        for thing in things
        if allows(granted, thing.on(operation))
    }

    assert len(operations("ec2")) > 500
    assert allowed == set(operator_actions(values, version))


@pytest.mark.parametrize("service", ["iam", "sts", "eks", "s3", "kms", "lambda", "ssm", "secretsmanager"])
def test_no_other_service_is_allowed(service: str) -> None:
    granted = policy("1.20.0", "plain")

    assert operations(service)
    assert not any(allows(granted, Request(f"{service}:{name}", "*")) for name in operations(service))


@cache
def operations(service: str) -> tuple[str, ...]:
    """Every operation of a service's API, by botocore's model of it."""
    client = boto3.client(service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    return tuple(client.meta.service_model.operation_names)


def test_the_documentation_lists_every_statement_and_no_other(root: Path) -> None:
    text = (root / "docs/security.md").read_text(encoding="utf-8").split("## Removal of aws-node")[0]
    made = {one["Sid"] for number, feature in CASES for one in policy(number, feature)}

    assert set(re.findall(r"^(?:\||-) `(\w+)`", text, re.MULTILINE)) == made


@pytest.mark.parametrize(("number", "feature"), CASES)
def test_ec2_knows_every_condition_key_where_the_policy_uses_it(number: str, feature: str) -> None:
    for one in policy(number, feature):
        resources = [one["Resource"]] if isinstance(one["Resource"], str) else one["Resource"]
        keys = [key for pairs in one.get("Condition", {}).values() for key in pairs]
        for action, resource, key in product(one["Action"], resources, keys):
            kind = resource.split(":")[5].split("/")[0]
            assert known(action, kind, key), f"{one['Sid']}: {action} on {kind}: {key}"


def test_the_model_of_the_calls_uses_only_what_ec2_knows() -> None:
    for number, feature in CASES:
        for parts in calls(CiliumValues(**FEATURES[feature]), number, Place(), "ours").values():
            for part in parts:
                kind = part.resource.split(":")[-1].split("/")[0]
                assert all(known(part.action, kind, key) for key in part.context), part
