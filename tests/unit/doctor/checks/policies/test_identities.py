"""Identities: their limit, and labels that make too many."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.policies.identities import identities
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.changes import configure
from tests.unit.doctor.mutations.policies import identities as add
from tests.unit.doctor.world import result, thing


@pytest.mark.parametrize(
    ("cluster", "mesh", "limit"),
    [
        ("0", None, 65280),
        ("7", "255", 65536),
        ("0", "511", 32512),
        ("7", "511", 32768),
    ],
)
def test_bits_of_the_cluster_id_leave_fewer_identities(cluster: str, mesh: str | None, limit: int) -> None:
    world = healthy()
    configure(world, cluster_id=cluster, max_connected_clusters=mesh)
    assert result(world, identities).detail == f"2 of {limit} identities"


def test_a_full_range_is_an_error() -> None:
    world = healthy()
    configure(world, max_connected_clusters="511")
    add(world, 1, app="app")
    world.add(kinds.CILIUM_IDENTITIES, *world.all(kinds.CILIUM_IDENTITIES)[-1:] * 31000)
    assert result(world, identities).verdict is Verdict.ERROR


def test_a_label_that_policies_name_is_needed() -> None:
    world = healthy()
    add(world, 1200, app="job", **{"batch.example.com/run": "run-{}"})
    selector = {"matchExpressions": [{"key": "batch.example.com/run", "operator": "Exists"}]}
    policy = thing(kinds.CILIUM_POLICIES, "runs", "team-a", spec={"endpointSelector": selector})
    world.add(kinds.CILIUM_POLICIES, policy)
    assert result(world, identities).verdict is Verdict.OK


def test_labels_that_differ_together_are_not_to_blame_alone() -> None:
    world = healthy()
    add(world, 1200, app="app-{}", role="role-{}")
    assert result(world, identities).verdict is Verdict.OK


def test_namespaces_may_make_identities() -> None:
    world = healthy()
    for number in range(1200):
        found = thing(kinds.CILIUM_IDENTITIES, str(30000 + number))
        found["security-labels"] = {"k8s:io.kubernetes.pod.namespace": f"ns-{number}"}
        world.add(kinds.CILIUM_IDENTITIES, found)
    assert result(world, identities).verdict is Verdict.OK
