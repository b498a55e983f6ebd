"""Agents and operator, while a rollout is under way and after."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.release.agents_rolled_out import agents_rolled_out
from cdk_eks_cilium.doctor.checks.release.operator_suits_agents import operator_suits_agents
from cdk_eks_cilium.doctor.checks.release.planned_release import planned_release
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.changes import configure, container, deployment, image
from tests.unit.doctor.world import Thing, World, result


def agents(world: World) -> Thing:
    return world.one(kinds.DAEMON_SETS, "cilium")


def test_a_cluster_without_the_daemon_set_has_no_cilium() -> None:
    world = healthy()
    world.remove(kinds.DAEMON_SETS, "cilium")
    (finding,) = result(world, agents_rolled_out).findings
    assert finding.summary == "Cilium is not installed"


def test_a_status_leaves_out_what_is_0() -> None:
    world = healthy()
    agents(world)["status"] = {"desiredNumberScheduled": 3, "observedGeneration": 1}
    (finding,) = result(world, agents_rolled_out).findings
    assert [each.seen for each in finding.evidence] == ["0", "0", "0"]


def test_agents_that_are_kept_off_every_node_are_found() -> None:
    world = healthy()
    agents(world)["status"] = {"observedGeneration": 1}
    (finding,) = result(world, agents_rolled_out).findings
    assert str(finding.evidence[0]).endswith("status.desiredNumberScheduled is 0, expected 3")
    world.all(kinds.NODES).clear()
    assert result(world, agents_rolled_out).verdict is Verdict.OK


def test_with_updates_by_hand_older_agents_are_no_finding() -> None:
    world = healthy()
    agents(world)["spec"]["updateStrategy"] = {"type": "OnDelete"}
    agents(world)["status"]["updatedNumberScheduled"] = 0
    assert result(world, agents_rolled_out).verdict is Verdict.OK


def test_crashes_that_explain_what_is_missing_are_told_once() -> None:
    world = healthy()
    agents(world)["status"] |= {"numberReady": 2, "numberAvailable": 2}
    container(world, "cilium-1", state={"waiting": {"reason": "CrashLoopBackOff"}})
    assert result(world, agents_rolled_out).verdict is Verdict.SKIPPED
    agents(world)["status"] |= {"numberReady": 1, "numberAvailable": 1}
    assert result(world, agents_rolled_out).verdict is Verdict.ERROR


@pytest.mark.parametrize(
    "name",
    [
        "registry.example.com/mirror/cilium/operator-aws:v1.19.6@sha256:546d13ac",
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com/quay/cilium/operator-aws@sha256:546d13ac",
    ],
)
def test_a_mirrored_operator_is_the_one_for_aws(name: str) -> None:
    world = healthy()
    image(deployment(world, "cilium-operator"), name)
    assert result(world, operator_suits_agents).verdict is Verdict.OK


def test_without_eni_mode_any_operator_will_do() -> None:
    world = healthy()
    configure(world, ipam="cluster-pool")
    image(deployment(world, "cilium-operator"), "quay.io/cilium/operator-generic:v1.19.6")
    assert result(world, operator_suits_agents).verdict is Verdict.OK


def test_a_missing_operator_is_for_another_check() -> None:
    world = healthy()
    world.remove(kinds.DEPLOYMENTS, "cilium-operator")
    assert result(world, operator_suits_agents).verdict is Verdict.SKIPPED


def test_an_image_without_a_tag_does_not_tell_the_release() -> None:
    world = healthy()
    image(agents(world), "registry.example.com/cilium@sha256:0df5b275")
    assert "does not name a release" in result(world, planned_release).unknown[0]


def test_settings_without_a_release_plan_none() -> None:
    world = healthy()
    world.planned(cilium=None)
    assert result(world, planned_release).detail == "needs settings that say: cilium"
