"""A cluster with aws-node goes through every phase, one phase back in the middle, and to the end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.existing_clusters import drain_and_delete_old_nodes
from rehearsal.cloudformation.failures import StackError
from tests.rehearsal.migrating import CLUSTER, Seen, assemblies, migration

pytestmark = pytest.mark.slow

CHARTS = Path(os.environ["CILIUM_CHARTS"]) if os.environ.get("CILIUM_CHARTS") else None

LABEL = "io.cilium.migration/cilium-default"
OLD = [("old", "aws-node")] * 2
NEW = [("new", "cilium")] * 2
POLICY = ["admit-pods-of-aws-node"]

Journey = dict[str, Any]


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Journey:
    """What the cluster looks like after each step."""
    seen: Journey = {}
    with migration(assemblies(tmp_path_factory.mktemp("migration")), CHARTS) as moving:
        seen["before"] = moving.look()
        for phase in ("prepare", "install", "move"):
            seen[phase] = moving.deploy(phase)
        with pytest.raises(StackError) as refused:
            moving.deploy("finish")
        seen["too early"] = refused.value.reasons
        seen["still moving"] = moving.look()
        seen["back"] = moving.deploy("install")
        seen["again"] = moving.deploy("move")
        drain_and_delete_old_nodes(moving.account, CLUSTER)
        seen["drained"] = moving.look()
        seen["finish"] = moving.deploy("finish")
        seen["destroyed"] = moving.destroy()
        seen["clusters"] = list(moving.account.clusters)
    return seen


def expressions(seen: Seen) -> list[Any]:
    affinity = (seen.aws_node or {}).get("affinity") or {}
    required = affinity.get("nodeAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution", {})
    return [each for term in required.get("nodeSelectorTerms", []) for each in term["matchExpressions"]]


def test_the_first_phase_leaves_aws_node_and_nodes_as_they_are(journey: Journey) -> None:
    assert journey["prepare"].aws_node == journey["before"].aws_node
    assert journey["prepare"].cnis == journey["before"].cnis == OLD
    assert journey["prepare"].faults == []


def test_the_second_installs_cilium_on_no_old_node(journey: Journey) -> None:
    seen = journey["install"]
    assert expressions(seen) == [{"key": LABEL, "operator": "DoesNotExist"}]
    assert (seen.cnis, seen.agents, seen.policies) == (OLD, [], POLICY)
    assert seen.faults == []
    assert seen.core_dns


def test_the_third_gives_new_nodes_cilium_and_prefixes_and_no_node_both(journey: Journey) -> None:
    seen = journey["move"]
    assert (seen.cnis, seen.agents) == (NEW + OLD, ["new", "new"])
    assert seen.interfaces == 2
    assert seen.faults == []


def test_the_last_is_refused_while_aws_node_runs_and_changes_nothing(journey: Journey) -> None:
    (reason,) = [text for text in journey["too early"].values() if "must run on no node" in text]
    assert "got 2 that would lose their network" in reason
    assert journey["still moving"] == journey["move"]


def test_one_phase_back_leaves_the_old_nodes_alone(journey: Journey) -> None:
    assert journey["back"] == journey["install"]
    assert journey["again"].cnis == journey["move"].cnis
    assert journey["again"].faults == []


def test_without_old_nodes_everything_runs_on_the_new(journey: Journey) -> None:
    assert journey["drained"].cnis == NEW
    assert journey["drained"].core_dns


def test_the_end_has_neither_aws_node_nor_the_policy(journey: Journey) -> None:
    seen = journey["finish"]
    assert (seen.aws_node, seen.cnis, seen.policies, seen.addons) == (None, NEW, [], [])
    assert seen.faults == []


def test_a_destroy_leaves_the_cluster_without_nodes_of_ours(journey: Journey) -> None:
    assert journey["clusters"] == [CLUSTER]
    assert journey["destroyed"].cnis == []


@pytest.mark.parametrize("step", ["prepare", "install", "move", "back", "again", "drained"])
def test_pods_of_both_kinds_reach_each_other_all_the_time(step: str, journey: Journey) -> None:
    """The old nodes are in a security group of their own here."""
    assert set(journey[step].reach.values()) == {True}
    assert len(journey[step].reach) == 4


def test_nothing_stays_open_for_old_nodes_at_the_end(journey: Journey) -> None:
    assert set(journey["finish"].reach.values()) == {False}
