"""What people ask when a policy does not do what they meant: a Service's port, a range, every pod."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cdk_eks_cilium.policy_analysis.evaluation import Direction, Evaluation, Explanation, Flow
from cdk_eks_cilium.policy_analysis.evaluation.compiled import CompiledItem
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload

from .backends import find_backends


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
        egress = replace(egress, remarks=(*egress.remarks, *further))
    return replace(found, ingress=ingress, egress=egress)


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
            if "_cidr" in (item.item.peer_kind or ""):
                yield f"{item.place} is for ranges, which never mean a pod, whatever its address"
            elif rule.namespace not in (None, other.workload.namespace) and _is_everyone(item):
                yield f"{item.place} means every pod of its own namespace {rule.namespace}, and no other pod"


def _is_everyone(item: CompiledItem) -> bool:
    kind = item.item.peer_kind
    given = getattr(item.item, kind) if kind in ("from_endpoints", "to_endpoints") else ()
    return any(selector.is_empty for selector in given)
