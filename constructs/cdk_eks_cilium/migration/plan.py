"""The commands that move pods from old nodes to new ones, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdk_eks_cilium.policy.documents import Document
from cdk_eks_cilium.problems import InputError, Problem

from .hindrances import Hindrance, Object, hindrances, place
from .phases import NEW_NODES

_GROUP: Final = "eks.amazonaws.com/nodegroup"
_FARGATE: Final = "eks.amazonaws.com/compute-type"
_MIRROR: Final = "kubernetes.io/config.mirror"
_DRAIN: Final = "kubectl drain --ignore-daemonsets --delete-emptydir-data"


@dataclass(frozen=True)
class OldGroup:
    """Old nodes that are drained together.

    Attributes:
        name: Their managed node group; empty for nodes that no group owns.
        nodes: Their names.
        pods: How many pods a drain evicts.
        hindrances: What stops the drain, or what pods lose by it.
    """

    name: str
    nodes: tuple[str, ...]
    pods: int
    hindrances: tuple[Hindrance, ...] = ()

    @property
    def stops(self) -> bool:
        """Whether something stops the drain."""
        return any(each.stops for each in self.hindrances)


@dataclass(frozen=True)
class MigrationStep:
    """Commands that belong together.

    Attributes:
        title: What they do.
        commands: The commands.
        way_back: The commands that undo them.
    """

    title: str
    commands: tuple[str, ...]
    way_back: tuple[str, ...]


@dataclass(frozen=True)
class MovePlan:
    """The way of all pods to new nodes.

    Attributes:
        groups: The old groups, in the order of their drains.
        new_nodes: How many nodes have Cilium.
        steps: The steps, in their order.
    """

    groups: tuple[OldGroup, ...]
    new_nodes: int
    steps: tuple[MigrationStep, ...]


def move_plan(documents: Iterable[Document], cluster_name: str) -> MovePlan:
    """Plan the phase ``move`` for a cluster as it is.

    Groups that nothing stops come first, and of those the ones with the fewest pods: a mistake then costs the
    least.

    Args:
        documents: Nodes, pods and PodDisruptionBudgets, as ``kubectl get -o yaml`` writes them.
        cluster_name: EKS's name of the cluster.

    Raises:
        InputError: If the documents contain no node.
    """
    objects = [document.data for document in documents]
    nodes = [each for each in objects if each.get("kind") == "Node"]
    if not nodes:
        fix = "pass what 'kubectl get nodes,pods,poddisruptionbudgets --all-namespaces -o yaml' prints"
        raise InputError([Problem("files", "must contain nodes", fix=fix, id="CEK6055")])
    old = [each for each in nodes if _is_old(each)]
    pods = [each for each in objects if each.get("kind") == "Pod" and _is_evicted(each)]
    budgets = [each for each in objects if each.get("kind") == "PodDisruptionBudget"]
    groups = sorted(_groups(old, pods, budgets), key=lambda group: (group.stops, group.pods, group.name))
    new = sum(NEW_NODES in _labels(each) for each in nodes)
    return MovePlan(tuple(groups), new, tuple(_steps(groups, cluster_name)))


def _labels(node: Object) -> Mapping[str, str]:
    return node["metadata"].get("labels") or {}


def _is_old(node: Object) -> bool:
    return NEW_NODES not in _labels(node) and _labels(node).get(_FARGATE) != "fargate"


def _is_evicted(pod: Object) -> bool:
    """Whether a drain moves a pod: not one of a DaemonSet, a static one, or one that has ended."""
    metadata = pod["metadata"]
    if _MIRROR in (metadata.get("annotations") or {}):
        return False
    if any(owner.get("kind") == "DaemonSet" for owner in metadata.get("ownerReferences") or ()):
        return False
    return (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")


def _groups(nodes: Sequence[Object], pods: Sequence[Object], budgets: Sequence[Object]) -> Iterator[OldGroup]:
    named: dict[str, list[str]] = {}
    for node in nodes:
        named.setdefault(_labels(node).get(_GROUP, ""), []).append(node["metadata"]["name"])
    for name, members in named.items():
        own = [pod for pod in pods if (pod.get("spec") or {}).get("nodeName") in members]
        own.sort(key=place)
        yield OldGroup(name, tuple(sorted(members)), len(own), tuple(hindrances(own, budgets)))


# belief: EKS-drain-is-cut-short
def _steps(groups: Sequence[OldGroup], cluster_name: str) -> Iterator[MigrationStep]:
    if not groups:
        return
    old = f"--selector '!{NEW_NODES}'"
    yield MigrationStep("cordon the old nodes", (f"kubectl cordon {old}",), (f"kubectl uncordon {old}",))
    dns = "kubectl --namespace kube-system rollout"
    yield MigrationStep(
        "move CoreDNS",
        (f"{dns} restart deployment coredns", f"{dns} status deployment coredns"),
        (
            f"kubectl uncordon {old}",
            f"kubectl cordon --selector {NEW_NODES}",
            f"{dns} restart deployment coredns",
        ),
    )
    for group in groups:
        yield _drain(group, cluster_name)


def _drain(group: OldGroup, cluster_name: str) -> MigrationStep:
    if not group.name:
        drains = tuple(f"{_DRAIN} {node}" for node in group.nodes)
        backs = tuple(f"kubectl uncordon {node}" for node in group.nodes)
        return MigrationStep(f"drain what is in no group ({_size(group)})", drains, backs)
    selector = f"--selector {_GROUP}={group.name}"
    delete = f"aws eks delete-nodegroup --cluster-name {cluster_name} --nodegroup-name {group.name}"
    return MigrationStep(
        f"drain {group.name} ({_size(group)}), then delete it",
        (f"{_DRAIN} {selector}", "hubble observe --verdict DROPPED", delete),
        (f"kubectl uncordon {selector}", "# before the group is deleted; then restart what moved"),
    )


def _size(group: OldGroup) -> str:
    return f"{count(len(group.nodes), 'node')}, {count(group.pods, 'pod')}"


def count(number: int, noun: str) -> str:
    """A number of things, in words."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def as_json(plan: MovePlan) -> dict[str, Any]:
    """The plan as plain data."""
    return {
        "newNodes": plan.new_nodes,
        "groups": [
            {
                "name": group.name,
                "nodes": list(group.nodes),
                "pods": group.pods,
                "hindrances": [
                    {"what": each.what, "why": each.why, "fix": each.fix, "stops": each.stops}
                    for each in group.hindrances
                ],
            }
            for group in plan.groups
        ],
        "steps": [
            {"title": step.title, "commands": list(step.commands), "wayBack": list(step.way_back)}
            for step in plan.steps
        ],
    }
