"""CoreDNS, on few nodes and under other names."""

from __future__ import annotations

from cdk_eks_cilium.doctor.checks.pods.coredns import coredns
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.world import result


def test_a_cluster_of_one_node_has_no_other() -> None:
    world = healthy()
    node = world.all(kinds.NODES)[0]["metadata"]["name"]
    del world.all(kinds.NODES)[1:]
    world.one(kinds.PODS, "coredns-1")["spec"]["nodeName"] = node
    assert result(world, coredns).detail == "the cluster has one node"


def test_a_deployment_of_another_name_is_judged_by_its_pods() -> None:
    world = healthy()
    world.remove(kinds.DEPLOYMENTS, "coredns")
    assert result(world, coredns).verdict is Verdict.OK


def test_a_pod_that_waits_is_for_other_checks() -> None:
    world = healthy()
    world.one(kinds.PODS, "coredns-1")["status"]["phase"] = "Pending"
    found = result(world, coredns)
    assert (found.verdict, found.detail) == (Verdict.OK, "1 pod of 2 on 1 node")


def test_a_pod_that_goes_away_does_not_count() -> None:
    world = healthy()
    for name in ("coredns-0", "coredns-1"):
        world.one(kinds.PODS, name)["metadata"]["deletionTimestamp"] = "2026-11-30T11:59:50Z"
    assert result(world, coredns).verdict is Verdict.ERROR
