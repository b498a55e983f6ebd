"""Restarts of Cilium's pods."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.pods.agents_restart import agents_restart
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.changes import container
from tests.unit.doctor.mutations.pods import ended
from tests.unit.doctor.world import World, result


def test_restarts_of_long_ago_are_fine() -> None:
    world = healthy()
    container(world, "cilium-0", restartCount=12, lastState=ended("Error", "2026-11-28T09:00:00Z"))
    container(world, "cilium-1", restartCount=1, lastState=ended("OOMKilled", "2026-11-02T09:00:00Z"))
    assert result(world, agents_restart).verdict is Verdict.OK


def test_one_restart_is_fine() -> None:
    world = healthy()
    container(world, "cilium-0", restartCount=1, lastState=ended("Error"))
    assert result(world, agents_restart).verdict is Verdict.OK


@pytest.mark.parametrize("reason", ["ImagePullBackOff", "CreateContainerConfigError"])
def test_a_container_that_cannot_be_made_is_found(reason: str) -> None:
    world = healthy()
    container(world, "hubble-relay-0", state={"waiting": {"reason": reason, "message": "no such Secret"}})
    (finding,) = result(world, agents_restart).findings
    assert finding.evidence[0].seen == f"{reason}: no such Secret"


def test_containers_that_run_before_the_agent_count() -> None:
    world = healthy()
    pod = world.one(kinds.PODS, "cilium-2")
    crash = {"name": "mount-cgroup", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    pod["status"]["initContainerStatuses"] = [crash]
    (finding,) = result(world, agents_restart).findings
    assert finding.evidence[0].field == "status.containerStatuses[mount-cgroup]"


def test_an_agent_on_a_node_that_is_not_ready_is_for_another_check() -> None:
    world = healthy()
    container(world, "cilium-0", state={"waiting": {"reason": "CrashLoopBackOff"}})
    world.all(kinds.NODES)[0]["status"]["conditions"][0]["status"] = "False"
    assert result(world, agents_restart).verdict is Verdict.OK


def test_pods_of_others_do_not_count() -> None:
    world: World = healthy()
    container(world, "coredns-0", state={"waiting": {"reason": "CrashLoopBackOff"}})
    assert result(world, agents_restart).verdict is Verdict.OK
