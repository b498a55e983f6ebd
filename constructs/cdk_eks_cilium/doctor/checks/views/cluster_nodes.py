"""Nodes of the cluster that run Cilium."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.fields import at, condition, labels_of
from cdk_eks_cilium.doctor.engine.kinds import NODES
from cdk_eks_cilium.doctor.engine.plan import NodeGroupPlan
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

GROUP_LABEL: Final = "eks.amazonaws.com/nodegroup"
"""EKS sets it on nodes of managed groups, with the group's name."""

# What the images write into /etc/os-release, as PRETTY_NAME; the kubelet reports it.
_IMAGES: Final = (
    ("Bottlerocket", "bottlerocket"),
    ("Amazon Linux 2023", "al2023"),
    ("Amazon Linux 2", "al2"),
)


@dataclass(frozen=True)
class ClusterNode:
    """A node.

    Attributes:
        name: Its name.
        object: The object.
        instance: The id of its instance; empty where it does not tell.
        instance_type: The type of the instance.
        zone: Its availability zone.
        group: The name of its managed node group; empty for other nodes.
        image: ``bottlerocket``, ``al2023``, ``al2``, or empty for another image.
        pods: How many pods its kubelet takes; None if it does not say.
        ready: Whether it is Ready.
        taints: Keys of its taints.
    """

    name: str
    object: Object = field(repr=False)
    instance: str
    instance_type: str
    zone: str
    group: str
    image: str
    pods: int | None
    ready: bool
    taints: tuple[str, ...]


def cluster_nodes(seen: Seen) -> tuple[ClusterNode, ...]:
    """The nodes that run Cilium: Linux nodes that stay, without nodes of Fargate.

    Ask with ``seen.derived``; a check that asks reads `NODES`.

    Raises:
        UnreadError: The nodes cannot be read.
    """
    return tuple(_node(each) for each in seen.list(NODES) if _runs_cilium(each))


def nodes_by_name(seen: Seen) -> Mapping[str, ClusterNode]:
    """The nodes by name. Ask with ``seen.derived``."""
    return {each.name: each for each in seen.derived(cluster_nodes)}


def is_made_from(name: str, group: NodeGroupPlan) -> bool:
    """Whether the name of a managed node group can be that of a planned group."""
    return _plain(group.name) in _plain(name)


def planned_groups(node: ClusterNode, groups: tuple[NodeGroupPlan, ...]) -> list[NodeGroupPlan]:
    """The planned groups that a node can be of: several where nothing tells them apart.

    CloudFormation makes the names of groups out of their logical ids, so that a name is a part of them.
    """
    if not node.group:
        return []
    labels = labels_of(node.object)
    alike = [
        group
        for group in groups
        if (not group.instance_types or node.instance_type in group.instance_types)
        and group.labels.items() <= labels.items()
    ]
    exact = [group for group in alike if group.name == node.group]
    close = [group for group in alike if is_made_from(node.group, group)]
    return exact or close or alike


def _runs_cilium(found: Object) -> bool:
    labels = labels_of(found)
    return (
        labels.get("kubernetes.io/os", "linux") == "linux"
        and labels.get("eks.amazonaws.com/compute-type") != "fargate"
        and not at(found, "metadata.deletionTimestamp")
    )


def _node(found: Object) -> ClusterNode:
    labels = labels_of(found)
    image = str(at(found, "status.nodeInfo.osImage", ""))
    return ClusterNode(
        name=at(found, "metadata.name", ""),
        object=found,
        instance=str(at(found, "spec.providerID", "")).rpartition("/")[2],
        instance_type=labels.get("node.kubernetes.io/instance-type") or "",
        zone=labels.get("topology.kubernetes.io/zone") or "",
        group=labels.get(GROUP_LABEL) or "",
        image=next((name for start, name in _IMAGES if image.startswith(start)), ""),
        pods=_count(at(found, "status.allocatable.pods")),
        ready=condition(found, "Ready").get("status") == "True",
        taints=tuple(each.get("key", "") for each in at(found, "spec.taints") or ()),
    )


def _count(text: Any) -> int | None:
    return int(text) if str(text).isdigit() else None


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))
