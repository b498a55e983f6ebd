"""A migration under way: old nodes are aws-node's, and nothing is wrong with that."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.views.moving_nodes import NEW_NODES
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.migration import phases
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.world import World, findings, ready, thing, told

OLD = "ip-10-0-1-99.ec2.internal"
CHECKS = ("aws-node-runs", "agents-rolled-out", "cilium-node-of-each-node", "hubble-peer")


def aws_node(*, kept_off: bool) -> dict[str, object]:
    expression = {"key": NEW_NODES, "operator": "DoesNotExist"}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    pod = {"containers": [{"name": "aws-node"}], **({"affinity": affinity} if kept_off else {})}
    return thing(kinds.DAEMON_SETS, "aws-node", "kube-system", spec={"template": {"spec": pod}})


def moving(*, kept_off: bool = True) -> World:
    """The healthy cluster with its nodes as the new ones, and an old one beside them."""
    world = healthy()
    for node in world.all(kinds.NODES):
        node["metadata"]["labels"][NEW_NODES] = "true"
    old = thing(kinds.NODES, OLD, metadata={"labels": {"kubernetes.io/os": "linux"}})
    world.add(kinds.NODES, old | {"spec": {}, "status": {"conditions": ready()}})
    world.add(kinds.DAEMON_SETS, aws_node(kept_off=kept_off))
    agents = world.one(kinds.DAEMON_SETS, "cilium")
    agents["spec"]["template"]["spec"]["nodeSelector"] = {NEW_NODES: "true"}
    return world


def test_the_label_is_that_of_the_construct() -> None:
    assert NEW_NODES == phases.NEW_NODES


def test_old_nodes_are_left_to_aws_node() -> None:
    diagnosis = moving().diagnose()
    assert [id for id in findings(diagnosis) if id in CHECKS] == [], told(diagnosis)
    (runs,) = [result for result in diagnosis.results if result.check.id == "aws-node-runs"]
    assert runs.detail == "a migration leaves aws-node on 1 of 4 nodes"


def test_aws_node_on_new_nodes_too_is_an_error() -> None:
    assert "aws-node-runs" in findings(moving(kept_off=False).diagnose())


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            {"desiredNumberScheduled": 1, "numberMisscheduled": 2},
            "aws-node runs on 2 nodes that are Cilium's",
        ),
        ({"desiredNumberScheduled": 2}, "aws-node runs on 1 node that is Cilium's"),
    ],
)
def test_pods_of_aws_node_on_new_nodes_are_an_error_though_its_affinity_is_right(
    status: dict[str, int], words: str
) -> None:
    world = moving()
    world.one(kinds.DAEMON_SETS, "aws-node")["status"] = status
    (runs,) = [each for each in world.diagnose().results if each.check.id == "aws-node-runs"]
    assert [finding.summary for finding in runs.findings] == [f"{words}, in a migration"]


def test_aws_node_on_old_nodes_alone_has_a_status_that_says_so() -> None:
    world = moving()
    world.one(kinds.DAEMON_SETS, "aws-node")["status"] = {"desiredNumberScheduled": 1}
    assert "aws-node-runs" not in findings(world.diagnose())


@pytest.mark.parametrize("field", ["desiredNumberScheduled", "currentNumberScheduled", "numberReady"])
def test_a_new_node_without_an_agent_is_an_error(field: str) -> None:
    world = moving()
    status = world.one(kinds.DAEMON_SETS, "cilium")["status"]
    status.update(dict.fromkeys(status, 0) if field == "desiredNumberScheduled" else {field: 2})
    found = "agents-rolled-out" in findings(world.diagnose())
    assert found is (field != "currentNumberScheduled")
