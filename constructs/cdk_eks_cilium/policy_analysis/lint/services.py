"""Lints about Services as peers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.policy.model import K8sService, Service
from cdk_eks_cilium.policy_analysis.evaluation.services import services_of
from cdk_eks_cilium.policy_analysis.workloads import KubernetesService
from cdk_eks_cilium.versions import behaviour

from .context import LintContext
from .definition import lint
from .finding import Hit, Spot

_SERVICES: Final = "https://docs.cilium.io/en/stable/security/policy/language/#services-based"


def _services(context: LintContext) -> Iterator[tuple[Spot, Service]]:
    for view in context.items("egress", "egress_deny"):
        for index, service in enumerate(getattr(view.item, "to_services", None) or ()):
            yield view.spot.at(f"toServices[{index}]"), service


def _is_api_server(named: K8sService) -> bool:
    return named.service_name == "kubernetes" and named.namespace in (None, "", "default")


@lint(
    "CNP011",
    "The API server is reached as an entity",
    "warning",
    "The Service default/kubernetes has no selector. Cilium recommends the entity kube-apiserver for it.",
    _SERVICES,
)
def _no_api_server(context: LintContext) -> Iterator[Hit]:
    for spot, service in _services(context):
        if service.k8s_service is not None and _is_api_server(service.k8s_service):
            yield spot.hit(
                "must not be how pods reach the API server: that Service selects no pods",
                "write 'toEntities: [kube-apiserver]'",
                got="default/kubernetes",
            )


@lint(
    "CNP012",
    "Services are known and select pods",
    "warning",
    "A Service stands for the pods that it selects, from Cilium "
    f"{behaviour.policy.SERVICES_MEAN_PODS.since} on. A Service that does not exist stands "
    "for nothing, nor does one of type ExternalName. A Service without a selector stands for addresses, "
    "never for pods.",
    _SERVICES,
    by_objects=True,
)
def _known_services(context: LintContext) -> Iterator[Hit]:
    inventory = context.inventory
    if inventory is None:
        return
    means_pods = behaviour.policy.SERVICES_MEAN_PODS
    for spot, service in _services(context):
        named = service.k8s_service
        if named is None or _is_api_server(named):
            continue
        text = f"{named.namespace or 'any namespace'}/{named.service_name}"
        found = [one for one in inventory.services if _is(one, named)]
        if not found and inventory.services:
            yield spot.hit("must be a known Service", "correct its name or its namespace", got=text)
        elif any(one.selector for one in found) and not means_pods.holds(context.version):
            yield spot.hit(
                f"must be a Service without a selector before Cilium {means_pods.since} "
                f"(this is for {context.version}), other Services stand for nothing",
                "name the pods under toEndpoints",
                got=text,
            )
        elif found and all(one.external_name for one in found):
            yield spot.hit(
                "must not be of type ExternalName, which stands for nothing: Cilium ignores such Services",
                f"write 'toFQDNs: [{{matchName: {found[0].external_name}}}]'",
                got=text,
            )
        elif found and not any(one.selector for one in found):
            yield spot.hit(
                "has no selector, so it stands for the addresses of its endpoints, never for a pod",
                "name pods under toEndpoints, addresses under toCIDR",
                got=text,
                severity="note",
            )


@lint(
    "CNP044",
    "Services are not denied",
    "error",
    "Cilium looks up Services for what egress allows, and not for what egress denies.",
    _SERVICES,
)
def _denied_services(context: LintContext) -> Iterator[Hit]:
    for view in context.items("egress_deny", nodes=True):
        if getattr(view.item, "to_services", None):
            what = "it denies the ports to everyone" if view.item.to_ports else "it denies nothing"
            yield view.peers_spot.hit(
                f"must not be in a denial, where Cilium does not look up Services: {what}",
                "name pods under toEndpoints, addresses under toCIDR",
            )


@lint(
    "CNP045",
    "Services have no ports beside them",
    "error",
    "Cilium replaces a Service by its peers. Without peers only the ports remain, and they are open to "
    "everyone.",
    "https://github.com/cilium/cilium/issues/20067",
)
def _ports_of_services(context: LintContext) -> Iterator[Hit]:
    if context.version is not None and behaviour.policy.SERVICES_REFUSE_PORTS.holds(context.version):
        # Agents refuse the policy, which CNP001 says.
        return
    for view in context.items("egress", nodes=True):
        services = getattr(view.item, "to_services", None)
        if not services or not view.item.to_ports:
            continue
        meant = services_of(services, context.around.inventory, context.version)
        if meant.api_server:
            continue
        known = context.inventory is not None and bool(context.inventory.services)
        nothing = meant.is_nothing or (known and not (meant.pods or meant.ranges or meant.addresses))
        yield view.spot.at("toPorts").hit(
            "must not be beside toServices: if the Services stand for nothing, or do not exist, the ports "
            "are open to everyone",
            "name the pods under toEndpoints",
            got="Services that stand for nothing" if nothing else "",
            severity=None if nothing else "note",
        )


def _is(one: KubernetesService, named: K8sService) -> bool:
    return one.name == named.service_name and named.namespace in (None, "", one.namespace)
