"""Edge cases of the checks of pods' addresses."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.addresses.addresses_used_once import addresses_used_once
from cdk_eks_cilium.doctor.checks.addresses.pod_addresses_of_their_nodes import pod_addresses_of_their_nodes
from cdk_eks_cilium.doctor.checks.addresses.pods_get_addresses import pods_get_addresses
from cdk_eks_cilium.doctor.engine import aws_kinds, kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.checks.judging import judged, summaries
from tests.unit.doctor.facts import NODES
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.addresses import interface, sandbox_fails
from tests.unit.doctor.mutations.nodes import FIRST, no_cni
from tests.unit.doctor.world import World

EXHAUSTED = (
    'unable to allocate IP via local cilium agent: [POST /ipam][502] postIpamFailure "all CIDR ranges are '
    'exhausted"'
)


def pod(world: World, name: str = "web-0") -> dict[str, str]:
    found: dict[str, str] = world.one(kinds.PODS, name)["status"]
    return found


# pod-addresses-of-their-nodes


def test_an_address_of_another_node_names_that_node() -> None:
    world = healthy()
    pod(world)["podIP"] = "100.64.0.40"
    (finding,) = judged(pod_addresses_of_their_nodes, world).findings
    assert finding.evidence[0].expected == f"an address of {FIRST}, not of {NODES[1][0]}"


def test_an_address_outside_the_ranges_names_them() -> None:
    world = healthy()
    pod(world)["podIP"] = "192.168.7.7"
    (finding,) = judged(pod_addresses_of_their_nodes, world).findings
    assert finding.evidence[0].expected == f"an address of {FIRST} in 100.64.0.0/16"


def test_pods_that_are_over_of_the_host_or_of_ipv6_are_not_judged() -> None:
    world = healthy()
    pod(world)["phase"] = "Succeeded"
    pod(world)["podIP"] = "192.168.7.7"
    pod(world, "cilium-0")["podIP"] = "192.168.7.8"
    pod(world, "web-2")["podIP"] = "fd00::1"
    assert judged(pod_addresses_of_their_nodes, world).verdict is Verdict.OK


def test_a_pod_of_a_node_without_a_cilium_node_or_its_interfaces_is_not_judged() -> None:
    world = healthy()
    world.one(kinds.CILIUM_NODES, FIRST)["status"]["eni"] = {}
    assert judged(pod_addresses_of_their_nodes, world).verdict is Verdict.OK
    world.remove(kinds.CILIUM_NODES, FIRST)
    assert judged(pod_addresses_of_their_nodes, world).verdict is Verdict.OK


def test_an_address_of_an_interface_in_the_wrong_subnet_is_an_address_of_its_node() -> None:
    world = healthy()
    interface(world)["addresses"].append("10.0.1.99")
    pod(world)["podIP"] = "10.0.1.99"
    assert judged(pod_addresses_of_their_nodes, world).verdict is Verdict.OK


# addresses-used-once


def test_a_pod_with_the_address_of_a_router_is_found() -> None:
    world = healthy()
    pod(world)["podIP"] = "100.64.0.31"
    assert summaries(judged(addresses_used_once, world)) == ["error: 1 address in use twice"]


def test_the_end_of_a_job_may_have_had_the_same_address() -> None:
    world = healthy()
    pod(world)["podIP"] = pod(world, "coredns-0")["podIP"]
    pod(world)["phase"] = "Failed"
    assert judged(addresses_used_once, world).verdict is Verdict.OK


def test_a_prefix_on_two_nodes_is_one_finding() -> None:
    world = healthy()
    other = interface(world, 1)
    other["prefixes"].append("100.64.0.16/28")
    (finding,) = judged(addresses_used_once, world).findings
    assert [each.seen for each in finding.evidence] == ["100.64.0.16/28"] * 2


# pods-get-addresses


@pytest.mark.parametrize(
    ("message", "meaning"),
    [
        (EXHAUSTED, "their node has no free address in the ranges that its agent knows"),
        (
            'postIpamFailure "no IPs currently available on the node, allocation will be retried once Cilium '
            'Operator allocates more IPs"',
            "their node has no free address, and the operator has not given it more",
        ),
        (
            "unable to connect to Cilium agent: failed to create cilium agent client after 30.000000 seconds",
            "the agent of their node does not answer",
        ),
        (
            "unable to create endpoint: [PUT /endpoint/{id}][429] putEndpointIdTooManyRequests",
            "too many new pods",
        ),
        ("unable to create endpoint: Cilium API client timeout exceeded", "Cilium's CNI fails"),
    ],
)
def test_the_answer_of_the_cni_is_decoded(message: str, meaning: str) -> None:
    world = healthy()
    sandbox_fails(world, message)
    (summary,) = summaries(judged(pods_get_addresses, world))
    assert summary.startswith(f"error: 1 pod without an address on {FIRST}: ")
    assert meaning in summary


def test_pods_with_one_cause_are_one_finding() -> None:
    world = healthy()
    sandbox_fails(world, EXHAUSTED)
    sandbox_fails(world, EXHAUSTED, "web-2")
    (finding,) = judged(pods_get_addresses, world).findings
    assert len(finding.evidence) == 2


def test_an_event_of_a_pod_that_has_its_address_by_now_is_history() -> None:
    world = healthy()
    before = world.one(kinds.PODS, "web-0")["status"]
    sandbox_fails(world, EXHAUSTED)
    world.one(kinds.PODS, "web-0")["status"] = before
    assert judged(pods_get_addresses, world).verdict is Verdict.OK


def test_other_reasons_and_other_plugins_are_not_of_the_network() -> None:
    world = healthy()
    sandbox_fails(world, EXHAUSTED)
    world.all(kinds.EVENTS)[0]["message"] = "failed to mount volume"
    assert judged(pods_get_addresses, world).verdict is Verdict.OK


def test_nodes_that_other_checks_tell_of_are_left_to_them() -> None:
    world = healthy()
    sandbox_fails(world, EXHAUSTED)
    interface(world)["prefixes"].append("100.64.0.48/28")
    result = judged(pods_get_addresses, world)
    assert result.detail == "1 pod waiting, 1 event of nodes that other checks tell of"
    world = healthy()
    sandbox_fails(world, "unable to connect to Cilium agent")
    no_cni(world)
    assert judged(pods_get_addresses, world).verdict is Verdict.OK


def test_events_are_enough_where_cilium_nodes_cannot_be_read() -> None:
    world = healthy()
    sandbox_fails(world, EXHAUSTED)
    world.unread[kinds.CILIUM_NODES] = "forbidden"
    assert judged(pods_get_addresses, world).verdict is Verdict.ERROR


def test_events_that_cannot_be_read_are_unknown() -> None:
    world = healthy()
    world.unread[kinds.EVENTS] = "forbidden"
    assert judged(pods_get_addresses, world).unknown == ("forbidden",)


def test_ranges_come_from_subnets_where_settings_tell_none() -> None:
    world = healthy()
    world.planned(pod_ranges=None)
    world.unread[aws_kinds.SUBNETS] = "no credentials"
    pod(world)["podIP"] = "192.168.7.7"
    (finding,) = judged(pod_addresses_of_their_nodes, world).findings
    assert finding.evidence[0].expected == f"an address of {FIRST} in 100.64.0.0/18, 100.64.64.0/18"
