"""The ports that names of ports mean: in ingress, ports of the pod itself; in egress, it depends.

Before `PORT_NAMES_PER_POD` Cilium keeps one number for a name and protocol in the whole cluster, and
ignores a name that pods give to several numbers
(https://github.com/cilium/cilium/pull/12567, issues 24779 and 30003).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cdk_eks_cilium.policy.model import Item
from cdk_eks_cilium.policy_analysis.workloads import Inventory, NamedPort, Workload
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .ports import has_names, named_ports
from .spans import PortSet


@dataclass(frozen=True)
class PortNames:
    """The meaning of port names in one cluster.

    Attributes:
        inventory: The pods with the names of their ports.
        version: The release of Cilium; None for the newest.
    """

    inventory: Inventory
    version: CiliumVersion | None = None

    @cached_property
    def are_of_the_cluster(self) -> bool:
        """Whether a name means one number in the whole cluster, in egress."""
        return not behaviour.policy.PORT_NAMES_PER_POD.holds(self.version)

    def receiver(self, direction: str, workload: Workload | None) -> Workload | None:
        """The workload whose port names an item uses; None without such a workload.

        *workload* is the pod that the flow goes to; None if it goes elsewhere.
        """
        if direction == "ingress":
            return workload
        if self.are_of_the_cluster:
            return self._cluster
        # A pod on its node's network is a node, and nodes have no port names.
        return workload if workload is not None and not workload.host_network else None

    def ambiguous(self, item: Item) -> dict[str, tuple[tuple[str, int], ...]]:
        """The port names of an egress item that mean several numbers, so that Cilium ignores them.

        Returns:
            The numbers by name, each as ``(protocol, number)``.
        """
        found: dict[str, tuple[tuple[str, int], ...]] = {}
        for name, protocol in named_ports(item) if self.are_of_the_cluster else ():
            numbers = self.numbers.get((name, protocol), {})
            if len(numbers) > 1:
                found[name] = (*found.get(name, ()), *((protocol, each) for each in sorted(numbers)))
        return found

    def doubts(self, item: Item) -> Iterator[str]:
        """What the port names of an egress item depend on, as clauses about the item."""
        if not self.are_of_the_cluster or not has_names(item):
            return
        ambiguous = self.ambiguous(item)
        since = behaviour.policy.PORT_NAMES_PER_POD.since
        for name, numbers in ambiguous.items():
            ports = PortSet.of((protocol, number, number) for protocol, number in numbers)
            yield f"names port {name}, which Cilium ignores before {since}, because pods give it to {ports}"
        if not ambiguous:
            yield f"names ports, and before Cilium {since} a name must mean one number in the whole cluster"

    @cached_property
    def numbers(self) -> dict[tuple[str, str], dict[int, str]]:
        """The numbers that pods give to a name, by name and protocol, each with one of the pods."""
        found: dict[tuple[str, str], dict[int, str]] = {}
        for workload in self.inventory.workloads:
            for port in () if workload.host_network else workload.ports:
                numbers = found.setdefault((port.name.lower(), port.protocol), {})
                numbers.setdefault(port.number, str(workload))
        return found

    @cached_property
    def _cluster(self) -> Workload:
        """A workload with the names that mean one number."""
        return Workload("", "every pod", ports=tuple(self._unique()))

    def _unique(self) -> Iterator[NamedPort]:
        for (name, protocol), numbers in self.numbers.items():
            if len(numbers) == 1:
                yield NamedPort(name, next(iter(numbers)), protocol)
