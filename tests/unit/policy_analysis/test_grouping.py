"""Live pods become the workloads of their owners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.policy import Document
from cdk_eks_cilium.policy_analysis.inventories import take_inventory
from cdk_eks_cilium.policy_analysis.workloads import Workload


def thing(kind: str, name: str, owner: str = "", labels: Any = None, **spec: Any) -> Document:
    """An object of the namespace ``shop``; its owner is given as ``Kind name``."""
    metadata: dict[str, Any] = {"namespace": "shop", "name": name, "labels": labels or {}}
    if owner:
        of, _, called = owner.partition(" ")
        metadata["ownerReferences"] = [{"kind": of, "name": called, "controller": True}]
    return Document("f", 1, {"kind": kind, "metadata": metadata, "spec": spec})


def maker(kind: str, name: str, owner: str = "", labels: Any = None, **spec: Any) -> Document:
    template = {"metadata": {"labels": labels or {}}, "spec": {}}
    return thing(kind, name, owner, template=template, **spec)


def workloads(*documents: Document) -> dict[str, Workload]:
    return {str(one): one for one in take_inventory(documents).inventory.workloads}


def kinds(*documents: Document) -> list[tuple[str, str]]:
    return [(one.kind, one.name) for one in workloads(*documents).values()]


HASH = {"app": "web", "pod-template-hash": "7d9f"}


def test_pods_of_a_replica_set_are_the_deployments() -> None:
    found = workloads(*(thing("Pod", f"web-7d9f-{end}", "ReplicaSet web-7d9f", HASH) for end in "ab"))

    assert found == {"shop/web": Workload("shop", "web", HASH, kind="Deployment")}
    assert found["shop/web"].pods == ("web-7d9f-a", "web-7d9f-b")


def test_a_pod_is_found_in_its_workload() -> None:
    inventory = take_inventory([thing("Pod", "web-7d9f-a", "ReplicaSet web-7d9f", HASH)]).inventory

    assert inventory.find("shop/web-7d9f-a") == inventory.find("shop/web") == inventory.workloads[0]


@pytest.mark.parametrize(
    ("owner", "labels", "root"),
    [
        ("ReplicaSet web-7d9f", {"rollouts-pod-template-hash": "7d9f"}, ("Rollout", "web")),
        ("ReplicaSet web", {}, ("ReplicaSet", "web")),
        ("Job report-29012345", {}, ("CronJob", "report")),
        ("Job report-1", {}, ("Job", "report-1")),
        ("StatefulSet db", {}, ("StatefulSet", "db")),
        ("Workflow build-x", {}, ("Workflow", "build-x")),
        ("", {}, ("Pod", "a")),
    ],
)
def test_a_pod_belongs_to_the_end_of_its_chain_of_owners(
    owner: str, labels: dict[str, str], root: tuple[str, str]
) -> None:
    assert kinds(thing("Pod", "a", owner, labels)) == [root]


def test_labels_of_a_revision_are_no_labels_of_the_workload() -> None:
    pod = thing("Pod", "a", "ReplicaSet web-7d9f", {"app": "web", "rollouts-pod-template-hash": "7d9f"})

    assert workloads(pod)["shop/web"].labels == {"app": "web"}


def test_a_chain_of_owners_that_are_there_needs_no_guess() -> None:
    pod = thing("Pod", "a", "ReplicaSet odd", {"app": "web"})

    assert kinds(pod, maker("ReplicaSet", "odd", "Rollout web", {"app": "web"})) == [("Rollout", "web")]
    assert kinds(pod, maker("ReplicaSet", "odd", "Widget w", {"app": "web"})) == [("Widget", "w")]


def test_live_pods_tell_more_than_their_template() -> None:
    template = maker("Deployment", "web", labels={"app": "web"})
    pod = thing("Pod", "a", "ReplicaSet web-7d9f", {**HASH, "mesh": "on"})

    assert workloads(template, pod)["shop/web"].labels == {**HASH, "mesh": "on"}


def test_pods_that_policies_can_tell_apart_are_several_workloads() -> None:
    template = maker("Deployment", "web", labels={"app": "web", "version": "2"})
    old = thing("Pod", "web-1-a", "Deployment web", {"app": "web", "version": "1"})
    new = thing("Pod", "web-2-a", "Deployment web", {"app": "web", "version": "2"})

    found = workloads(template, old, new)

    assert {name: one.labels["version"] for name, one in found.items()} == {
        "shop/web": "2",
        "shop/web-1-a": "1",
    }


def test_pods_with_other_accounts_or_networks_are_several_workloads() -> None:
    one = thing("Pod", "a", "Workflow w")
    other = thing("Pod", "b", "Workflow w", serviceAccountName="robot")
    third = thing("Pod", "c", "Workflow w", hostNetwork=True)

    assert list(workloads(one, other, third)) == ["shop/w", "shop/b", "shop/c"]


def test_runs_of_a_cron_job_are_one_workload() -> None:
    runs = [
        thing(
            "Pod",
            f"r-{number}",
            f"Job report-2901234{number}",
            {"app": "r", "job-name": f"report-2901234{number}"},
        )
        for number in range(3)
    ]

    assert workloads(*runs) == {"shop/report": Workload("shop", "report", {"app": "r"}, kind="CronJob")}


def test_a_rollout_uses_the_template_of_a_deployment() -> None:
    rollout = thing("Rollout", "web-rollout", workloadRef={"kind": "Deployment", "name": "web"})
    template = maker("Deployment", "web", labels={"app": "web"})
    pod = thing("Pod", "a", "ReplicaSet r", {"app": "web"})

    assert kinds(template, rollout, maker("ReplicaSet", "r", "Rollout web-rollout"), pod) == [
        ("Deployment", "web")
    ]
    assert kinds(rollout) == []
    assert take_inventory([rollout]).unclear == [rollout]


def test_static_pods_of_all_nodes_are_one_workload() -> None:
    pods = []
    for node in ("ip-10-0-0-1", "ip-10-0-0-2"):
        pod = thing("Pod", f"proxy-{node}", f"Node {node}", nodeName=node, hostNetwork=True)
        pod.data["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
        pods.append(pod)

    assert kinds(*pods) == [("StaticPod", "proxy")]
    assert kinds(pods[0]) == [("Pod", "proxy")]


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_pods_that_ended_are_left_out(phase: str) -> None:
    pod = thing("Pod", "a", "Job b")
    ended = Document("f", 1, {**pod.data, "status": {"phase": phase}})

    taken = take_inventory([ended])

    assert taken.inventory.workloads == ()
    assert taken.ended == [ended]


def test_replica_sets_that_are_scaled_down_are_left_out() -> None:
    old = maker("ReplicaSet", "web-1", "Deployment web", {"app": "old"}, replicas=0)
    new = maker("ReplicaSet", "web-2", "Deployment web", {"app": "web"}, replicas=2)

    assert workloads(old, new) == {"shop/web": Workload("shop", "web", {"app": "web"}, kind="Deployment")}
    assert list(workloads(maker("ReplicaSet", "alone", replicas=0))) == ["shop/alone"]


def test_owners_in_a_circle_end() -> None:
    one = maker("ReplicaSet", "a", "ReplicaSet b")
    other = maker("ReplicaSet", "b", "ReplicaSet a")

    assert set(workloads(one, other)) <= {"shop/a", "shop/b"}
    assert workloads(one, other)


_labels = st.dictionaries(
    st.sampled_from(["app", "tier", "pod-template-hash"]), st.sampled_from("xy"), max_size=3
)


@given(st.lists(st.tuples(st.sampled_from(["Workflow a", "Workflow b", ""]), _labels), max_size=8))
def test_grouping_keeps_each_pod_once_and_with_what_policies_see(
    pods: list[tuple[str, dict[str, str]]],
) -> None:
    documents = [thing("Pod", f"p{number}", owner, labels) for number, (owner, labels) in enumerate(pods)]

    found = workloads(*documents)

    named = [pod for one in found.values() for pod in one.pods]
    assert sorted(named) == sorted(f"p{number}" for number in range(len(pods)))
    for one in found.values():
        for pod in one.pods:
            assert _seen(one.labels) == _seen(pods[int(pod[1:])][1])
    owned = {(owner, _seen(labels)) for owner, labels in pods if owner}
    alone = sum(not owner for owner, _ in pods)
    assert len(found) == len(owned) + alone


def _seen(labels: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset((key, value) for key, value in labels.items() if key != "pod-template-hash")
