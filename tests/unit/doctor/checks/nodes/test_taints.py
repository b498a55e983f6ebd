"""Edge cases of the checks of Cilium's taint."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.nodes.agent_taint_removed import agent_taint_removed
from cdk_eks_cilium.doctor.checks.nodes.autoscaler_knows_the_taint import autoscaler_knows_the_taint
from cdk_eks_cilium.doctor.checks.nodes.groups_start_tainted import groups_start_tainted
from cdk_eks_cilium.doctor.checks.nodes.karpenter_knows_the_taint import karpenter_knows_the_taint
from cdk_eks_cilium.doctor.engine import aws_kinds, kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from cdk_eks_cilium.doctor.engine.examine import examine
from cdk_eks_cilium.doctor.engine.reader import NotAskedError, Read, UnreadError
from cdk_eks_cilium.doctor.engine.readings import Reading
from cdk_eks_cilium.doctor.engine.seen import Seen
from tests.unit.doctor.checks.judging import judged
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.addresses import set_option
from tests.unit.doctor.mutations.nodes import (
    FIRST,
    TAINT,
    autoscaler,
    condition,
    node,
    node_pool,
)

YOUNG = "2026-11-30T11:57:00Z"


def test_a_node_that_has_just_become_ready_may_keep_the_taint() -> None:
    world = healthy()
    node(world)["spec"]["taints"] = [TAINT]
    node(world)["metadata"]["creationTimestamp"] = YOUNG
    condition(world, lastTransitionTime=YOUNG)
    assert judged(agent_taint_removed, world).verdict is Verdict.OK


def test_a_taint_of_another_key_than_configured_is_found() -> None:
    world = healthy()
    node(world)["spec"]["taints"] = [TAINT]
    set_option(world, "agent-not-ready-taint-key", "ignore-taint.cluster-autoscaler.kubernetes.io/cilium")
    (finding,) = judged(agent_taint_removed, world).findings
    assert f"kubectl taint node {FIRST} node.cilium.io/agent-not-ready-" in finding.fix
    assert finding.evidence[-1].field == "agent-not-ready-taint-key"


def test_an_operator_that_may_not_remove_taints_is_part_of_the_evidence() -> None:
    world = healthy()
    node(world)["spec"]["taints"] = [TAINT]
    set_option(world, "remove-cilium-node-taints", "false")
    assert judged(agent_taint_removed, world).findings[0].evidence[-1].field == "remove-cilium-node-taints"


def test_without_cilium_config_the_taint_is_unknown() -> None:
    world = healthy()
    world.all(kinds.KUBE_SYSTEM_CONFIG_MAPS).clear()
    assert judged(agent_taint_removed, world).unknown == ("ConfigMap kube-system/cilium-config is missing",)


def test_without_settings_eks_tells_of_groups() -> None:
    world = healthy()
    world.planned(groups=None)
    group = world.all(aws_kinds.NODE_GROUPS)[0]
    assert "only their boot data can tell: workers" in judged(groups_start_tainted, world).detail
    del group["launchTemplate"]
    assert judged(groups_start_tainted, world).verdict is Verdict.WARNING
    group["taints"] = [{"key": "node.cilium.io/agent-not-ready", "value": "true", "effect": "NO_EXECUTE"}]
    assert judged(groups_start_tainted, world).verdict is Verdict.OK


def test_without_settings_and_credentials_groups_are_unknown() -> None:
    world = healthy()
    world.planned(groups=None)
    world.unread[aws_kinds.NODE_GROUPS] = "no credentials"
    assert judged(groups_start_tainted, world).unknown == (
        "neither settings nor EKS tell of node groups: no credentials",
    )


def test_groups_that_nobody_was_asked_about_are_skipped() -> None:
    world = healthy()
    world.planned(groups=None)
    without_aws: dict[Reading, Read | UnreadError] = {
        aws_kinds.NODE_GROUPS: NotAskedError("AWS is not among what is read here")
    }
    (found,) = examine([groups_start_tainted], Seen(world, world.plan, read=without_aws)).results
    assert found.verdict is Verdict.SKIPPED
    assert found.detail == (
        "neither settings nor EKS were asked about node groups: AWS is not among what is read here"
    )


def test_karpenter_with_the_startup_taint_is_fine() -> None:
    world = healthy()
    world.add(kinds.NODE_POOLS, node_pool(startupTaints=[TAINT]))
    assert judged(karpenter_knows_the_taint, world).detail == "1 NodePool"


@pytest.mark.parametrize(
    "command",
    [
        ("--startup-taint=node.cilium.io/agent-not-ready",),
        ("--ignore-taint=node.cilium.io/agent-not-ready",),
        ("--startup-taint", "node.cilium.io/agent-not-ready"),
        ("-c", "./cluster-autoscaler --v=4 --startup-taint=node.cilium.io/agent-not-ready"),
    ],
)
def test_each_form_of_the_autoscalers_flag_counts(command: tuple[str, ...]) -> None:
    world = healthy()
    world.add(kinds.DEPLOYMENTS, autoscaler(*command))
    assert judged(autoscaler_knows_the_taint, world).verdict is Verdict.OK


def test_a_taint_whose_key_says_so_needs_no_flag() -> None:
    world = healthy()
    world.add(kinds.DEPLOYMENTS, autoscaler())
    set_option(world, "agent-not-ready-taint-key", "startup-taint.cluster-autoscaler.kubernetes.io/cilium")
    assert judged(autoscaler_knows_the_taint, world).verdict is Verdict.OK
