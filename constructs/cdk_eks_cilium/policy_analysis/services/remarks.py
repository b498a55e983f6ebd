"""What people ask when a policy does not do what they meant: a Service's port, a range, every pod."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cdk_eks_cilium.policy_analysis.evaluation import Direction, Evaluation, Explanation, Flow
from cdk_eks_cilium.policy_analysis.evaluation.compiled import CompiledItem
from cdk_eks_cilium.policy_analysis.workloads import Inventory, KubernetesService, ServicePort, Workload

from .backends import Backend, find_backends
from .clients import has_ip_targets
from .redirects import local_pods, redirect_from, redirect_to
from .routes import ServiceClient, ServiceRoute


def with_remarks(found: Explanation, evaluation: Evaluation) -> Explanation:
    """The answer with remarks on what its flow and the policies for its pods probably were meant to be."""
    flow = found.flow
    ingress, egress = found.ingress, found.egress
    if ingress is not None:
        further = (
            *_service_port(flow, evaluation.inventory),
            *_peers(flow, evaluation, "ingress", ingress.allowed),
        )
        ingress = replace(ingress, remarks=(*ingress.remarks, *further))
    if egress is not None:
        further = tuple(_peers(flow, evaluation, "egress", egress.allowed))
        if ingress is None or flow.destination.workload is None:
            further = (*_service_port(flow, evaluation.inventory), *further)
        further = (*_address_redirect(flow, evaluation.inventory), *further)
        further = (*further, *(_question(flow, evaluation) if egress.allowed else ()))
        egress = replace(egress, remarks=(*egress.remarks, *further))
    return replace(found, ingress=ingress, egress=egress)


def _question(flow: Flow, evaluation: Evaluation) -> Iterator[str]:
    """The pod gets to the addresses of a name, and cannot ask DNS for them.

    Cilium's proxy refuses every question that no DNS rule matches
    (https://docs.cilium.io/en/stable/security/policy/language/#dns-proxy).
    """
    workload = flow.source.workload
    if workload is None or flow.destination.kind != "fqdn":
        return
    name = flow.destination.name
    refusing = evaluation.dns_refusals(workload, name)
    if refusing:
        yield (
            f"but {workload} cannot ask DNS for the name: no DNS rule matches it, and Cilium's proxy refuses "
            f"the question; add matchName: {name} to rules.dns of {refusing[0]}"
        )
    elif refusing is not None:
        yield f"but {workload} cannot ask DNS for the name: no rule opens port 53 of the DNS servers"


def _service_port(flow: Flow, inventory: Inventory) -> Iterator[str]:
    """The port is a Service's, and the pod does not say that it listens there."""
    workload = flow.destination.workload
    if workload is None or (flow.protocol, flow.port) in workload.numbers:
        return
    says = f"no container of {workload} says that it listens on {flow.port}: that" if workload.numbers else ""
    for service, meant in services_with(workload, flow.protocol, flow.port, inventory):
        yield (
            f"{says or flow.port} is the port of Service {service}, which hands connections to the pods' "
            f"port {meant}, and policies see that port alone"
        )


def services_with(
    workload: Workload, protocol: str, number: int, inventory: Inventory
) -> Iterator[tuple[str, int]]:
    """The Services that turn a port into another port of a pod: each with that other port."""
    for service in inventory.services:
        if service.namespace != workload.namespace or service.headless:
            continue
        for port in service.ports:
            if port.protocol != protocol or number not in (port.number, port.node_port):
                continue
            for backend in find_backends(service, port, inventory):
                if backend.workload == workload and backend.port not in (None, number):
                    yield str(service), backend.port or 0


def _peers(flow: Flow, evaluation: Evaluation, direction: Direction, allowed: bool) -> Iterator[str]:
    """Items that do not mean a pod, though they look so: ranges, and every pod of one namespace."""
    subject, other = (
        (flow.source, flow.destination) if direction == "egress" else (flow.destination, flow.source)
    )
    if allowed or subject.workload is None or other.workload is None or other.workload.host_network:
        return
    for rule in evaluation.selecting(subject.workload):
        for item in rule.items(direction):
            if item.denies:
                continue
            if "_cidr" in (item.item.peer_kind or "") and not item.peers.pods:
                yield f"{item.place} is for ranges, which never mean a pod, whatever its address"
            elif rule.namespace not in (None, other.workload.namespace) and _is_everyone(item):
                yield f"{item.place} means every pod of its own namespace {rule.namespace}, and no other pod"


def _is_everyone(item: CompiledItem) -> bool:
    kind = item.item.peer_kind
    given = getattr(item.item, kind) if kind in ("from_endpoints", "to_endpoints") else ()
    return any(selector.is_empty for selector in given)


def about_redirect(
    service: KubernetesService, port: ServicePort, inventory: Inventory, client: Workload | None
) -> Iterator[str]:
    """What a local redirect makes of a connection to a Service."""
    found = redirect_to(service, port, inventory)
    if found is None:
        return
    redirect, number = found
    pods = local_pods(redirect, inventory)
    if redirect.skips_backends and client in pods:
        yield f"{redirect} leaves connections of its own pods alone"
    elif not pods:
        yield (
            f"answers may differ: {redirect} hands connections to pods of the client's own node, of which no "
            "file describes one"
        )
    else:
        everywhere = any(one.kind == "DaemonSet" for one in pods)
        also = "" if everywhere else ", and without one there to the Service's"
        yield (
            f"{redirect} hands connections to port {number} of {', '.join(map(str, pods))} on the client's "
            f"own node{also}, where the chart's localRedirectPolicies.enabled is true"
        )


def _address_redirect(flow: Flow, inventory: Inventory) -> Iterator[str]:
    """A local redirect takes the connection elsewhere, so that policies see other pods."""
    redirect = redirect_from(flow.destination.name, flow.protocol, flow.port, inventory)
    if redirect is not None:
        pods = ", ".join(map(str, local_pods(redirect, inventory)))
        yield (
            f"{redirect} hands connections to this address to pods of the client's own node, and policies "
            f"see these instead: ask for {pods or 'them, and add them to the files'}"
        )


def about_service(
    service: KubernetesService, port: ServicePort, backends: Sequence[Backend]
) -> Iterator[str]:
    """What a Service makes of its ports and pods."""
    if service.headless:
        if port.of_pods != port.number:
            yield (
                "the Service is headless: clients connect to the pods themselves, on the port that they "
                f"choose, and its targetPort {port.of_pods} changes nothing"
            )
        return
    if any(one.port not in (None, port.number) for one in backends):
        yield f"policies see the pods' port, and never the Service's port {port.number}"
    left = [str(one.endpoint) for one in backends if one.port is None]
    if left:
        yield f"the Service leaves out {', '.join(left)}, without a port called {port.of_pods}"


def about_clients(
    client: ServiceClient, service: KubernetesService, routes: Sequence[ServiceRoute]
) -> Iterator[str]:
    """What a client becomes on its way to a Service."""
    endpoint = client.endpoint
    arrivals = [route.legs[-1].source for route in routes]
    if any(each.on_node for each in arrivals) and not endpoint.on_node:
        yield "policies see the client as a node: the entities cluster and remote-node let in whoever comes"
    if any(leg.port is None for route in routes for leg in route.legs):
        yield "the cluster is to choose the nodePort, and 30000 stands for it"
    if client.is_outside:
        if has_ip_targets(service) and endpoint in arrivals:
            # https://github.com/cilium/cilium/issues/20554, as docs/ways-in.md says
            yield "with egress 'node' answers to clients outside the VPC are lost, whatever policies say"
    elif client.way is None:
        if service.stays_local:
            yield "only pods on the client's own node answer (internalTrafficPolicy Local)"
    elif len(routes[0].legs) == 1 and not endpoint.on_node:
        yield "Cilium connects the socket to a pod behind the Service at once: policies see no node between"
    elif client.way == "loadbalancer" and endpoint in arrivals:
        yield (
            "a load balancer that keeps clients leads to no pod on the client's own instance, whatever "
            "policies say"
        )
