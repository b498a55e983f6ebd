"""What each setting may be on its own, and what is said of the rest."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest

from cdk_eks_cilium.settings import NodeGroup, Settings, parse
from tests.unit.settings.refusals import refusal


def group(**settings: Any) -> dict[str, Any]:
    return {"node_groups": [{"name": "workers", **settings}]}


def test_nothing_at_all_is_a_whole_environment() -> None:
    settings = parse({})
    assert settings == Settings()
    assert [each.name for each in settings.node_groups] == ["workers"]
    assert settings.network.availability_zones == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]


@pytest.mark.parametrize("field", ["name", "region"])
def test_settings_cannot_be_changed(field: str) -> None:
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        setattr(Settings(), field, "other")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            {"name": "1_bad name"},
            "name: must be 1 to 100 letters, digits and hyphens, starting with a letter, "
            "got '1_bad name'; did you mean 'bad-name'?",
        ),
        (
            {"name": "---"},
            "name: must be 1 to 100 letters, digits and hyphens, starting with a letter, "
            "got '---'; for example 'platform'",
        ),
        (
            {"account": 12345},
            "account: must be text, because YAML reads leading zeros away, got 12345; quote its 12 digits",
        ),
        ({"account": "12345"}, "account: must be an account id of 12 digits, got '12345'"),
        ({"region": "Ireland"}, "region: must be an AWS region, got 'Ireland'; for example 'eu-west-1'"),
        (
            {"kubernetes_version": 1.3},
            "kubernetes_version: must be text, because YAML reads 1.30 as the number 1.3, got 1.3; "
            "quote it: '1.30'",
        ),
        ({"kubernetes_version": 1}, "kubernetes_version: must be text, got 1; quote it: '1'"),
        (
            {"cilium": {"egress": "nodes"}},
            "cilium.egress: must be 'node' or 'pod', got 'nodes'; did you mean 'node'?",
        ),
        (
            {"aws_node": None},
            "aws_node: must be 'remove', 'patch' or 'never-install', got None; "
            "leave the key out for its default",
        ),
        (
            {"cilium": {"encryption": "wiregaurd"}},
            "cilium.encryption.type: must be 'wireguard' or 'ipsec', got 'wiregaurd'; "
            "did you mean 'wireguard'?",
        ),
        (
            {"network": None},
            "network: must be a mapping, got None; leave the key out for its default",
        ),
        (
            {"cilium": {"kube_proxy_replacement": "true"}},
            "cilium.kube_proxy_replacement: must be true or false, got 'true'; leave the quotes out",
        ),
        (
            {"network": {"availability_zones": "eu-west-1a"}},
            "network.availability_zones: must be a list, got 'eu-west-1a'; write it as a list: [eu-west-1a]",
        ),
        (
            {"network": {"availability_zones": ["eu-west-1a"]}},
            "network.availability_zones: must list at least 2, got ['eu-west-1a']; "
            "EKS spreads a control plane over two zones or more, add one",
        ),
        (
            {"network": {"availability_zones": ["eu-west-1a", "eu-west-1a"]}},
            "network.availability_zones: must name each one once, 'eu-west-1a' is there twice, "
            "got ['eu-west-1a', 'eu-west-1a']",
        ),
        (
            {"network": {"availability_zones": ["eu-west-1a", "us-west-2-lax-1a"]}},
            "network.availability_zones[1]: must be an availability zone, a region and one letter, "
            "got 'us-west-2-lax-1a'; for example 'eu-west-1a'",
        ),
        ({"network": {"nat_gateways": 0}}, "network.nat_gateways: must be at least 1, got 0"),
        ({"network": {"nat_gateways": True}}, "network.nat_gateways: must be a whole number, got True"),
        (
            {"network": {"nat_gateways": "3"}},
            "network.nat_gateways: must be a whole number, got '3'; leave the quotes out",
        ),
        (
            group(volume_size_gib=19),
            "node_groups[0].volume_size_gib: must be at least 20, got 19",
        ),
        (
            group(image="bottlerockt"),
            "node_groups[0].image: must be 'bottlerocket', 'al2023' or 'al2', got 'bottlerockt'; "
            "did you mean 'bottlerocket'?",
        ),
        (
            group(instance_types=["large"]),
            "node_groups[0].instance_types[0]: must be an EC2 instance type, got 'large'; "
            "for example 'm6i.large'",
        ),
        (
            group(name="no spaces"),
            "node_groups[0].name: must be 1 to 63 letters, digits, hyphens and underscores, "
            "starting with a letter or digit, got 'no spaces'",
        ),
        (
            {"node_groups": [{"image": "al2023", "primary_interface": "ens5"}]},
            "node_groups[0].name: must be given; name of the group, one of a kind",
        ),
        ({"node_groups": []}, "node_groups: must list at least 1, got []"),
        (
            group(image="al2023", primary_interface="ens+"),
            "node_groups[0].primary_interface: must be the exact name of one network interface, "
            "at most 15 characters, got 'ens+'; "
            "a pattern would match the interfaces of pods too and hide their addresses from Cilium",
        ),
        (
            group(labels={"node-role.kubernetes.io/infra": "x"}),
            "node_groups[0].labels['node-role.kubernetes.io/infra']: may not begin with "
            "'node-role.kubernetes.io/', which Kubernetes and EKS keep for themselves, "
            "got 'node-role.kubernetes.io/infra'",
        ),
        (
            {"tags": {"cost center": 12}},
            "tags['cost center']: must be text, got 12; quote it: '12'",
        ),
        (
            {"tags": {"aws:mine": "x"}},
            "tags['aws:mine']: must be a tag key of 1 to 128 letters, digits, spaces and .:/=+-@_, "
            "not beginning with 'aws:', got 'aws:mine'",
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_rule_and_its_fix(data: dict[str, Any], said: str) -> None:
    assert refusal(data) == [said]


def test_the_fix_of_a_misspelt_key_is_the_key_meant() -> None:
    said = refusal({"network": {"pod-cidr": "100.64.0.0/16"}})
    assert said == ["network.pod-cidr: is no setting, got '100.64.0.0/16'; did you mean 'pod_cidr'?"]


def test_a_key_like_no_other_is_answered_with_the_keys_there_are() -> None:
    said = refusal({"endpoint_access": {"zzz": 1}})
    assert said == [
        "endpoint_access.zzz: is no setting, got 1; known here are public_cidrs, private_cidrs, open_because"
    ]


def test_a_key_that_is_no_text_is_refused() -> None:
    (said,) = refusal({"network": {1: 2}})
    assert said.startswith("network[1]: must have text as its name")


def test_a_version_may_be_any_that_exists_and_no_other() -> None:
    assert parse({"cilium": {"version": "1.18.12"}}).cilium.version == "1.18.12"
    (said,) = refusal({"cilium": {"version": "9.9.9"}})
    assert said.startswith("cilium.version: must be a release of Cilium 1.12 to 1.20, got '9.9.9'; ")


def test_kubernetes_that_eks_no_longer_creates_is_refused_with_the_way_out() -> None:
    (said,) = refusal({"kubernetes_version": "1.29"})
    assert said.startswith("kubernetes_version: must be a release EKS still creates")
    assert "got '1.29'; choose one of 1.31" in said


def test_host_bits_in_a_range_are_answered_with_the_range() -> None:
    (said,) = refusal({"network": {"pod_cidr": "100.64.0.1/16"}})
    assert said.startswith("network.pod_cidr: ")
    assert "did you mean '100.64.0.0/16'?" in said


@pytest.mark.parametrize("block", ["203.0.113.7/32", "8.8.8.0/24", "192.0.2.0/24"])
def test_the_public_endpoint_takes_ranges_of_the_internet(block: str) -> None:
    settings = parse({"endpoint_access": {"public_cidrs": [block]}})
    assert settings.endpoint_access.public_cidrs == [block]


@pytest.mark.parametrize(
    ("block", "reserved"),
    [
        ("10.1.0.0/16", "10.0.0.0/8"),
        ("192.168.1.0/24", "192.168.0.0/16"),
        ("100.64.0.0/16", "100.64.0.0/10"),
        ("172.0.0.0/8", "172.16.0.0/12"),
    ],
)
def test_the_public_endpoint_takes_no_private_range(block: str, reserved: str) -> None:
    assert refusal({"endpoint_access": {"public_cidrs": [block]}}) == [
        f"endpoint_access.public_cidrs[0]: must be public addresses, without any of {reserved}, "
        f"got '{block}'; "
        "name the addresses people come from on the internet "
        "(networks that lead to the VPC go into private_cidrs)"
    ]


def test_no_range_means_a_private_endpoint() -> None:
    assert parse({"endpoint_access": {"public_cidrs": []}}).endpoint_access.private_only
    assert not Settings().endpoint_access.private_only


def test_a_session_is_refused_for_the_role_behind_it() -> None:
    arn = "arn:aws:sts::111122223333:assumed-role/admin/jane"
    assert refusal({"access": [{"principal_arn": arn, "policy": "view"}]}) == [
        f"access[0].principal_arn: must be the ARN of an IAM role or user, got '{arn}'; "
        "a session ends and an access entry stays, so give the role behind it: "
        "'arn:aws:iam::111122223333:role/admin'"
    ]


def test_an_account_is_no_principal() -> None:
    (said,) = refusal({"access": [{"principal_arn": "arn:aws:iam::111122223333:root", "policy": "view"}]})
    assert said.endswith("an access entry cannot stand for a whole account, name a role in it")


def test_a_policy_is_that_of_eks() -> None:
    settings = parse(
        {"access": [{"principal_arn": "arn:aws:iam::111122223333:user/jane", "policy": "cluster-admin"}]}
    )
    assert settings.access[0].policy_name == "AmazonEKSClusterAdminPolicy"


def test_overrides_hold_what_a_values_file_can() -> None:
    import datetime

    (said,) = refusal({"cilium": {"overrides": {"a": {"b": [datetime.date(2026, 1, 1)]}}}})
    assert said == (
        "cilium.overrides: must hold only what a values file can, and a.b[0] does not, "
        "got datetime.date(2026, 1, 1); quote it"
    )
    assert refusal({"cilium": {"overrides": {"a": float("inf")}}})[0].startswith(
        "cilium.overrides: must hold only"
    )
    assert refusal({"cilium": {"overrides": {"a": {1: 2}}}})[0].startswith("cilium.overrides: must hold only")


def test_a_group_begins_with_its_fewest_nodes_but_with_one_at_least() -> None:
    assert NodeGroup(name="a", min_size=3).initial_size == 3
    assert NodeGroup(name="a", min_size=0).initial_size == 1
    assert NodeGroup(name="a", min_size=0, desired_size=0).initial_size == 0


def test_a_long_value_is_shown_by_its_beginning() -> None:
    (said,) = refusal({"name": "-" + "x" * 5000})
    assert len(said) < 600
    assert "xxx..." in said


def test_networks_that_lead_to_the_vpc_may_reach_the_private_endpoint() -> None:
    given = ["10.8.0.0/16", "100.64.0.0/16", "198.51.100.0/24"]
    assert parse({"endpoint_access": {"private_cidrs": given}}).endpoint_access.private_cidrs == given
    assert Settings().endpoint_access.private_cidrs == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            ["10.8.0.0/16", "0.0.0.0/0"],
            "[1]: must be a network of /8 or smaller, not everyone, got '0.0.0.0/0'; name the networks that "
            "lead to the VPC, such as '10.8.0.0/16'",
        ),
        (
            ["127.0.0.0/8"],
            "[0]: must be addresses that packets come from, without any of 127.0.0.0/8, got '127.0.0.0/8'",
        ),
        (
            ["10.8.0.0/16", "10.8.0.0/16"],
            ": must name each one once, '10.8.0.0/16' is there twice, got ['10.8.0.0/16', '10.8.0.0/16']",
        ),
    ],
)
def test_the_private_endpoint_is_for_networks_not_for_everyone(given: list[str], said: str) -> None:
    assert refusal({"endpoint_access": {"private_cidrs": given}}) == [f"endpoint_access.private_cidrs{said}"]
