"""Which ports of Services the workloads of a matrix may reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Matrix, PortSet, Reach
from cdk_eks_cilium.policy_analysis.workloads import KubernetesService, ServicePort

from .backends import find_backends


@dataclass(frozen=True)
class ServiceReach:
    """What one side may reach of a Service.

    Attributes:
        source: The side that begins.
        service: The Service.
        ports: The Service's ports where a connection passes, whichever pod gets it.
        limited: Ports where only some connections pass: to some of the pods, or only some requests.
        unknown: Ports where that is not known.
    """

    source: Endpoint
    service: KubernetesService
    ports: PortSet
    limited: PortSet
    unknown: PortSet

    def __str__(self) -> str:
        parts = [str(self.ports)] if self.ports else []
        parts += [f"{self.limited} in part"] if self.limited else []
        parts += [f"{self.unknown} not known"] if self.unknown else []
        return "; ".join(parts)

    def as_json(self) -> dict[str, Any]:
        """The reach as plain data, with the fields of a pair of a matrix."""
        return {
            "source": str(self.source),
            "destination": f"svc/{self.service}",
            "ports": str(self.ports) if self.ports else "",
            "limited": str(self.limited) if self.limited else "",
            "limits": [],
            "denied": "",
            "unknown": str(self.unknown) if self.unknown else "",
            "missing": [],
        }


def reach_services(
    matrix: Matrix, sources: Iterable[Endpoint], services: Sequence[KubernetesService]
) -> Iterator[ServiceReach]:
    """What some sides may reach of some Services; sides that reach nothing of one are left out.

    Args:
        matrix: A matrix with the sides and all known workloads.
        sources: The sides.
        services: The Services.
    """
    for source in sources:
        if source.workload is None:
            continue
        for service in services:
            found = _reach(matrix, source, service)
            if found.ports or found.limited or found.unknown:
                yield found


def _reach(matrix: Matrix, source: Endpoint, service: KubernetesService) -> ServiceReach:
    sorted_ports: dict[str, list[tuple[str, int, int]]] = {"ports": [], "limited": [], "unknown": []}
    for port in service.ports:
        kind = _kind(matrix, source, service, port)
        if kind:
            sorted_ports[kind].append((port.protocol, port.number, port.number))
    sets = {name: PortSet.of(parts) for name, parts in sorted_ports.items()}
    return ServiceReach(source, service, sets["ports"], sets["limited"], sets["unknown"])


def _kind(matrix: Matrix, source: Endpoint, service: KubernetesService, port: ServicePort) -> str:
    """Whether connections to a port pass: ``ports``, ``limited``, ``unknown``, or empty for no."""
    answers: set[str] = set()
    for backend in find_backends(service, port, matrix.evaluation.inventory, source.workload):
        if backend.port is not None:
            reach = _to(matrix, source, backend.endpoint)
            answers.add(_answer(reach, (port.protocol, backend.port)))
    if not answers - {""}:
        return ""
    if answers == {"ports"} or answers == {"unknown"}:
        return next(iter(answers))
    return "unknown" if answers <= {"unknown", ""} else "limited"


def _to(matrix: Matrix, source: Endpoint, destination: Endpoint) -> Reach | None:
    """The reach of a pair; None for one pod and itself, which always reaches itself."""
    if source == destination and source.workload is not None and source.workload.kind == "Pod":
        return None
    return matrix.reach(source, destination)


def _answer(reach: Reach | None, place: tuple[str, int]) -> str:
    if reach is None or place in reach.ports:
        return "ports"
    if place in reach.limited:
        return "limited"
    return "unknown" if place in reach.unknown else ""
