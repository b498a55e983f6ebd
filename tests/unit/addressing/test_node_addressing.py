"""How many addresses and pods a node has."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.addressing import (
    InstanceType,
    NodeAddressing,
    agent_addresses_per_node,
    find,
    known,
    pod_cap,
)
from cdk_eks_cilium.addressing.node_addressing import AGENT_ADDRESSES
from cdk_eks_cilium.problems import InputError

instances = st.builds(
    InstanceType,
    name=st.just("made.up"),
    enis=st.integers(1, 24),
    ipv4_per_eni=st.integers(2, 64),
    nitro=st.booleans(),
    vcpus=st.integers(1, 448),
    architecture=st.just("x86_64"),
)
indexes = st.integers(0, 4)


def by_name(group: list[InstanceType]) -> dict[str, InstanceType]:
    return {f"made.up{number}": instance for number, instance in enumerate(group)}


@pytest.mark.parametrize(
    ("name", "from_the_first", "from_the_second", "with_prefixes"),
    [
        ("t3.small", 9, 6, 96),
        ("t3.medium", 15, 10, 160),
        ("m5.large", 27, 18, 288),
        ("c7i.xlarge", 56, 42, 672),
    ],
)
def test_the_addresses_of_common_types(
    name: str, from_the_first: int, from_the_second: int, with_prefixes: int
) -> None:
    instance = find(name)
    for index, expected in enumerate([from_the_first, from_the_second]):
        addressing = NodeAddressing(first_interface_index=index, prefix_delegation=False)
        assert addressing.allocatable_ipv4(instance) == expected
    assert NodeAddressing().allocatable_ipv4(instance) == with_prefixes


@given(instances, indexes)
def test_prefixes_are_sixteen_addresses_each_where_the_type_takes_them(
    instance: InstanceType, index: int
) -> None:
    single = NodeAddressing(first_interface_index=index, prefix_delegation=False).allocatable_ipv4(instance)
    factor = 16 if instance.nitro else 1
    assert NodeAddressing(first_interface_index=index).allocatable_ipv4(instance) == factor * single


@given(instances, indexes)
def test_an_interface_more_to_skip_never_adds_addresses(instance: InstanceType, index: int) -> None:
    skipping = NodeAddressing(first_interface_index=index + 1).allocatable_ipv4(instance)
    assert 0 <= skipping <= NodeAddressing(first_interface_index=index).allocatable_ipv4(instance)


@given(instances, indexes)
def test_a_larger_type_never_has_fewer_addresses(instance: InstanceType, index: int) -> None:
    here = NodeAddressing(first_interface_index=index).allocatable_ipv4(instance)
    for larger in (
        replace(instance, enis=instance.enis + 1),
        replace(instance, ipv4_per_eni=instance.ipv4_per_eni + 1),
    ):
        assert NodeAddressing(first_interface_index=index).allocatable_ipv4(larger) >= here


def test_bare_metal_has_prefixes_but_for_cilium_112() -> None:
    metal = find("m5.metal")
    assert NodeAddressing().allocatable_ipv4(metal) == 14 * 49 * 16
    assert NodeAddressing(bare_metal_prefixes=False).allocatable_ipv4(metal) == 14 * 49
    assert NodeAddressing(bare_metal_prefixes=False, prefix_delegation=True).pods(metal) == 250


@pytest.mark.parametrize(("vcpus", "cap"), [(2, 110), (29, 110), (30, 250), (96, 250)])
def test_the_cap_follows_the_processors(vcpus: int, cap: int) -> None:
    assert pod_cap(replace(find("m5.large"), vcpus=vcpus)) == cap


@pytest.mark.parametrize(
    ("name", "prefixes", "pods"),
    [
        ("t3.micro", True, 15),  # 16 addresses, 2 of the agent's, the agent itself on top
        ("t3.small", True, 95),
        ("m5.large", True, 110),
        ("m5.large", False, 17),
        ("m6i.8xlarge", True, 250),
    ],
)
def test_the_pods_of_common_types(name: str, prefixes: bool, pods: int) -> None:
    assert NodeAddressing(prefix_delegation=prefixes).pods(find(name)) == pods


@given(st.lists(instances, min_size=1, max_size=4), indexes, st.booleans())
def test_pods_never_exceed_the_cap_or_the_addresses_of_any_type(
    group: list[InstanceType], index: int, prefixes: bool
) -> None:
    addressing = NodeAddressing(
        first_interface_index=index, prefix_delegation=prefixes, instance_facts=by_name(group)
    )
    pods = addressing.max_pods([*addressing.instance_facts])
    agent = 1
    for instance in group:
        addresses = addressing.allocatable_ipv4(instance)
        assert pods <= pod_cap(instance)
        assert pods - agent <= max(0, addresses - AGENT_ADDRESSES)


@given(st.lists(instances, min_size=2, max_size=4))
def test_a_group_carries_what_its_least_type_carries(group: list[InstanceType]) -> None:
    addressing = NodeAddressing(instance_facts=by_name(group))
    assert addressing.max_pods([*addressing.instance_facts]) == min(map(addressing.pods, group))


@given(st.sampled_from(sorted(known())))
def test_every_real_type_gets_a_number_the_kubelet_accepts(name: str) -> None:
    assert 1 <= NodeAddressing().pods(find(name)) <= 250


def test_a_group_without_types_is_refused() -> None:
    with pytest.raises(InputError, match="instance_types: must name at least one instance type"):
        NodeAddressing().max_pods([])


def test_the_ingress_controller_costs_a_pod_where_addresses_and_not_the_cap_bind() -> None:
    assert agent_addresses_per_node() == AGENT_ADDRESSES
    with_ingress = agent_addresses_per_node(ingress=True)
    assert NodeAddressing(agent_addresses=with_ingress).pods(find("t3.small")) == 94
    assert NodeAddressing(agent_addresses=with_ingress).pods(find("m5.large")) == 110


@pytest.mark.parametrize(("most", "prefixes", "addresses"), [(20, True, 32), (32, True, 32), (17, False, 17)])
def test_max_allocate_bounds_a_node_in_whole_prefixes(most: int, prefixes: bool, addresses: int) -> None:
    instance = find("m5.large")
    addressing = NodeAddressing(prefix_delegation=prefixes, max_allocate=most)
    assert addressing.allocatable_ipv4(instance) == addresses
    assert addressing.pods(instance) == addresses - AGENT_ADDRESSES + 1


def test_max_allocate_beyond_the_type_adds_nothing() -> None:
    assert NodeAddressing(max_allocate=1000).allocatable_ipv4(find("t3.small")) == 96


@given(instances, st.integers(2, 110))
def test_a_limit_to_the_addresses_of_some_pods_lets_that_many_run_where_the_type_can(
    instance: InstanceType, pods: int
) -> None:
    addresses = NodeAddressing().addresses_for(pods)
    limited = NodeAddressing(max_allocate=addresses).pods(instance)
    assert limited >= min(pods, NodeAddressing().pods(instance))
    assert NodeAddressing(max_allocate=addresses - 1, prefix_delegation=False).pods(instance) < pods


def test_invalid_numbers_are_refused_all_at_once() -> None:
    wrong = NodeAddressing(first_interface_index=-1, pre_allocate=0, min_allocate=9, max_allocate=8)
    assert [str(problem) for problem in wrong.problems("cilium")] == [
        "cilium.first_interface_index: must be 0 or more, got -1",
        "cilium.pre_allocate: must be 1 or more, got 0",
        "cilium.min_allocate: must be at most max_allocate, which is 8, got 9; "
        "lower it or raise max_allocate",
    ]
