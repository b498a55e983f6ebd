"""Edge cases of the checks of nodes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cdk_eks_cilium.doctor.checks.nodes.agents_run_one_release import agents_run_one_release
from cdk_eks_cilium.doctor.checks.nodes.cilium_node_of_each_node import cilium_node_of_each_node
from cdk_eks_cilium.doctor.checks.nodes.kernel_new_enough import kernel_new_enough
from cdk_eks_cilium.doctor.checks.nodes.max_pods_addressable import max_pods_addressable
from cdk_eks_cilium.doctor.checks.nodes.max_pods_as_planned import max_pods_as_planned
from cdk_eks_cilium.doctor.checks.nodes.nodes_ready import nodes_ready
from cdk_eks_cilium.doctor.engine import aws_kinds, kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.checks.judging import judged, summaries
from tests.unit.doctor.facts import NODES
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.addresses import set_option
from tests.unit.doctor.mutations.nodes import (
    FIRST,
    condition,
    no_cni,
    node,
)
from tests.unit.doctor.world import World

YOUNG = "2026-11-30T11:57:00Z"


def young(world: World) -> None:
    node(world)["metadata"]["creationTimestamp"] = YOUNG
    condition(world, lastTransitionTime=YOUNG)


# nodes-ready


def test_a_young_node_may_still_start() -> None:
    world = healthy()
    no_cni(world)
    young(world)
    result = judged(nodes_ready, world)
    assert result.verdict is Verdict.WARNING
    assert "look again first" in result.findings[0].fix


def test_a_node_without_an_agent_has_that_as_its_reason() -> None:
    world = healthy()
    no_cni(world)
    world.remove(kinds.PODS, "cilium-0")
    assert summaries(judged(nodes_ready, world)) == [
        "error: 1 node of 3 not Ready: no agent of Cilium is there"
    ]


def test_a_node_that_waits_for_addresses_is_the_business_of_another_check() -> None:
    world = healthy()
    no_cni(world)
    world.one(kinds.CILIUM_NODES, FIRST)["status"]["eni"] = {}
    assert judged(nodes_ready, world).detail == f"3 nodes, without {FIRST}"
    world.unread[kinds.CILIUM_NODES] = "forbidden"
    assert judged(nodes_ready, world).verdict is Verdict.ERROR


def test_nodes_with_one_reason_are_one_finding() -> None:
    world = healthy()
    for name, *_ in NODES:
        condition(world, name, status="Unknown", reason="NodeStatusUnknown")
    (finding,) = judged(nodes_ready, world).findings
    assert len(finding.evidence) == 3


def test_nodes_of_fargate_of_windows_and_on_their_way_out_are_not_ciliums() -> None:
    world = healthy()
    for name, *_ in NODES:
        condition(world, name, status="False")
    node(world, NODES[0][0])["metadata"]["labels"]["eks.amazonaws.com/compute-type"] = "fargate"
    node(world, NODES[1][0])["metadata"]["labels"]["kubernetes.io/os"] = "windows"
    node(world, NODES[2][0])["metadata"]["deletionTimestamp"] = YOUNG
    assert judged(nodes_ready, world).detail == "0 nodes"


def test_pods_that_cannot_be_read_matter_only_where_a_node_is_not_ready() -> None:
    world = healthy()
    world.unread[kinds.PODS] = "forbidden"
    assert judged(nodes_ready, world).verdict is Verdict.OK
    no_cni(world)
    assert judged(nodes_ready, world).unknown == ("forbidden",)


# max pods


def test_max_pods_as_planned_needs_settings() -> None:
    world = healthy()
    world.planned(groups=None)
    result = judged(max_pods_as_planned, world)
    assert (result.verdict, result.detail) == (Verdict.SKIPPED, "needs settings that say: groups")


def test_groups_of_the_same_types_are_told_apart_by_name_and_labels() -> None:
    world = healthy()
    assert world.plan.groups is not None
    (workers,) = world.plan.groups
    world.planned(groups=(workers, replace(workers, name="batch", max_pods=29)))
    node(world)["metadata"]["labels"]["eks.amazonaws.com/nodegroup"] = "platform-Batch-Nodegroup1A-xyz"
    result = judged(max_pods_as_planned, world)
    assert [each.object for each in result.findings[0].evidence] == [f"Node {FIRST}"]
    assert result.findings[0].evidence[0].expected == "29"


def test_a_node_that_no_group_fits_is_not_judged() -> None:
    world = healthy()
    for name, *_ in NODES:
        del node(world, name)["metadata"]["labels"]["eks.amazonaws.com/nodegroup"]
        node(world, name)["status"]["allocatable"]["pods"] = "7"
    assert judged(max_pods_as_planned, world).detail == "0 nodes"


def test_the_table_of_types_helps_without_credentials() -> None:
    world = healthy()
    world.unread[aws_kinds.INSTANCE_TYPES] = "no credentials"
    set_option(world, "aws-enable-prefix-delegation", "false")
    assert summaries(judged(max_pods_addressable, world)) == [
        "error: 3 nodes of 3 with more pods than addresses"
    ]


def test_a_type_that_nobody_knows_is_unknown() -> None:
    world = healthy()
    world.things[aws_kinds.INSTANCE_TYPES] = []
    for each in world.all(kinds.CILIUM_NODES):
        each["spec"]["eni"]["instance-type"] = "z99.large"
    result = judged(max_pods_addressable, world)
    assert result.unknown == ("how many addresses these types can have: z99.large",)


def test_pods_of_the_hosts_network_need_no_address() -> None:
    # m6i.large without prefixes: 18 addresses, two of them Cilium's, and three pods of the host's network.
    world = healthy()
    set_option(world, "aws-enable-prefix-delegation", "false")
    for each, pods in zip(world.all(kinds.NODES), ("19", "20", "18"), strict=True):
        each["status"]["allocatable"]["pods"] = pods
    result = judged(max_pods_addressable, world)
    assert [each.object for each in result.findings[0].evidence] == [f"Node {NODES[1][0]}"]


@pytest.mark.parametrize(
    ("eni", "ipam"),
    [
        ({"disable-prefix-delegation": True}, {}),
        ({}, {"max-allocate": 32}),
        ({"first-interface-index": 3}, {}),
    ],
    ids=["prefixes off for the node", "max-allocate", "no interface left"],
)
def test_the_cilium_node_limits_addresses_too(eni: dict[str, object], ipam: dict[str, object]) -> None:
    world = healthy()
    found = world.one(kinds.CILIUM_NODES, FIRST)
    found["spec"]["eni"].update(eni)
    found["spec"]["ipam"].update(ipam)
    assert len(judged(max_pods_addressable, world).findings[0].evidence) == 1


def test_a_node_with_too_many_pods_is_left_to_the_check_of_addresses() -> None:
    world = healthy()
    set_option(world, "aws-enable-prefix-delegation", "false")
    node(world)["status"]["allocatable"]["pods"] = "58"
    assert judged(max_pods_as_planned, world).verdict is Verdict.OK
    assert judged(max_pods_addressable, world).verdict is Verdict.ERROR


# CiliumNodes


def test_before_the_first_operator_there_are_no_cilium_nodes() -> None:
    world = healthy()
    del world.things[kinds.CILIUM_NODES]
    (reason,) = judged(cilium_node_of_each_node, world).unknown
    assert reason == "the API does not know CiliumNodes: no operator of Cilium has run yet"


def test_a_young_node_may_lack_its_cilium_node() -> None:
    world = healthy()
    world.remove(kinds.CILIUM_NODES, FIRST)
    young(world)
    assert judged(cilium_node_of_each_node, world).verdict is Verdict.OK


# agents and kernels


def test_agents_of_two_templates_are_found_before_images_are_known() -> None:
    world = healthy()
    for number, revision in enumerate(("7f", "7f", "5c")):
        world.one(kinds.PODS, f"cilium-{number}")["metadata"]["labels"]["controller-revision-hash"] = revision
    assert summaries(judged(agents_run_one_release, world)) == [
        "warning: agents of 2 templates: 2 of 7f, 1 of 5c"
    ]


def _changed(world: World, time: str) -> None:
    fields = [{"manager": "helm", "time": time, "fieldsV1": {"f:data": {}}}]
    world.one(kinds.KUBE_SYSTEM_CONFIG_MAPS, "cilium-config")["metadata"]["managedFields"] = fields


def test_an_agent_that_has_restarted_since_knows_the_change() -> None:
    world = healthy()
    _changed(world, "2026-11-20T10:00:00Z")
    for number in range(3):
        world.one(kinds.PODS, f"cilium-{number}")["status"]["containerStatuses"] = [
            {"name": "cilium-agent", "state": {"running": {"startedAt": "2026-11-20T10:05:00Z"}}}
        ]
    assert judged(agents_run_one_release, world).verdict is Verdict.OK


def test_a_checksum_restarts_agents_so_that_a_newer_configuration_means_nothing() -> None:
    world = healthy()
    _changed(world, "2026-11-20T10:00:00Z")
    template = world.one(kinds.DAEMON_SETS, "cilium")["spec"]["template"]
    template["metadata"]["annotations"] = {"cilium.io/cilium-configmap-checksum": "0a1b"}
    assert judged(agents_run_one_release, world).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("release", "kernel", "verdict"),
    [
        ("1.12.19", "4.14.355", Verdict.OK),
        ("1.13.18", "4.14.355", Verdict.ERROR),
        ("1.17.18", "5.4.254", Verdict.OK),
        ("1.18.12", "5.4.254", Verdict.ERROR),
        ("1.20.0", "5.10.0-1", Verdict.OK),
        ("1.20.0", "unknown", Verdict.OK),
    ],
)
def test_each_minor_has_its_least_kernel(release: str, kernel: str, verdict: Verdict) -> None:
    world = healthy()
    agent = world.one(kinds.DAEMON_SETS, "cilium")["spec"]["template"]["spec"]["containers"][0]
    agent["image"] = f"quay.io/cilium/cilium:v{release}@sha256:0a1b"
    node(world)["status"]["nodeInfo"]["kernelVersion"] = kernel
    assert judged(kernel_new_enough, world).verdict is verdict


def test_ebpf_masquerading_on_arm64_is_a_known_fault_from_1_20() -> None:
    world = healthy()
    node(world)["status"]["nodeInfo"]["architecture"] = "arm64"
    set_option(world, "enable-bpf-masquerade", "true")
    assert judged(kernel_new_enough, world).verdict is Verdict.OK
    agent = world.one(kinds.DAEMON_SETS, "cilium")["spec"]["template"]["spec"]["containers"][0]
    agent["image"] = "quay.io/cilium/cilium:v1.20.0"
    assert judged(kernel_new_enough, world).findings[0].fault == "ebpf-masquerade-on-arm64"


def test_a_release_that_no_image_tells_comes_from_settings_or_is_unknown() -> None:
    world = healthy()
    world.one(kinds.DAEMON_SETS, "cilium")["spec"]["template"]["spec"]["containers"][0]["image"] = (
        "cilium@sha256:0"
    )
    assert judged(kernel_new_enough, world).verdict is Verdict.OK
    world.planned(cilium=None)
    assert judged(kernel_new_enough, world).unknown == ("no image of the agents tells its release",)
