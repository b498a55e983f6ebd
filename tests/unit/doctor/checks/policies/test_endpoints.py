"""Endpoints that are stuck, busy or left over."""

from __future__ import annotations

from cdk_eks_cilium.doctor.checks.policies.endpoints_ready import endpoints_ready
from cdk_eks_cilium.doctor.checks.policies.stale_endpoints import stale_endpoints
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.world import result, thing


def test_a_pod_that_just_started_may_wait() -> None:
    world = healthy()
    world.one(kinds.CILIUM_ENDPOINTS, "web-0")["status"]["state"] = "waiting-for-identity"
    world.one(kinds.PODS, "web-0")["status"]["startTime"] = "2026-11-30T11:59:00Z"
    assert result(world, endpoints_ready).verdict is Verdict.OK


def test_a_few_busy_endpoints_are_fine() -> None:
    world = healthy()
    for each in world.all(kinds.CILIUM_ENDPOINTS):
        each["status"]["state"] = "regenerating"
    assert result(world, endpoints_ready).verdict is Verdict.OK


def test_an_endpoint_without_a_state_is_fine() -> None:
    world = healthy()
    del world.one(kinds.CILIUM_ENDPOINTS, "web-0")["status"]
    assert result(world, endpoints_ready).detail == "5 of 6 endpoints ready"


def test_a_young_endpoint_may_wait_for_the_collector() -> None:
    world = healthy()
    young = {"creationTimestamp": "2026-11-30T11:50:00Z"}
    world.add(kinds.CILIUM_ENDPOINTS, thing(kinds.CILIUM_ENDPOINTS, "web-old", "team-a", metadata=young))
    assert result(world, stale_endpoints).verdict is Verdict.OK


def test_a_pod_of_the_host_network_has_no_endpoint() -> None:
    world = healthy()
    world.one(kinds.PODS, "web-0")["spec"]["hostNetwork"] = True
    (finding,) = result(world, stale_endpoints).findings
    assert finding.evidence[0].object == "CiliumEndpoint team-a/web-0"
