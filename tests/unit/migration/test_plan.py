"""The commands of the phase ``move``, and what stops a drain."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.migration import NEW_NODES
from cdk_eks_cilium.migration.plan import MovePlan, as_json, move_plan
from cdk_eks_cilium.policy.documents import Document
from cdk_eks_cilium.problems import InputError

GROUP = "eks.amazonaws.com/nodegroup"


def node(name: str, group: str = "", **labels: str) -> dict[str, Any]:
    own = {GROUP: group} if group else {}
    return {"kind": "Node", "metadata": {"name": name, "labels": {**own, **labels}}}


def pod(name: str, on: str, *, owner: str = "ReplicaSet", labels: Any = None, **spec: Any) -> dict[str, Any]:
    owners = [{"kind": owner, "name": name}] if owner else []
    metadata = {"name": name, "namespace": "shop", "labels": labels or {}, "ownerReferences": owners}
    return {"kind": "Pod", "metadata": metadata, "spec": {"nodeName": on, **spec}}


def budget(allowed: int, **selector: Any) -> dict[str, Any]:
    return {
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"selector": selector},
        "status": {"disruptionsAllowed": allowed},
    }


def planned(*objects: dict[str, Any]) -> MovePlan:
    return move_plan([Document("cluster.yaml", 1, each) for each in objects], "shop")


NEW = node("new", "workers", **{NEW_NODES: "true"})


def test_the_smallest_group_that_nothing_stops_is_drained_first() -> None:
    plan = planned(
        NEW,
        node("a1", "large"),
        node("b1", "small"),
        node("c1", "held"),
        *[pod(f"web-{number}", "a1") for number in range(3)],
        pod("api", "b1"),
        pod("alone", "c1", owner=""),
    )
    assert [(group.name, group.pods) for group in plan.groups] == [("small", 1), ("large", 3), ("held", 1)]
    assert plan.new_nodes == 1


def test_the_steps_cordon_move_coredns_and_drain_a_group_before_it_is_deleted() -> None:
    cordon, dns, drain = planned(NEW, node("a1", "old"), pod("web", "a1")).steps
    assert cordon.commands == (f"kubectl cordon --selector '!{NEW_NODES}'",)
    assert dns.commands[0] == "kubectl --namespace kube-system rollout restart deployment coredns"
    assert drain.commands == (
        f"kubectl drain --ignore-daemonsets --delete-emptydir-data --selector {GROUP}=old",
        "hubble observe --verdict DROPPED",
        "aws eks delete-nodegroup --cluster-name shop --nodegroup-name old",
    )
    assert drain.way_back[0] == f"kubectl uncordon --selector {GROUP}=old"


def test_nodes_without_a_group_are_drained_one_by_one() -> None:
    *_, drain = planned(NEW, node("a"), node("b")).steps
    assert [command.split()[-1] for command in drain.commands] == ["a", "b"]


def test_pods_that_a_drain_leaves_do_not_count() -> None:
    static = pod("static", "a1", owner="")
    static["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
    done = pod("job", "a1", owner="Job") | {"status": {"phase": "Succeeded"}}
    (group,) = planned(NEW, node("a1", "old"), pod("agent", "a1", owner="DaemonSet"), static, done).groups
    assert (group.pods, group.hindrances) == (0, ())


@pytest.mark.parametrize(
    ("objects", "text"),
    [
        (
            [pod("db", "a1", labels={"app": "db"}), budget(0, matchLabels={"app": "db"})],
            "PodDisruptionBudget shop/db: it allows no disruption, so the drain waits for its pods (1 there)"
            "; add a replica, or let the budget allow one disruption",
        ),
        (
            [pod("db", "a1"), budget(0, matchExpressions=[{"key": "app", "operator": "DoesNotExist"}])],
            "PodDisruptionBudget shop/db: it allows no disruption",
        ),
        (
            [pod("db", "a1", owner="")],
            "pod shop/db: no controller makes it anew; delete it, or give it a Deployment",
        ),
        (
            [pod("db", "a1", nodeSelector={GROUP: "old"})],
            f"pod shop/db: its nodeSelector {GROUP} means old nodes, so it stays Pending",
        ),
    ],
)
def test_what_stops_a_drain_is_named_with_its_fix(objects: list[dict[str, Any]], text: str) -> None:
    (group,) = planned(NEW, node("a1", "old"), *objects).groups
    (found,) = group.hindrances
    assert str(found).startswith(text)
    assert group.stops


@pytest.mark.parametrize(
    "other",
    [
        budget(1, matchLabels={"app": "db"}),
        budget(0, matchLabels={"app": "web"}),
        budget(0, matchExpressions=[{"key": "app", "operator": "NotIn", "values": ["db"]}]),
        budget(0, matchExpressions=[{"key": "tier", "operator": "Exists"}]),
        budget(0, matchExpressions=[{"key": "app", "operator": "In", "values": ["web"]}]),
    ],
)
def test_a_budget_of_other_pods_or_with_room_stops_nothing(other: dict[str, Any]) -> None:
    (group,) = planned(NEW, node("a1", "old"), pod("db", "a1", labels={"app": "db"}), other).groups
    assert group.hindrances == ()


def test_a_host_port_is_lost_and_stops_nothing() -> None:
    containers = [{"name": "web", "ports": [{"containerPort": 80, "hostPort": 8080}]}]
    (group,) = planned(NEW, node("a1", "old"), pod("web", "a1", containers=containers)).groups
    assert "it loses hostPort 8080 unless Cilium replaces kube-proxy" in str(group.hindrances[0])
    assert not group.stops


def test_fargate_is_no_old_node_and_without_old_nodes_nothing_is_left_to_do() -> None:
    plan = planned(NEW, node("f", **{"eks.amazonaws.com/compute-type": "fargate"}))
    assert (plan.groups, plan.steps) == ((), ())


def test_files_without_nodes_are_refused() -> None:
    with pytest.raises(InputError, match="must contain nodes; pass what 'kubectl get nodes,pods"):
        planned(pod("web", "a1"))


def test_the_data_has_all_of_the_plan() -> None:
    data = as_json(planned(NEW, node("a1", "old"), pod("db", "a1", owner="")))
    assert data["newNodes"] == 1
    assert [step["title"] for step in data["steps"]][-1] == ("drain old (1 node, 1 pod), then delete it")
    assert data["groups"][0]["hindrances"][0]["stops"] is True
