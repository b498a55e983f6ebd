"""How many addresses and pods a node has."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.addressing import (
    AGENT_ADDRESSES,
    InstanceType,
    agent_addresses_per_node,
    allocatable_ipv4,
    find,
    host_network_pods_per_node,
    known,
    max_pods,
    pod_cap,
)
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
    assert allocatable_ipv4(instance, first_interface_index=0, prefix_delegation=False) == from_the_first
    assert allocatable_ipv4(instance, prefix_delegation=False) == from_the_second
    assert allocatable_ipv4(instance) == with_prefixes


@given(instances, indexes)
def test_prefixes_are_sixteen_addresses_each_where_the_type_takes_them(
    instance: InstanceType, index: int
) -> None:
    single = allocatable_ipv4(instance, first_interface_index=index, prefix_delegation=False)
    factor = 16 if instance.nitro else 1
    assert allocatable_ipv4(instance, first_interface_index=index) == factor * single


@given(instances, indexes)
def test_an_interface_more_to_skip_never_adds_addresses(instance: InstanceType, index: int) -> None:
    skipping = allocatable_ipv4(instance, first_interface_index=index + 1)
    assert 0 <= skipping <= allocatable_ipv4(instance, first_interface_index=index)


@given(instances, indexes)
def test_a_larger_type_never_has_fewer_addresses(instance: InstanceType, index: int) -> None:
    here = allocatable_ipv4(instance, first_interface_index=index)
    for larger in (
        replace(instance, enis=instance.enis + 1),
        replace(instance, ipv4_per_eni=instance.ipv4_per_eni + 1),
    ):
        assert allocatable_ipv4(larger, first_interface_index=index) >= here


def test_bare_metal_has_prefixes_but_for_cilium_112() -> None:
    metal = find("m5.metal")
    assert allocatable_ipv4(metal) == 14 * 49 * 16
    assert allocatable_ipv4(metal, bare_metal_prefixes=False) == 14 * 49
    assert max_pods([metal], bare_metal_prefixes=False, prefix_delegation=True) == 250


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
    assert max_pods([find(name)], prefix_delegation=prefixes) == pods


@given(st.lists(instances, min_size=1, max_size=4), indexes, st.booleans())
def test_pods_never_exceed_the_cap_or_the_addresses_of_any_type(
    group: list[InstanceType], index: int, prefixes: bool
) -> None:
    pods = max_pods(group, first_interface_index=index, prefix_delegation=prefixes)
    agent = 1
    for instance in group:
        addresses = allocatable_ipv4(instance, first_interface_index=index, prefix_delegation=prefixes)
        assert pods <= pod_cap(instance)
        assert pods - agent <= max(0, addresses - AGENT_ADDRESSES)


@given(st.lists(instances, min_size=2, max_size=4))
def test_a_group_carries_what_its_least_type_carries(group: list[InstanceType]) -> None:
    assert max_pods(group) == min(max_pods([instance]) for instance in group)


@given(instances, st.integers(0, 5))
def test_another_pod_in_the_host_network_adds_one_at_most(instance: InstanceType, count: int) -> None:
    fewer = max_pods([instance], host_network_pods=count)
    assert fewer <= max_pods([instance], host_network_pods=count + 1) <= fewer + 1


@given(st.sampled_from(sorted(known())))
def test_every_real_type_gets_a_number_the_kubelet_accepts(name: str) -> None:
    assert 1 <= max_pods([find(name)]) <= 250


def test_a_group_without_types_is_refused() -> None:
    with pytest.raises(InputError, match="instance_types: must name at least one instance type"):
        max_pods([])


def test_the_pods_in_the_host_network_are_the_agent_and_what_is_switched_on() -> None:
    assert host_network_pods_per_node() == 1
    assert host_network_pods_per_node(kube_proxy=True, envoy=True) == 3
    assert host_network_pods_per_node(kube_proxy=True, envoy=True, pod_identity_agent=True) == 4


def test_the_ingress_controller_costs_a_pod_where_addresses_and_not_the_cap_bind() -> None:
    assert agent_addresses_per_node() == AGENT_ADDRESSES
    with_ingress = agent_addresses_per_node(ingress=True)
    assert max_pods([find("t3.small")], agent_addresses=with_ingress) == 94
    assert max_pods([find("m5.large")], agent_addresses=with_ingress) == 110


@pytest.mark.parametrize(("most", "prefixes", "addresses"), [(20, True, 32), (32, True, 32), (17, False, 17)])
def test_max_allocate_bounds_a_node_in_whole_prefixes(most: int, prefixes: bool, addresses: int) -> None:
    instance = find("m5.large")
    assert allocatable_ipv4(instance, prefix_delegation=prefixes, max_allocate=most) == addresses
    pods = addresses - AGENT_ADDRESSES + 1
    assert max_pods([instance], prefix_delegation=prefixes, max_allocate=most) == pods


def test_max_allocate_beyond_the_type_adds_nothing() -> None:
    assert allocatable_ipv4(find("t3.small"), max_allocate=1000) == 96
