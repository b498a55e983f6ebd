"""Pod Security in kube-system."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.pods.pod_security import pod_security
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.world import result, thing


@pytest.mark.parametrize(
    ("level", "verdict"),
    [("privileged", Verdict.OK), ("baseline", Verdict.ERROR), ("restricted", Verdict.ERROR)],
)
def test_only_privileged_admits_agents(level: str, verdict: Verdict) -> None:
    world = healthy()
    labels = world.one(kinds.NAMESPACES, "kube-system")["metadata"]["labels"]
    labels["pod-security.kubernetes.io/enforce"] = level
    assert result(world, pod_security).verdict is verdict


def test_levels_that_only_warn_are_fine() -> None:
    world = healthy()
    labels = world.one(kinds.NAMESPACES, "kube-system")["metadata"]["labels"]
    labels |= {
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/audit": "baseline",
    }
    assert result(world, pod_security).verdict is Verdict.OK


def test_a_refusal_of_other_pods_is_not_about_cilium() -> None:
    world = healthy()
    event = thing(
        kinds.EVENTS,
        "logs.1",
        "logging",
        reason="FailedCreate",
        message='pods "logs" is forbidden: violates PodSecurity',
        involvedObject={"kind": "DaemonSet", "namespace": "logging", "name": "cilium"},
    )
    world.add(kinds.EVENTS, event)
    assert result(world, pod_security).verdict is Verdict.OK


def test_events_that_cannot_be_read_leave_the_label() -> None:
    world = healthy()
    world.unread[kinds.EVENTS] = "forbidden"
    assert result(world, pod_security).verdict is Verdict.OK
