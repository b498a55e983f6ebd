"""What a deploy of settings needs of an account."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.addressing import quota_codes as codes
from cdk_eks_cilium.doctor.engine.deployment import EndpointNeed, QuotaNeed
from cdk_eks_cilium.doctor.planning.needs import deployment_of
from cdk_eks_cilium.settings import parse
from tests.unit.doctor.preflight.accounts import ADDED, EXISTING, GATEWAY, ISOLATED, NODE_ROLE, VPC, account


def need(settings: dict[str, Any], quota: codes.AccountQuota) -> list[tuple[int, int]]:
    return [
        (each.first, each.most) for each in deployment_of(parse(settings)).needs if each.quota == quota.code
    ]


def test_the_defaults_take_an_address_and_a_gateway_in_each_zone() -> None:
    assert need({}, codes.ELASTIC_IPS) == [(3, 3)]
    assert need({}, codes.NAT_GATEWAYS) == [(1, 1)] * 3
    assert need({}, codes.VPCS) == need({}, codes.INTERNET_GATEWAYS) == [(1, 1)]
    assert need({}, codes.BLOCKS_OF_A_VPC) == [(2, 2)]


def test_endpoints_are_those_of_an_isolated_vpc_and_gateways_of_any() -> None:
    assert deployment_of(parse({})).endpoints == ()
    (gateway,) = deployment_of(parse({"network": {"gateway_endpoints": ["s3"]}})).endpoints
    assert gateway == EndpointNeed("s3", gateway=True)
    plan = account(ISOLATED).plan
    assert plan.deployment is not None
    made = {(each.service, each.gateway): each.policy for each in plan.deployment.endpoints}
    assert {name for name, policy in made.items() if not policy} == {("eks-auth", False)}
    assert made.keys() >= {("sts", False), ("logs", False), ("s3", True), ("dynamodb", True)}


def test_fewer_gateways_take_the_first_zones() -> None:
    found = deployment_of(parse({"network": {"nat_gateways": 1}})).needs
    assert [each for each in found if each.quota == codes.NAT_GATEWAYS.code] == [
        QuotaNeed(codes.NAT_GATEWAYS.code, 1, 1, "eu-west-1a")
    ]


def test_an_existing_network_takes_neither_a_vpc_nor_addresses() -> None:
    assert need(EXISTING, codes.VPCS) == need(EXISTING, codes.ELASTIC_IPS) == []
    assert need(EXISTING, codes.BLOCKS_OF_A_VPC) == []
    assert need(ADDED, codes.BLOCKS_OF_A_VPC) == [(1, 1)]


def test_virtual_cpus_are_of_the_largest_type_of_each_class() -> None:
    groups = [
        {"name": "any", "instance_types": ["m6i.large", "m6i.2xlarge"], "min_size": 2, "max_size": 10},
        {"name": "spot", "instance_types": ["c6i.xlarge"], "capacity": "spot", "min_size": 1, "max_size": 4},
    ]
    settings = {"node_groups": groups, "cilium": {"egress": "node"}}
    standard, spot = codes.vcpu_quota("m6i.large"), codes.vcpu_quota("c6i.large", spot=True)
    assert standard is not None
    assert spot is not None
    assert need(settings, standard) == [(16, 80)]
    assert need(settings, spot) == [(4, 16)]


def test_what_exists_is_named_with_its_zones() -> None:
    network = deployment_of(parse(EXISTING)).network
    assert network is not None
    assert network.vpc == VPC
    assert set(network.pod_subnets) == set(network.pod_blocks) == {"eu-west-1a", "eu-west-1b"}
    assert all(blocks > 0 for blocks in network.pod_blocks.values())


def test_blocks_that_exist_are_not_new() -> None:
    assert deployment_of(parse(EXISTING)).new_blocks == {}
    assert deployment_of(parse(ADDED)).new_blocks == {"network.pod_cidr": "100.65.0.0/16"}
    assert set(deployment_of(parse({})).new_blocks) == {"network.vpc_cidr", "network.pod_cidr"}


def test_roles_images_and_the_gateway_are_named() -> None:
    assert deployment_of(parse(EXISTING)).roles == {
        NODE_ROLE: ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
    }
    (group,) = deployment_of(parse(EXISTING)).nodes
    assert (group.image, group.parameter) == ("ami-0123456789abcdef0", "")
    (default,) = deployment_of(parse({})).nodes
    assert default.parameter == "/aws/service/bottlerocket/aws-k8s-1.35/x86_64/latest/image_id"
    beyond = {"on_premises": {"cidrs": ["192.168.0.0/16"], "transit_gateway_id": GATEWAY}}
    assert deployment_of(parse({"network": beyond})).transit_gateway == GATEWAY


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("m6i.large", "A, C, D"),
        ("im4gn.large", "A, C, D"),
        ("i7ie.large", "A, C, D"),
        ("g5.xlarge", "G and VT"),
        ("gr6.4xlarge", "G and VT"),
        ("p5.48xlarge", "(P)"),
        ("x2iedn.xlarge", "(X)"),
        ("inf2.xlarge", "Inf"),
        ("trn1.2xlarge", "Trn"),
        ("u-6tb1.metal", "high memory"),
        ("u7i-12tb.224xlarge", "high memory"),
        ("hpc7a.12xlarge", "HPC"),
    ],
)
def test_a_type_counts_against_the_quota_of_its_class(name: str, words: str) -> None:
    quota = codes.vcpu_quota(name)
    assert quota is not None
    assert words in quota.name


def test_a_type_of_no_known_class_has_no_quota() -> None:
    assert codes.vcpu_quota("mac2.metal") is None
    assert codes.vcpu_quota("p5.48xlarge", spot=True) is None
    assert codes.vcpu_quota("") is None
