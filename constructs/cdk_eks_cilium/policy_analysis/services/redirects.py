"""Local redirects: connections to a Service or an address that Cilium hands to pods of the client's node.

The pods' labels are what policies have to choose: https://github.com/cilium/cilium/issues/24654.
"""

from __future__ import annotations

from cdk_eks_cilium.policy_analysis.evaluation.labels import matcher, workload_labels
from cdk_eks_cilium.policy_analysis.workloads import (
    Inventory,
    KubernetesService,
    LocalRedirect,
    ServicePort,
    Workload,
)


def redirect_to(
    service: KubernetesService, port: ServicePort, inventory: Inventory
) -> tuple[LocalRedirect, int] | None:
    """The redirect for a port of a Service, with the port of its pods; None without one.

    Cilium redirects Services of the type ClusterIP alone. Of several ports, those with the name of the
    Service's port get its connections.
    """
    if service.type != "ClusterIP" or service.headless:
        return None
    for redirect in inventory.redirects:
        frontend = [(one.protocol, one.number) for one in redirect.frontend_ports]
        if redirect.service != str(service) or (frontend and (port.protocol, port.number) not in frontend):
            continue
        for one in redirect.ports:
            named = len(redirect.ports) == 1 or one.name == port.name
            if named and one.protocol == port.protocol:
                return redirect, one.number
    return None


def redirect_from(address: str, protocol: str, number: int, inventory: Inventory) -> LocalRedirect | None:
    """The redirect for a port of an address that is of no Service; None without one."""
    for redirect in inventory.redirects:
        frontend = [(one.protocol, one.number) for one in redirect.frontend_ports]
        if redirect.address == address and (protocol, number) in frontend:
            return redirect
    return None


def local_pods(redirect: LocalRedirect, inventory: Inventory) -> list[Workload]:
    """The known pods that get the connections, in the namespace of the redirect."""
    chosen = matcher(redirect.selector, {})
    return [
        one
        for one in inventory.workloads
        if one.namespace == redirect.namespace
        and not one.host_network
        and chosen.meaning(workload_labels(one, inventory)).matches
    ]
