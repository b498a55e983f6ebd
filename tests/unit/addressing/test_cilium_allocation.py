"""Max pods and the plan, against a model of Cilium's allocator."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.addressing import (
    InstanceType,
    NodeAddressing,
    PlannedGroup,
    PodSubnet,
    find,
    plan,
)
from cdk_eks_cilium.addressing.node_take import idle_take, node_take
from tests.unit.addressing.cilium_allocator import Node, Subnet

instances = st.builds(
    InstanceType,
    name=st.just("made.up"),
    enis=st.integers(2, 6),
    ipv4_per_eni=st.integers(2, 15),
    nitro=st.booleans(),
    vcpus=st.sampled_from([2, 48]),
    architecture=st.just("x86_64"),
)
knobs = st.builds(
    NodeAddressing,
    first_interface_index=st.integers(0, 2),
    pre_allocate=st.none() | st.integers(1, 40),
    min_allocate=st.none() | st.integers(0, 60),
    max_allocate=st.none() | st.integers(61, 200),
    agent_addresses=st.integers(2, 3),
)


def node_of(instance: InstanceType, addressing: NodeAddressing, *, primary: bool = False) -> Node:
    return Node(
        adapters=instance.enis,
        ipv4=instance.ipv4_per_eni,
        nitro=instance.nitro and addressing.prefix_delegation,
        first_index=addressing.first_interface_index,
        watermark=addressing.pre_allocate,
        least=addressing.min_allocate or 0,
        most=addressing.max_allocate,
        primary=primary,
    )


def fill(node: Node) -> int:
    """Take addresses until nothing is left; return how many the node had."""
    subnets = [Subnet("100.64.0.0/16")]
    node.settle(subnets)
    while node.used < node.available:
        node.used += 1
        node.settle(subnets)
    return node.used


@pytest.mark.parametrize(
    ("name", "index", "prefixes", "addresses"),
    [
        ("t3.small", 0, False, 9),
        ("t3.small", 1, False, 6),
        ("t3.medium", 1, True, 160),
        ("m5.large", 1, False, 18),
        ("m5.large", 1, True, 288),
        ("c7i.xlarge", 1, True, 672),
    ],
)
def test_the_model_allocates_what_cilium_is_known_to(
    name: str, index: int, prefixes: bool, addresses: int
) -> None:
    addressing = NodeAddressing(first_interface_index=index, prefix_delegation=prefixes)
    assert fill(node_of(find(name), addressing)) == addresses


def test_the_model_starts_with_one_prefix_and_takes_a_second_once_fewer_than_eight_are_free() -> None:
    node, subnets = node_of(find("m5.large"), NodeAddressing()), [Subnet("100.64.0.0/20")]
    node.boot(subnets, agents=2)
    assert (node.prefixes, len(node.interfaces)) == (1, 1)
    node.trickle(subnets, 6, 0)
    assert node.prefixes == 1
    node.trickle(subnets, 1, 0)
    assert node.prefixes == 2


def test_the_model_falls_back_to_single_addresses_for_good_where_no_28_is_free() -> None:
    subnet = Subnet("100.64.0.0/24")
    while subnet.free.count(16) > 1:
        subnet.assign_prefix()
    node = node_of(find("m5.large"), NodeAddressing())
    node.boot([subnet], agents=2)
    assert (node.prefixes, node.singles > 0, node.delegated) == (0, True, False)


@given(instances, knobs)
def test_a_node_can_have_as_many_addresses_as_cilium_allocates(
    instance: InstanceType, addressing: NodeAddressing
) -> None:
    assert fill(node_of(instance, addressing)) == addressing.allocatable_ipv4(instance)


@given(instances.map(lambda each: replace(each, nitro=False)), st.integers(0, 2))
def test_primary_addresses_for_pods_never_give_a_node_fewer_than_promised(
    instance: InstanceType, index: int
) -> None:
    addressing = NodeAddressing(first_interface_index=index)
    assert fill(node_of(instance, addressing, primary=True)) >= addressing.allocatable_ipv4(instance)


@given(instances, knobs, st.booleans())
def test_every_pod_that_the_kubelet_admits_gets_an_address(
    instance: InstanceType, addressing: NodeAddressing, at_once: bool
) -> None:
    node, subnets = node_of(instance, addressing), [Subnet("100.64.0.0/16")]
    pods = addressing.pods(instance)
    assume(instance.enis > addressing.first_interface_index)
    node.boot(subnets, addressing.agent_addresses)
    arrive = node.burst if at_once else node.trickle
    assert arrive(subnets, pods, 1) == 0


@given(instances, knobs, st.data(), st.booleans())
def test_a_node_never_takes_more_than_planned(
    instance: InstanceType, addressing: NodeAddressing, data: st.DataObject, at_once: bool
) -> None:
    pods = data.draw(st.integers(0, addressing.pods(instance)))
    node, subnets = node_of(instance, addressing), [Subnet("100.64.0.0/16")]
    node.boot(subnets, addressing.agent_addresses)
    idle = idle_take(instance, addressing)
    assert node.prefixes <= idle.prefixes
    assert node.singles <= idle.singles
    assert len(node.interfaces) <= idle.interfaces
    (node.burst if at_once else node.trickle)(subnets, pods, 1)
    take = node_take(instance, addressing, pods)
    assert node.prefixes <= take.prefixes
    assert node.singles <= take.singles
    assert len(node.interfaces) <= take.interfaces


@pytest.mark.parametrize(("pods", "prefixes"), [(5, 1), (8, 2), (23, 3), (110, 8)])
def test_the_plan_of_a_node_is_no_larger_than_what_it_comes_to_take(pods: int, prefixes: int) -> None:
    node, subnets = node_of(find("m5.large"), NodeAddressing()), [Subnet("100.64.0.0/16")]
    node.boot(subnets, 2)
    node.burst(subnets, pods, 1)
    assert node.prefixes == node_take(find("m5.large"), NodeAddressing(), pods).prefixes == prefixes


def test_a_burst_on_small_interfaces_takes_more_than_its_pods_need() -> None:
    # 110 pods need 8 prefixes, but after 5 and 1 on a new interface the third round asks for all 110 again.
    node, subnets = node_of(find("t3.medium"), NodeAddressing()), [Subnet("100.64.0.0/16")]
    node.boot(subnets, 2)
    node.burst(subnets, 110, 1)
    assert node.prefixes == node_take(find("t3.medium"), NodeAddressing(), 110).prefixes == 10


def test_a_burst_of_single_addresses_fills_one_interface_and_then_asks_for_all_again() -> None:
    instance = InstanceType("made.up", 4, 5, False, 2, "x86_64")
    addressing = NodeAddressing(first_interface_index=0)
    node, subnets = node_of(instance, addressing), [Subnet("100.64.0.0/16")]
    node.boot(subnets, 2)
    node.burst(subnets, 4, 1)
    assert node.singles == node_take(instance, addressing, 4).singles == 16


def test_idle_nodes_all_go_to_the_larger_of_two_subnets_and_the_plan_refuses_them() -> None:
    cidrs = ["100.64.0.0/21", "100.65.0.0/22"]
    subnets = [Subnet(cidr) for cidr in cidrs]
    nodes = [node_of(find("m5.large"), NodeAddressing()) for _ in range(18)]
    for node in nodes:
        node.boot(subnets, 2)
    for node in nodes:
        node.burst(subnets, 110, 1)
    assert any(node.singles for node in nodes)
    group = PlannedGroup(name="workers", instance_types=("m5.large",), min_size=0, max_size=18)
    assert not plan([PodSubnet("a", cidr) for cidr in cidrs], [group]).fits


@settings(deadline=None)
@given(
    st.lists(st.integers(22, 26), min_size=1, max_size=3),
    st.integers(1, 40),
    st.sampled_from(["m5.large", "t3.small", "t3.micro", "c5.xlarge"]),
    st.integers(1, 60),
    st.booleans(),
    st.booleans(),
)
def test_a_plan_that_fits_gives_every_pod_an_address_out_of_a_prefix_wherever_ec2_puts_interfaces(
    lengths: list[int], size: int, name: str, pods: int, start_all_first: bool, at_once: bool
) -> None:
    cidrs = [f"100.64.{16 * at}.0/{length}" for at, length in enumerate(lengths)]
    group = PlannedGroup(
        name="workers", instance_types=(name,), min_size=0, max_size=size, pods_per_node=pods
    )
    planned = plan([PodSubnet("a", cidr) for cidr in cidrs], [group])
    assume(planned.fits)
    pods = planned.groups[0].pods_per_node
    subnets = [Subnet(cidr) for cidr in cidrs]
    nodes = [node_of(find(name), planned.addressing) for _ in range(size)]
    if start_all_first:
        for node in nodes:
            node.boot(subnets, 2)
    for node in nodes:
        if not start_all_first:
            node.boot(subnets, 2)
        assert (node.burst if at_once else node.trickle)(subnets, pods, 1) == 0
        assert node.singles == 0
