"""Which quota of AWS a growing plan meets first."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.addressing import (
    QUOTAS,
    CapacityPlan,
    PlannedGroup,
    PodSubnet,
    QuotaUse,
    Take,
    plan,
    quota_uses,
)
from cdk_eks_cilium.addressing.quotas import address_usage
from cdk_eks_cilium.problems import InputError

INTERFACES = "Network interfaces per Region"
ADDRESSES = "Elastic IP addresses per Region"
USAGE = "Network Address Usage of a VPC"


def plan_of(size: int, name: str = "m5.large") -> CapacityPlan:
    group = PlannedGroup(name="workers", instance_types=(name,), min_size=0, max_size=size)
    return plan([PodSubnet(zone, f"100.{64 + at}.0.0/16") for at, zone in enumerate("abcdef")], [group])


def first(plan: CapacityPlan, **others: Any) -> QuotaUse:
    return quota_uses(plan, **others)[0]


def test_a_node_counts_its_addresses_prefixes_and_further_interfaces() -> None:
    # Its own address, the interface's and the interface itself, and eight prefixes.
    assert address_usage(Take(prefixes=8, interfaces=1), nodes=1) == 11


def test_interfaces_bind_first_at_2500_nodes_with_one_pod_interface_each() -> None:
    use = first(plan_of(100))
    assert (use.quota.name, use.value, use.used, use.nodes) == (INTERFACES, 5000, 200, 2500)
    assert not use.exceeded


def test_address_usage_binds_next() -> None:
    use = quota_uses(plan_of(100))[1]
    assert (use.quota.name, use.nodes) == (USAGE, 64_000 // 11)


def test_what_else_uses_a_quota_is_counted() -> None:
    use = first(plan_of(100), used={INTERFACES: 1000})
    assert (use.used, use.nodes) == (1200, 2000)


def test_a_plan_beyond_a_quota_exceeds_it() -> None:
    uses = {use.quota.name: use for use in quota_uses(plan_of(6000), cidr_blocks=6)}
    assert (uses[USAGE].exceeded, uses[INTERFACES].exceeded) == (True, True)
    assert not uses["Subnets per VPC"].exceeded
    blocks = uses["IPv4 CIDR blocks per VPC"]
    assert (blocks.used, blocks.exceeded) == (7, True)


def test_elastic_ips_of_nat_gateways_count_against_their_quota() -> None:
    def use(mine: int, others: int) -> QuotaUse:
        found = quota_uses(plan_of(1), elastic_ips=mine, used={ADDRESSES: others})
        return next(each for each in found if each.quota.name == ADDRESSES)

    assert (use(3, 2).used, use(3, 2).exceeded) == (5, False)
    assert use(3, 3).exceeded


def test_every_quota_has_its_default_and_where_aws_says_so() -> None:
    assert {quota.name: (quota.default, quota.maximum) for quota in QUOTAS} == {
        "IPv4 CIDR blocks per VPC": (5, 50),
        "Subnets per VPC": (200, None),
        "Elastic IP addresses per Region": (5, None),
        INTERFACES: (5_000, None),
        USAGE: (64_000, 256_000),
        "Network Address Usage of a VPC and those peered with it in the Region": (128_000, 512_000),
        "IPv4 addresses or prefixes per network interface": (64, 64),
    }
    assert all(quota.source.startswith("https://docs.aws.amazon.com/") for quota in QUOTAS)


def test_a_quota_of_another_name_is_refused() -> None:
    with pytest.raises(InputError) as error:
        quota_uses(plan_of(1), used={"Lambdas": 1, "subnets per VPC": 9})
    assert [str(problem) for problem in error.value.problems] == [
        "used: must name quotas of QUOTAS, got 'Lambdas'",
        "used: must name quotas of QUOTAS, got 'subnets per VPC'; did you mean 'Subnets per VPC'?",
    ]


@given(st.integers(1, 400), st.sampled_from(["m5.large", "t3.medium", "m6i.16xlarge"]))
def test_the_binding_quota_holds_at_its_number_of_nodes_and_not_at_one_more(size: int, name: str) -> None:
    use = first(plan_of(size, name))
    assert use.nodes is not None
    for nodes, exceeded in ((use.nodes, False), (use.nodes + 1, True)):
        uses = {each.quota: each for each in quota_uses(plan_of(nodes, name))}
        assert uses[use.quota].exceeded is exceeded
