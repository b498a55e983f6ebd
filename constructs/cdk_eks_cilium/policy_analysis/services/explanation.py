"""Whether a connection to a Service may pass: the answers for its pods, and whom they see as the client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Explanation, Flow
from cdk_eks_cilium.policy_analysis.workloads import KubernetesService, ServicePort
from cdk_eks_cilium.problems import InputError, Problem

from .backends import Backend, find_backends
from .clients import SeenAs, ServiceProxy, Way, has_ip_targets, seen_as, ways_of

Verdict = Literal["allowed", "denied", "unknown", "partly"]
"""The verdict of all cases together; ``partly`` where some are allowed and others are denied."""

_WORDS: Final = {
    "allowed": "allowed",
    "denied": "denied",
    "unknown": "not known",
    "partly": "allowed in part",
}
_OUTSIDE: Final = frozenset({"world"})

MakeFlow = Callable[[Endpoint, Endpoint, int], Flow]
"""Makes the flow between two sides at a port."""


@dataclass(frozen=True)
class ServiceCase:
    """One way of a connection to a Service.

    Attributes:
        explanation: The answer for the flow that policies see.
        when: In which case the connection is this flow, as a clause; empty if always.
    """

    explanation: Explanation
    when: str = ""


@dataclass(frozen=True)
class ServiceExplanation:
    """The answer for a connection to a Service.

    Attributes:
        source: The side that begins, as it is outside the Service.
        service: The Service.
        port: Its port.
        cases: What policies see of it.
        remarks: What else matters, as clauses.
    """

    source: Endpoint
    service: KubernetesService
    port: ServicePort
    cases: tuple[ServiceCase, ...]
    remarks: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Whether the connection may pass, in every case or in some."""
        found = {case.explanation.verdict for case in self.cases}
        if {"allowed", "denied"} <= found:
            return "partly"
        return "unknown" if "unknown" in found else next(iter(found))

    @property
    def allowed(self) -> bool:
        """Whether the connection is known to pass in every case."""
        return self.verdict == "allowed"

    @property
    def word(self) -> str:
        """The verdict in words."""
        return _WORDS[self.verdict]

    def __str__(self) -> str:
        return f"{self.source} -> Service {self.service} {self.port.protocol} {self.port.number}"

    def as_json(self) -> dict[str, Any]:
        """The answer as plain data."""
        return {
            "source": str(self.source),
            "destination": f"svc/{self.service}",
            "port": self.port.number,
            "protocol": self.port.protocol,
            "verdict": self.verdict,
            "cases": [{"when": case.when, **case.explanation.as_json()} for case in self.cases],
            "remarks": list(self.remarks),
        }


def explain_service(
    evaluation: Evaluation,
    source: Endpoint,
    service: KubernetesService,
    port: ServicePort,
    make: MakeFlow,
    *,
    way: Way | None = None,
    proxy: ServiceProxy = "kube-proxy",
    where: str = "--to",
) -> ServiceExplanation:
    """Say whether a connection to a Service may pass.

    Args:
        evaluation: The policies and their inventory.
        source: The side that begins.
        service: The Service.
        port: Its port.
        make: Makes the flow between the sides that policies see.
        way: How a client outside the cluster comes to it. By default the Service's own way.
        proxy: Who hands connections to pods on each node.
        where: The place that errors name.

    Raises:
        InputError: If nothing known is behind the Service, or a client outside cannot come to it.
    """
    if service.external_name:
        return _external(evaluation, source, service, port, make)
    if (service.namespace, service.name) == ("default", "kubernetes"):
        found = evaluation.explain(make(source, Endpoint.entity("kube-apiserver"), port.number))
        return ServiceExplanation(source, service, port, (ServiceCase(found),))
    outside = source.kind == "address" or (source.kind == "entity" and source.name in _OUTSIDE)
    seen = _seen(source, service, way, proxy, port.protocol, where) if outside else [SeenAs(source, "")]
    backends = find_backends(service, port, evaluation.inventory)
    _need(backends, service, port, where)
    cases = [
        ServiceCase(evaluation.explain(make(each.endpoint, Endpoint.pod(one.workload), one.port)), each.when)
        for one in backends
        if one.port is not None
        for each in seen
    ]
    remarks = (*_remarks(service, port, backends), *_about_clients(source, service, seen))
    return ServiceExplanation(source, service, port, tuple(cases), remarks)


def _external(
    evaluation: Evaluation, source: Endpoint, service: KubernetesService, port: ServicePort, make: MakeFlow
) -> ServiceExplanation:
    found = evaluation.explain(make(source, Endpoint.fqdn(service.external_name), port.number))
    remark = f"the Service is another name of {service.external_name}, and changes no port"
    return ServiceExplanation(source, service, port, (ServiceCase(found),), (remark,))


def _seen(
    client: Endpoint,
    service: KubernetesService,
    way: Way | None,
    proxy: ServiceProxy,
    protocol: str,
    where: str,
) -> Sequence[SeenAs]:
    ways = ways_of(service)
    if not ways or service.headless:
        rule = "must be a Service that clients outside the cluster can reach: a NodePort or a LoadBalancer"
        got, fix = f"{service} of type {service.type}", "name a client in the cluster, or the pods themselves"
        raise InputError([Problem(where, rule, got, fix, id="CEK5093")])
    if way is not None and way not in ways:
        rule, fix = "must be a way to the Service", f"use {' or '.join(ways)}"
        raise InputError([Problem("--via", rule, way, fix, id="CEK5094")])
    return seen_as(client, service, way or ways[0], proxy, protocol)


def _need(backends: Sequence[Backend], service: KubernetesService, port: ServicePort, where: str) -> None:
    if any(one.port is not None for one in backends):
        return
    if backends:
        rule = f"must be a Service whose pods have a port called {port.of_pods}"
        names = sorted({each.name for one in backends for each in one.workload.ports})
        fix = f"they have {', '.join(names)}" if names else "they have no port with a name"
    elif service.selector:
        rule = "must be a Service with known pods behind it"
        labels = ", ".join(f"{key}={value}" for key, value in service.selector.items())
        fix = f"also name the files with the pods of {service.namespace} that have {labels}"
    else:
        rule = "must be a Service with a selector: nobody described what is behind this one"
        fix = "name an address behind it, as cidr:ADDRESS:PORT"
    raise InputError([Problem(where, rule, str(service), fix, id="CEK5095")])


def _about_clients(client: Endpoint, service: KubernetesService, seen: Sequence[SeenAs]) -> Iterator[str]:
    """What a client outside the cluster becomes on its way."""
    if client.on_node or client.workload is not None:
        return
    if any(each.endpoint.on_node for each in seen):
        yield "policies see the client as a node: the entities cluster and remote-node let in whoever comes"
    if has_ip_targets(service) and any(each.endpoint == client for each in seen):
        # https://github.com/cilium/cilium/issues/20554, as docs/ways-in.md says
        yield "with egress 'node' answers to clients outside the VPC are lost, whatever policies say"


def _remarks(service: KubernetesService, port: ServicePort, backends: Sequence[Backend]) -> Iterator[str]:
    if service.headless:
        if port.of_pods != port.number:
            yield (
                "the Service is headless: clients connect to the pods themselves, on the port that they "
                f"choose, and its targetPort {port.of_pods} changes nothing"
            )
        return
    if any(one.port not in (None, port.number) for one in backends):
        yield f"policies see the pods' port, and never the Service's port {port.number}"
    left = [str(one.workload) for one in backends if one.port is None]
    if left:
        yield f"the Service leaves out {', '.join(left)}, without a port called {port.of_pods}"
