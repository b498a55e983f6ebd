"""Nodes and subnets in numbers. A number that cannot be read is None, and a note says why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from cdk_eks_cilium.doctor.checks.views.cluster_nodes import ClusterNode, cluster_nodes
from cdk_eks_cilium.doctor.checks.views.eni_nodes import EniNode, eni_nodes
from cdk_eks_cilium.doctor.checks.views.pods import PodsOfNodes, is_ready, pod_index, why_not_ready
from cdk_eks_cilium.doctor.checks.views.subnet_rooms import SubnetRoom, subnet_rooms, unread_reservations
from cdk_eks_cilium.doctor.engine.aws_kinds import INTERFACES, SUBNET_RESERVATIONS, SUBNETS
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS, NODES, PODS
from cdk_eks_cilium.doctor.engine.reader import NotAskedError, Object, UnreadError
from cdk_eks_cilium.doctor.engine.readings import Reading
from cdk_eks_cilium.doctor.engine.seen import Seen

READS: Final[tuple[Reading, ...]] = (
    NODES,
    PODS,
    CILIUM_NODES,
    KUBE_SYSTEM_CONFIG_MAPS,
    SUBNETS,
    INTERFACES,
    SUBNET_RESERVATIONS,
)
"""What it reads."""

_VERSION: Final = re.compile(r":v?(\d+\.\d+\.\d+[^@\s]*)")

_Part = TypeVar("_Part")


@dataclass(frozen=True)
class NodeLine:
    """A node.

    Attributes:
        name: Its name.
        zone: Its availability zone.
        group: Its managed node group; empty for another node.
        instance_type: The type of its instance.
        image: ``bottlerocket``, ``al2023``, ``al2``, or empty for another one.
        ready: Whether it is Ready; None without a Node.
        interfaces: Its interfaces, the first one included; None without a CiliumNode, as are the next four.
        pod_interfaces: Those whose addresses pods get.
        prefixes: The /28 prefixes that are attached to them.
        allocated: The addresses that its agent may give out.
        used: The addresses in use; from Cilium 1.20 on, where agents no longer write them, pods with one.
        pods: The pods on it; None if pods cannot be read.
        max_pods: The pods that its kubelet takes; None if it does not say.
        agent: The release of its agent; empty if its image does not say.
        state: ``ready``, ``missing``, or why the agent is not ready; empty if pods cannot be read.
    """

    name: str
    zone: str
    group: str
    instance_type: str
    image: str
    ready: bool | None
    interfaces: int | None
    pod_interfaces: int | None
    prefixes: int | None
    allocated: int | None
    used: int | None
    pods: int | None
    max_pods: int | None
    agent: str
    state: str

    @property
    def is_well(self) -> bool:
        """Whether the node and its agent are ready, as far as anybody can say."""
        return self.ready is not False and self.state in ("", "ready")


@dataclass(frozen=True)
class Overview:
    """A cluster.

    Attributes:
        nodes: Its nodes, by zone and name.
        subnets: The subnets of pods; empty if AWS was not asked.
        notes: What could not be read.
        complete: Whether everything that was asked for could be read.
        reservations: Whether the CIDR reservations of the subnets could be read.
    """

    nodes: Sequence[NodeLine]
    subnets: Sequence[SubnetRoom]
    notes: tuple[str, ...]
    complete: bool
    reservations: bool = True


@dataclass
class _Looking:
    """Looks at parts, each of which may fail."""

    seen: Seen
    notes: list[str] = field(default_factory=list)
    complete: bool = True

    def at(self, view: Callable[[Seen], _Part]) -> _Part | None:
        """A view; None if it cannot be read."""
        try:
            return self.seen.derived(view)
        except NotAskedError:
            self.notes.append("subnets of pods are not shown: AWS was not asked")
        except UnreadError as error:
            self.notes.append(str(error))
            self.complete = False
        return None


def overview(seen: Seen) -> Overview:
    """What there is in a cluster."""
    looking = _Looking(seen)
    nodes = looking.at(cluster_nodes)
    enis = looking.at(eni_nodes)
    pods = looking.at(pod_index)
    rooms = looking.at(subnet_rooms)
    without = unread_reservations(seen) if rooms else ""
    if without:
        looking.notes.append(without)
    by_name = {each.name: each for each in nodes or ()}
    eni_by_name = {each.name: each for each in enis or ()}
    with_address = Counter(node for _, node, _ in pods.with_address) if pods else Counter()
    lines = [
        _line(name, by_name.get(name), eni_by_name.get(name), pods, with_address)
        for name in dict.fromkeys((*by_name, *eni_by_name))
    ]
    lines.sort(key=lambda each: (each.zone, each.group, each.name))
    notes = tuple(dict.fromkeys(looking.notes))
    return Overview(lines, rooms or (), notes, looking.complete, reservations=not without)


def _line(
    name: str,
    node: ClusterNode | None,
    eni: EniNode | None,
    pods: PodsOfNodes | None,
    with_address: Mapping[str, int],
) -> NodeLine:
    agents = pods.agents.get(name, []) if pods else []
    return NodeLine(
        name=name,
        zone=(node.zone if node else "") or (eni.zone if eni else ""),
        group=node.group if node else "",
        instance_type=(node.instance_type if node else "") or (eni.instance_type if eni else ""),
        image=node.image if node else "",
        ready=node.ready if node else None,
        interfaces=len(eni.interfaces) if eni else None,
        pod_interfaces=len(eni.pod_interfaces) if eni else None,
        prefixes=sum(len(each.prefixes) for each in eni.pod_interfaces) if eni else None,
        allocated=_allocated(eni) if eni else None,
        used=(len(eni.used) or (with_address.get(name, 0) if pods else None)) if eni else None,
        pods=with_address.get(name, 0) + pods.on_host[name] if pods else None,
        max_pods=node.pods if node else None,
        agent=next((version for each in agents if (version := _version(each))), ""),
        state=_state(agents) if pods else "",
    )


def _allocated(eni: EniNode) -> int:
    """The addresses of ``spec.ipam.pools.allocated``, else, before 1.20, of ``spec.ipam.pool``."""
    sizes = [1 << (32 - int(bits)) for each in eni.allocated if (bits := each.partition("/")[2]).isdigit()]
    return sum(sizes) if eni.allocated else len(eni.pool)


def _version(agent: Object) -> str:
    for each in at(agent, "status.containerStatuses") or ():
        if each.get("name") == "cilium-agent" and (found := _VERSION.search(str(each.get("image")))):
            return found[1]
    return ""


def _state(agents: Sequence[Object]) -> str:
    if not agents:
        return "missing"
    if any(is_ready(each) for each in agents):
        return "ready"
    return next((reason for each in agents if (reason := why_not_ready(each))), "not ready")
