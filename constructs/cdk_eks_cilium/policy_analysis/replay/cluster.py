"""The cluster as flows show it: pods with the labels that they had, and the labels of their namespaces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from cdk_eks_cilium.policy_analysis.evaluation import Endpoint
from cdk_eks_cilium.policy_analysis.evaluation.labels import (
    CLUSTER,
    NAMESPACE,
    NAMESPACE_LABELS,
    SERVICE_ACCOUNT,
)
from cdk_eks_cilium.policy_analysis.flows import Party
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload

_SOURCE: Final = "k8s:"


class SeenCluster:
    """The pods of flows as workloads, beside what files describe.

    A pod has the labels that it had in the flow, because these decided. Policies here select no pod of
    another cluster of the mesh, and mean it by its labels. A namespace has the labels of its pods'
    identities, and what files give it: a Namespace in the files is part of what is proposed.

    Args:
        described: What files describe: names of ports, Services, namespaces.
    """

    def __init__(self, described: Inventory) -> None:
        self._described = described
        self._by_name = {str(each): each for each in described.workloads}
        self._workloads: dict[Party, Workload] = {}
        self._foreign: dict[Party, Endpoint] = {}
        self._taken: set[str] = set()
        self._namespaces: dict[str, dict[str, str]] = {}
        self._cluster = ""
        self._clusters: dict[Party, str] = {}

    @property
    def inventory(self) -> Inventory:
        """Everything that is known."""
        described = self._described
        names = {str(each) for each in self._workloads.values()}
        rest = tuple(each for each in described.workloads if str(each) not in names)
        namespaces = {
            name: {**self._namespaces.get(name, {}), **described.namespaces.get(name, {})}
            for name in {*self._namespaces, *described.namespaces}
        }
        return replace(
            described,
            workloads=(*self._workloads.values(), *rest),
            namespaces=namespaces,
            cluster_name=self._cluster or described.cluster_name,
        )

    def meet(self, parties: Iterable[Party]) -> None:
        """Take note of some sides."""
        known = self._workloads.keys() | self._foreign.keys()
        pods = sorted({one for one in parties if one.kind == "pod"} - known, key=_order)
        if not self._cluster:
            self._cluster = self._local(pods)
        for party in pods:
            if cluster := self.foreign(party):
                self._foreign[party] = Endpoint.foreign(party.name, cluster, plain_labels(party))
            else:
                self._workloads[party] = self._workload(party)

    def foreign(self, party: Party) -> str:
        """The cluster of a pod of another cluster; empty for others."""
        if party.kind != "pod":
            return ""
        cluster = self._clusters.get(party)
        if cluster is None:
            # A pod is asked for with each of its conversations.
            cluster = self._clusters[party] = plain_labels(party).get(CLUSTER, self._cluster)
        return "" if cluster == self._cluster else cluster

    def endpoints(self, party: Party) -> list[Endpoint]:
        """The side as the evaluation knows it: once for each DNS name of an address."""
        if party in self._foreign:
            return [self._foreign[party]]
        if party.kind == "pod":
            return [Endpoint.pod(self._workloads[party])]
        if party.kind == "entity":
            return [Endpoint.entity(party.name, party.address or None)]
        named = [Endpoint.fqdn(name, party.name) for name in party.names]
        return named or [Endpoint.address(party.name)]

    def _local(self, pods: Iterable[Party]) -> str:
        """The name of the cluster: the described one if a pod has it, else the one that most pods have."""
        found = Counter(cluster for one in pods if (cluster := plain_labels(one).get(CLUSTER)))
        own = self._described.cluster_name
        return own if own in found or not found else max(found, key=lambda name: (found[name], name))

    def _workload(self, party: Party) -> Workload:
        labels = plain_labels(party)
        described = self._by_name.get(party.name)
        name, number = party.name, 1
        while name in self._taken:  # the same workload with other labels, after a change of it for example
            number += 1
            name = f"{party.name} ({number})"
        self._taken.add(name)
        own = self._namespaces.setdefault(party.namespace, {})
        own |= {
            key.removeprefix(NAMESPACE_LABELS): value
            for key, value in labels.items()
            if key.startswith(NAMESPACE_LABELS)
        }
        return Workload(
            party.namespace,
            name.removeprefix(f"{party.namespace}/"),
            {
                key: value
                for key, value in labels.items()
                if not key.startswith("io.cilium.") and key != NAMESPACE
            },
            service_account=labels.get(SERVICE_ACCOUNT, "default"),
            ports=described.ports if described else (),
            numbers=described.numbers if described else (),
            kind=party.maker or "pods",
        )


def plain_labels(party: Party) -> Mapping[str, str]:
    """The labels that Kubernetes gave, without their source."""
    return dict(
        each.removeprefix(_SOURCE).partition("=")[::2] for each in party.labels if each.startswith(_SOURCE)
    )


def _order(party: Party) -> tuple[str, tuple[str, ...], str]:
    return party.name, party.labels, party.maker
