"""The overview counts what there is, and says what it could not read."""

from __future__ import annotations

from dataclasses import replace

from cdk_eks_cilium.doctor.engine import aws_kinds, kinds
from cdk_eks_cilium.doctor.overview import overview
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.world import World, ready

AGENT = "quay.io/cilium/cilium:v1.19.6@sha256:5b2e"


def world() -> World:
    """The healthy world, whose agents say what they are."""
    found = healthy()
    for pod in found.things[kinds.PODS]:
        if pod["metadata"]["labels"].get("k8s-app") == "cilium":
            pod["status"]["containerStatuses"] = [{"name": "cilium-agent", "ready": True, "image": AGENT}]
    return found


def test_a_node_has_its_interfaces_prefixes_addresses_pods_and_agent() -> None:
    found = overview(world().seen())
    assert found.complete
    assert found.notes == ()
    node = found.nodes[0]
    assert (node.name, node.zone, node.group) == ("ip-10-0-1-10.ec2.internal", "eu-west-1a", "workers")
    assert (node.instance_type, node.image, node.ready) == ("m6i.large", "bottlerocket", True)
    assert (node.interfaces, node.pod_interfaces, node.prefixes, node.allocated, node.used) == (
        2,
        1,
        1,
        16,
        4,
    )
    assert (node.pods, node.max_pods) == (5, 110)
    assert (node.agent, node.state, node.is_well) == ("1.19.6", "ready", True)


def test_subnets_have_their_free_blocks() -> None:
    rooms = overview(world().seen()).subnets
    assert [(each.id, each.blocks, each.prefixes, each.free) for each in rooms] == [
        ("subnet-pa", 1022, 2, 1020),
        ("subnet-pb", 1022, 1, 1021),
    ]


def test_agents_from_1_20_on_have_addresses_in_pools_and_used_ones_are_pods() -> None:
    changed = world()
    for node in changed.all(kinds.CILIUM_NODES):
        prefix = next(
            each["prefixes"][0] for each in node["status"]["eni"]["enis"].values() if "prefixes" in each
        )
        node["spec"]["ipam"] = {"pools": {"allocated": [{"pool": "default", "cidrs": [prefix]}]}}
        node["status"]["ipam"] = {}
    node_line = overview(changed.seen()).nodes[0]
    assert (node_line.allocated, node_line.used) == (16, 2)


def test_an_agent_that_is_not_ready_says_why() -> None:
    changed = world()
    pod = changed.one(kinds.PODS, "cilium-0")
    pod["status"]["conditions"] = ready(False)
    pod["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
    line = overview(changed.seen()).nodes[0]
    assert (line.state, line.is_well) == ("CrashLoopBackOff", False)


def test_a_node_without_an_agent_or_a_cilium_node_is_still_there() -> None:
    changed = world()
    name = "ip-10-0-1-10.ec2.internal"
    changed.things[kinds.PODS] = [
        each for each in changed.all(kinds.PODS) if each["metadata"]["name"] != "cilium-0"
    ]
    changed.things[kinds.CILIUM_NODES] = changed.all(kinds.CILIUM_NODES)[1:]
    line = next(each for each in overview(changed.seen()).nodes if each.name == name)
    assert (line.state, line.interfaces, line.prefixes, line.used) == ("missing", None, None, None)


def test_reservations_that_were_not_read_are_a_note_beside_the_subnets() -> None:
    changed = world()
    changed.unread = {aws_kinds.SUBNET_RESERVATIONS: "not allowed"}
    found = overview(changed.seen())
    assert found.complete
    assert found.notes == ("CIDR reservations were not read: not allowed",)
    assert found.subnets == overview(world().seen()).subnets


def test_what_cannot_be_read_is_a_note_and_hides_nothing_else() -> None:
    changed = world()
    changed.unread = {kinds.PODS: "not allowed to list pods", aws_kinds.SUBNETS: "AWS needs credentials"}
    found = overview(changed.seen())
    assert not found.complete
    assert found.notes == ("not allowed to list pods", "AWS needs credentials")
    assert found.subnets == ()
    line = found.nodes[0]
    assert (line.pods, line.agent, line.state, line.prefixes) == (None, "", "", 1)
    assert replace(line, ready=False).is_well is False
