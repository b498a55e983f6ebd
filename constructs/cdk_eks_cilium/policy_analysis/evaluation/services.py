"""The peers that Services stand for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cdk_eks_cilium.policy.model import LabelSelector, Service
from cdk_eks_cilium.policy_analysis.workloads import Inventory, KubernetesService
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .labels import NAMESPACE, Labels, Matcher, matcher


@dataclass(frozen=True)
class ServicePeers:
    """The peers that some Services stand for.

    Attributes:
        pods: Selectors of pods.
        ranges: The addresses behind Services without a selector, each as a range. They never mean a pod.
        addresses: Services without a selector of which nobody described what is behind them.
        unknown: Services that nobody described, such as ``Service b/api``.
        api_server: Whether the API server is among them.
    """

    pods: tuple[Matcher, ...]
    ranges: tuple[str, ...]
    addresses: tuple[str, ...]
    unknown: tuple[str, ...]
    api_server: bool

    @property
    def is_nothing(self) -> bool:
        """Whether they are known to stand for nothing."""
        return not (self.pods or self.ranges or self.addresses or self.unknown or self.api_server)


def services_of(
    services: Iterable[Service], inventory: Inventory, version: CiliumVersion | None
) -> ServicePeers:
    """Find what the entries of toServices stand for.

    That is the selector of a Service, or, of a Service without one, the addresses in its EndpointSlices
    (``processRule`` in Cilium's ``pkg/policy/k8s/service.go``). Cilium ignores Services of type ExternalName
    (``ParseService`` in ``pkg/k8s/service.go``).
    """
    pods: list[Matcher] = []
    ranges: list[str] = []
    addresses: list[str] = []
    unknown: list[str] = []
    api_server = False
    for service in services:
        chosen = _chosen(service, inventory)
        for found in chosen:
            if found.external_name:
                continue
            if not found.selector:
                listed = inventory.backends_of(str(found))
                ranges += [text for each in listed for text in each.addresses]
                addresses += [] if listed else [str(found)]
            elif behaviour.policy.SERVICES_MEAN_PODS.holds(version):
                within = {f"k8s:{NAMESPACE}": found.namespace}
                pods.append(matcher(LabelSelector(match_labels=dict(found.selector)), within))
        named = service.k8s_service
        if named is not None and named.service_name == "kubernetes" and named.namespace in (None, "default"):
            api_server = True
        elif named is not None and not chosen:
            unknown.append(f"Service {named.namespace or 'any'}/{named.service_name}")
        elif named is None and not chosen:
            unknown += _undescribed(service, inventory)
    return ServicePeers(tuple(pods), tuple(ranges), tuple(addresses), tuple(unknown), api_server)


def _chosen(service: Service, inventory: Inventory) -> list[KubernetesService]:
    if service.k8s_service is not None:
        name, namespace = service.k8s_service.service_name, service.k8s_service.namespace
        return [
            one for one in inventory.services if one.name == name and namespace in (None, "", one.namespace)
        ]
    by_labels = service.k8s_service_selector
    if by_labels is None:
        return []
    chosen = matcher(by_labels.selector)
    return [
        one
        for one in inventory.services
        if by_labels.namespace in (None, "", one.namespace) and chosen.matches(_plain(one.labels))
    ]


def _undescribed(service: Service, inventory: Inventory) -> list[str]:
    """The Services that labels may choose, where no Service of the namespace is described."""
    within = service.k8s_service_selector.namespace if service.k8s_service_selector is not None else None
    if any(within in (None, "", one.namespace) for one in inventory.services):
        return []
    return [f"the Services of {within}" if within else "the Services"]


def _plain(labels: Labels) -> Labels:
    return {**labels, **{f"k8s:{key}": value for key, value in labels.items()}}
