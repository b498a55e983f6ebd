"""The pods behind a Service, and the port that each listens on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cdk_eks_cilium.policy_analysis.workloads import Inventory, KubernetesService, ServicePort, Workload
from cdk_eks_cilium.problems import InputError, Problem

_POD_NAME = "statefulset.kubernetes.io/pod-name"


@dataclass(frozen=True)
class Backend:
    """Pods behind a Service.

    Attributes:
        workload: The pods.
        port: The port that the Service hands connections to; None if the pods have no port of that name, so
            that the Service leaves them out.
    """

    workload: Workload
    port: int | None


def service_port(service: KubernetesService, text: str, protocol: str | None, where: str) -> ServicePort:
    """The port of a Service with a number or a name.

    Raises:
        InputError: If it has no such port; *where* is the place that the error names.
    """
    for port in service.ports:
        if text in (str(port.number), port.name) and protocol in (None, port.protocol):
            return port
    known = ", ".join(map(str, service.ports))
    fix = f"its ports are {known}" if known else "it has no ports"
    wanted = f"{text}/{protocol}" if protocol else text
    raise InputError([Problem(where, f"must be a port of Service {service}", wanted, fix, id="CEK5089")])


def find_backends(service: KubernetesService, port: ServicePort, inventory: Inventory) -> list[Backend]:
    """The known pods behind a port of a Service; none for a Service without a selector.

    A name of a target port is looked up in each pod
    (https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports). Clients of a headless
    Service connect to the pods themselves, on the port that they choose
    (https://kubernetes.io/docs/concepts/services-networking/service/#headless-services).
    """
    return [
        Backend(workload, port.number if service.headless else _target(workload, port))
        for workload in selected(service, inventory)
    ]


def selected(service: KubernetesService, inventory: Inventory) -> Iterator[Workload]:
    """The known pods that a Service selects."""
    for workload in inventory.workloads if service.selector else ():
        if workload.namespace == service.namespace and _matches(service.selector, workload):
            yield workload


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
