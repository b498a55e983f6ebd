from __future__ import annotations

import json
from typing import Any

import pytest

from cdk_eks_cilium.values import (
    CiliumValues,
    Eni,
    Ipam,
    change_actions,
    discovery_actions,
    operator_actions,
    policy_statements,
)
from cdk_eks_cilium.versions import CiliumVersion
from tests.releases import NUMBERS

#: The list of the article, without the prefix ec2:.
ARTICLE = {
    "DescribeNetworkInterfaces",
    "DescribeSubnets",
    "DescribeVpcs",
    "DescribeSecurityGroups",
    "DescribeInstanceTypes",
    "CreateNetworkInterface",
    "AttachNetworkInterface",
    "ModifyNetworkInterfaceAttribute",
    "DeleteNetworkInterface",
    "AssignPrivateIpAddresses",
    "UnassignPrivateIpAddresses",
    "CreateTags",
}


def names(values: CiliumValues, number: str) -> set[str]:
    return {name.removeprefix("ec2:") for name in operator_actions(values, CiliumVersion.of(number))}


def statements(values: CiliumValues | None = None, number: str = "1.19.6") -> dict[str, dict[str, Any]]:
    found = policy_statements(
        values or CiliumValues(),
        CiliumVersion.of(number),
        partition="aws-cn",
        region="cn-north-1",
        account="123456789012",
        cluster_name="demo",
        eks_cluster_name="Demo",
        subnet_arns=["arn:subnet/a", "arn:subnet/b"],
        vpc_arn="arn:vpc/v",
    )
    return {statement["Sid"]: statement for statement in found}


def test_the_article_s_profile_needs_exactly_the_article_s_twelve() -> None:
    assert names(CiliumValues(profile="article"), "1.12.1") == ARTICLE


@pytest.mark.parametrize("number", NUMBERS)
def test_route_tables_are_read_from_1_18(number: str) -> None:
    extra = {"DescribeRouteTables"} if CiliumVersion.of(number).at_least("1.18") else set()
    assert names(CiliumValues(), number) == ARTICLE | extra


def test_without_release_nothing_is_unassigned() -> None:
    assert "UnassignPrivateIpAddresses" not in names(
        CiliumValues(eni=Eni(release_excess_ips=False)), "1.19.6"
    )


@pytest.mark.parametrize(
    ("overrides", "number", "added"),
    [
        ({"eni": {"instanceTagsFilter": ["a=b"]}}, "1.19.6", {"DescribeInstances"}),
        ({"eni": {"instanceTagsFilter": []}}, "1.19.6", set()),
        ({"ipv6": {"enabled": True}}, "1.20.0", {"AssignIpv6Addresses"}),
    ],
)
def test_a_feature_in_the_overrides_brings_its_actions(
    overrides: dict[str, Any], number: str, added: set[str]
) -> None:
    plain = names(CiliumValues(), number)
    assert names(CiliumValues(overrides=overrides), number) - plain == added


@pytest.mark.parametrize("number", ["1.18.12", "1.19.6"])
def test_static_addresses_bring_their_actions(number: str) -> None:
    values = CiliumValues(ipam=Ipam(static_ip_tags={"a": "b"}))
    added = names(values, number) - names(CiliumValues(), number)
    assert added == {"DescribeAddresses", "AssociateAddress"}


@pytest.mark.parametrize("number", NUMBERS)
def test_actions_are_sorted_and_split_into_looking_and_changing(number: str) -> None:
    values, version = CiliumValues(), CiliumVersion.of(number)
    looking, changing = discovery_actions(values, version), change_actions(values)
    everything = operator_actions(values, version)
    assert list(everything) == sorted(set(everything)) == sorted(looking + changing)
    assert all(action.startswith("ec2:Describe") for action in looking)
    assert not any(action.startswith("ec2:Describe") for action in changing)


def test_the_article_s_policy_is_one_statement_on_everything() -> None:
    (statement,) = statements(CiliumValues(profile="article"), "1.12.1").values()
    assert statement["Resource"] == "*"
    assert {action.removeprefix("ec2:") for action in statement["Action"]} == ARTICLE
    assert "Condition" not in statement


@pytest.mark.parametrize("number", NUMBERS)
def test_the_statements_allow_every_action_and_no_other(number: str) -> None:
    allowed = {action for statement in statements(number=number).values() for action in statement["Action"]}
    assert allowed == set(operator_actions(CiliumValues(), CiliumVersion.of(number)))


def test_only_looking_is_allowed_everywhere() -> None:
    for statement in statements().values():
        assert (statement["Resource"] == "*") == (statement["Sid"] == "Discover")


def test_interfaces_are_made_only_with_the_cluster_s_tag_in_pod_subnets_and_the_vpc_s_groups() -> None:
    found = statements()
    create = ["ec2:CreateNetworkInterface"]
    assert found["CreateTaggedInterface"] == {
        "Sid": "CreateTaggedInterface",
        "Effect": "Allow",
        "Action": create,
        "Resource": "arn:aws-cn:ec2:cn-north-1:123456789012:network-interface/*",
        "Condition": {"StringEquals": {"aws:RequestTag/io.cilium/cluster-name": "demo"}},
    }
    subnets = found["CreateInterfaceInPodSubnets"]
    assert (subnets["Action"], subnets["Resource"]) == (create, ["arn:subnet/a", "arn:subnet/b"])
    groups = found["CreateInterfaceWithGroupsOfTheVpc"]
    assert groups["Action"] == create
    assert groups["Resource"] == "arn:aws-cn:ec2:cn-north-1:123456789012:security-group/*"
    assert groups["Condition"] == {"ArnEquals": {"ec2:Vpc": "arn:vpc/v"}}


def test_tags_are_written_only_while_an_interface_is_made() -> None:
    tagging = [s for s in statements().values() if "ec2:CreateTags" in s["Action"]]
    (statement,) = tagging
    assert statement["Condition"] == {
        "StringEquals": {
            "ec2:CreateAction": "CreateNetworkInterface",
            "aws:RequestTag/io.cilium/cluster-name": "demo",
        }
    }


def test_only_interfaces_of_the_cluster_are_used() -> None:
    statement = statements()["UseOwnInterfaces"]
    assert statement["Action"] == [
        "ec2:AssignPrivateIpAddresses",
        "ec2:AttachNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:ModifyNetworkInterfaceAttribute",
        "ec2:UnassignPrivateIpAddresses",
    ]
    assert statement["Condition"] == {"StringEquals": {"aws:ResourceTag/io.cilium/cluster-name": "demo"}}


def test_interfaces_are_attached_to_nodes_of_the_cluster_by_its_eks_name() -> None:
    statement = statements()["AttachToManagedNodes"]
    assert statement["Action"] == ["ec2:AttachNetworkInterface", "ec2:ModifyNetworkInterfaceAttribute"]
    assert statement["Resource"] == "arn:aws-cn:ec2:cn-north-1:123456789012:instance/*"
    assert statement["Condition"] == {"StringEquals": {"aws:ResourceTag/eks:cluster-name": "Demo"}}


def test_static_addresses_are_those_with_the_pool_s_tags_and_go_to_interfaces_of_the_vpc() -> None:
    values = CiliumValues(ipam=Ipam(static_ip_tags={"pool": "a", "team": "b"}))
    found = statements(values)
    addresses, interfaces = found["AssociateStaticAddresses"], found["AssociateWithInterfacesOfTheVpc"]
    assert addresses["Resource"].endswith(":elastic-ip/*")
    assert addresses["Condition"] == {
        "StringEquals": {"aws:ResourceTag/pool": "a", "aws:ResourceTag/team": "b"}
    }
    assert interfaces["Resource"].endswith(":network-interface/*")
    assert interfaces["Condition"] == {"ArnEquals": {"ec2:Vpc": "arn:vpc/v"}}
    assert addresses["Action"] == interfaces["Action"] == ["ec2:AssociateAddress"]
    assert "ec2:AssociateAddress" not in found["UseOwnInterfaces"]["Action"]


def test_statements_are_plain_and_the_same_every_time() -> None:
    assert json.dumps(statements()) == json.dumps(statements())
