"""Pods that Cilium does not know."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.pods.unmanaged_pods import unmanaged_pods
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.changes import configure
from tests.unit.doctor.world import Thing, World, owned, result


def unknown_pod() -> tuple[World, Thing]:
    """A cluster in which one pod has no endpoint."""
    world = healthy()
    world.remove(kinds.CILIUM_ENDPOINTS, "web-0")
    return world, world.one(kinds.PODS, "web-0")


@pytest.mark.parametrize(
    "status", [{"startTime": "2026-11-30T11:58:00Z"}, {"phase": "Succeeded"}, {"phase": "Pending"}]
)
def test_a_pod_that_just_started_or_ended_is_not_counted(status: dict[str, str]) -> None:
    world, pod = unknown_pod()
    pod["status"] |= status
    assert result(world, unmanaged_pods).verdict is Verdict.OK


def test_a_pod_that_goes_away_is_not_counted() -> None:
    world, pod = unknown_pod()
    pod["metadata"]["deletionTimestamp"] = "2026-11-30T11:59:00Z"
    assert result(world, unmanaged_pods).verdict is Verdict.OK


def test_pods_of_fargate_have_no_cilium() -> None:
    world, pod = unknown_pod()
    node = world.one(kinds.NODES, pod["spec"]["nodeName"])
    node["metadata"]["labels"]["eks.amazonaws.com/compute-type"] = "fargate"
    assert result(world, unmanaged_pods).verdict is Verdict.OK


def test_agents_that_make_no_endpoints_tell_nothing() -> None:
    world, _ = unknown_pod()
    configure(world, disable_endpoint_crd="true")
    assert result(world, unmanaged_pods).verdict is Verdict.SKIPPED


def test_without_the_kind_nobody_knows() -> None:
    world = healthy()
    del world.things[kinds.CILIUM_ENDPOINTS]
    assert result(world, unmanaged_pods).unknown == ("the kind CiliumEndpoint is not served",)


@pytest.mark.parametrize(
    ("owner", "command"),
    [
        (owned("ReplicaSet", "web-9a"), "rollout restart deployment/web"),
        (owned("StatefulSet", "db"), "rollout restart statefulset/db"),
        (owned("DaemonSet", "logs"), "rollout restart daemonset/logs"),
        (owned("Job", "load-1"), "delete pod web-0"),
        ([], "delete pod web-0"),
    ],
)
def test_the_fix_makes_the_pod_anew_by_its_controller(owner: list[Thing], command: str) -> None:
    world, pod = unknown_pod()
    pod["metadata"]["ownerReferences"] = owner
    (finding,) = result(world, unmanaged_pods).findings
    assert finding.fix.splitlines()[1] == f"kubectl --namespace team-a {command}"
