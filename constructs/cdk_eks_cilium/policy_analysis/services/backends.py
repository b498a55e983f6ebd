"""What is behind a Service, and the port that each backend gets connections at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cdk_eks_cilium.policy_analysis.evaluation import Endpoint
from cdk_eks_cilium.policy_analysis.evaluation.labels import workload_labels
from cdk_eks_cilium.policy_analysis.workloads import Inventory, KubernetesService, ServicePort, Workload
from cdk_eks_cilium.problems import InputError, Problem

from .redirects import local_pods, redirect_to

_POD_NAME = "statefulset.kubernetes.io/pod-name"


@dataclass(frozen=True)
class Backend:
    """Pods, or an address, behind a Service.

    Attributes:
        endpoint: The side that policies see.
        port: The port that the Service hands connections to; None if the pods have no port of that name, so
            that the Service leaves them out.
    """

    endpoint: Endpoint
    port: int | None

    @property
    def workload(self) -> Workload | None:
        """The pods; None for an address outside the cluster, and for a node."""
        return self.endpoint.workload


def service_port(service: KubernetesService, text: str, protocol: str | None, where: str) -> ServicePort:
    """The port of a Service with a number or a name; of an ExternalName, which has no ports, any number.

    Raises:
        InputError: If it has no such port; *where* is the place that the error names.
    """
    for port in service.ports:
        if text in (str(port.number), port.name) and protocol in (None, port.protocol):
            return port
    if service.external_name and text.isdecimal() and 1 <= int(text) <= 65535:
        return ServicePort(int(text), protocol=protocol or "TCP")
    known = ", ".join(map(str, service.ports))
    fix = f"its ports are {known}" if known else "it has no ports"
    wanted = f"{text}/{protocol}" if protocol else text
    raise InputError([Problem(where, f"must be a port of Service {service}", wanted, fix, id="CEK5089")])


def find_backends(
    service: KubernetesService, port: ServicePort, inventory: Inventory, client: Workload | None = None
) -> list[Backend]:
    """What is known to be behind a port of a Service, for the pods of a client.

    With a local redirect that is its pods. Only a DaemonSet's are on every node, so others stand beside
    what the Service itself has.
    """
    own = _find_own(service, port, inventory)
    found = redirect_to(service, port, inventory)
    if found is None:
        return own
    redirect, number = found
    pods = local_pods(redirect, inventory)
    if not pods or (redirect.skips_backends and client in pods):
        return own
    local = [Backend(Endpoint.pod(one), number) for one in pods]
    everywhere = any(one.kind == "DaemonSet" for one in pods)
    return local if everywhere else list(dict.fromkeys((*local, *own)))


def _find_own(service: KubernetesService, port: ServicePort, inventory: Inventory) -> list[Backend]:
    """What the Service itself has behind a port.

    That is the pods that it selects, or, without a selector, the addresses that its EndpointSlices list
    (https://kubernetes.io/docs/concepts/services-networking/service/#services-without-selectors). A name of a
    target port is looked up in each pod
    (https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports). Clients of a headless
    Service connect to the pods themselves, on the port that they choose
    (https://kubernetes.io/docs/concepts/services-networking/service/#headless-services).
    """
    if service.selector:
        return [
            Backend(Endpoint.pod(workload), port.number if service.headless else _target(workload, port))
            for workload in selected(service, inventory)
        ]
    return list(dict.fromkeys(_listed(service, port, inventory)))


def selected(service: KubernetesService, inventory: Inventory) -> Iterator[Workload]:
    """The known pods that a Service selects."""
    for workload in inventory.workloads if service.selector else ():
        if workload.namespace == service.namespace and _matches(service.selector, workload):
            yield workload


def endpoint_at(address: str, inventory: Inventory) -> Endpoint:
    """The side that has an IP address: a known pod, a known node, or else somebody outside the cluster.

    Raises:
        InputError: If the address is invalid.
    """
    endpoint = Endpoint.address(address)
    if (workload := inventory.pod_at(endpoint.name)) is not None:
        return Endpoint.pod(workload)
    return Endpoint.entity("remote-node", endpoint.name) if inventory.is_node(endpoint.name) else endpoint


def foreign_pod(workload: Workload, there: Inventory) -> Endpoint:
    """A pod of another cluster as policies here see it; *there* is what is known of that cluster."""
    if workload.host_network:
        return Endpoint.entity("remote-node")
    labels = {key: text for key, text in workload_labels(workload, there).items() if ":" not in key}
    known = workload.namespace in there.namespaces
    return Endpoint.foreign(
        str(workload), there.cluster_name, labels, undescribed="" if known else workload.namespace
    )


def _listed(service: KubernetesService, port: ServicePort, inventory: Inventory) -> Iterator[Backend]:
    """What EndpointSlices list behind a port: their ports have the names of the Service's ports."""
    for listed in inventory.backends_of(str(service)):
        numbers = [
            one.number for one in listed.ports if (one.name, one.protocol) == (port.name, port.protocol)
        ]
        # Without ports a slice is for every port.
        for number in numbers or ([] if listed.ports else [port.number]):
            for address in listed.addresses:
                chosen = port.number if service.headless else number
                yield Backend(endpoint_at(address, inventory), chosen)


def _matches(selector: Mapping[str, str], workload: Workload) -> bool:
    return all(
        workload.labels.get(key) == value or (key == _POD_NAME and _is_member(workload, value))
        for key, value in selector.items()
    )


def _is_member(workload: Workload, pod: str) -> bool:
    """Whether a name is of a pod of a StatefulSet, which numbers its pods."""
    return workload.kind == "StatefulSet" and bool(re.fullmatch(rf"{re.escape(workload.name)}-\d+", pod))


def _target(workload: Workload, port: ServicePort) -> int | None:
    if isinstance(port.of_pods, int):
        return port.of_pods
    return next(
        (one.number for one in workload.ports if (one.name, one.protocol) == (port.of_pods, port.protocol)),
        None,
    )
