"""Whether a connection to a Service may pass: the answers for what is behind it, way by way."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from cdk_eks_cilium.policy_analysis.evaluation import (
    Endpoint,
    Evaluation,
    Explanation,
    Flow,
    Matrix,
    PortSet,
    Ruling,
    Verdict,
)
from cdk_eks_cilium.policy_analysis.workloads import KubernetesService, ServicePort
from cdk_eks_cilium.problems import InputError, Problem

from .backends import Backend, find_backends, service_port
from .clients import ServiceProxy, Way, ways_of
from .remarks import about_clients, about_redirect, about_service
from .routes import ServiceClient, ServiceLeg, ServiceRoute, routes

ServiceVerdict = Literal["allowed", "denied", "unknown", "partly"]
"""The verdict of all cases together; ``partly`` where some are allowed and others are denied."""

_WORDS: Final = {
    "allowed": "allowed",
    "denied": "denied",
    "unknown": "not known",
    "partly": "allowed in part",
}
NODE_PORTS: Final = (30000, 32767)
"""The ports of nodes that clusters choose from by default.

https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport
"""

_OTHER_SERVICE: Final = re.compile(r"(?P<name>[^.]+)\.(?P<namespace>[^.]+)\.svc(\.cluster\.local)?\.?")

MakeFlow = Callable[[Endpoint, Endpoint, int], Flow]
"""Makes the flow between two sides at a port."""


@dataclass(frozen=True)
class ServiceCase:
    """One way of a connection to a Service.

    Attributes:
        explanation: The answer for the flow that the policies of what is behind the Service see.
        when: In which case the connection is this flow, as a clause; empty if always.
        before: The answers for flows that the client's policies see instead, such as one to a node.
    """

    explanation: Explanation
    when: str = ""
    before: tuple[Explanation, ...] = ()

    @property
    def explanations(self) -> tuple[Explanation, ...]:
        """All answers, in the order of the connection."""
        return (*self.before, self.explanation)

    @property
    def verdict(self) -> Verdict:
        """Whether the connection may pass this way."""
        found = {each.verdict for each in self.explanations}
        if "denied" in found:
            return "denied"
        return "unknown" if "unknown" in found else "allowed"

    def as_json(self) -> dict[str, Any]:
        """The case as plain data."""
        data = {"when": self.when, **self.explanation.as_json(), "verdict": self.verdict}
        return {**data, "before": [each.as_json() for each in self.before]} if self.before else data


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
    def verdict(self) -> ServiceVerdict:
        """Whether the connection may pass, in every case or in some."""
        found = {case.verdict for case in self.cases}
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
            "cases": [case.as_json() for case in self.cases],
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
        way: How the client comes to it. By default the Service's own address for a client in the cluster, and
            the way of the Service's type for others.
        proxy: Who hands connections to pods on each node.
        where: The place that errors name.

    Raises:
        InputError: If nothing known is behind the Service, or the client cannot come to it that way.
    """
    behind, remarks = _behind(service, port, evaluation)
    if behind is not None and behind.external_name:
        found = evaluation.explain(make(source, Endpoint.fqdn(behind.external_name), port.number))
        return ServiceExplanation(source, service, port, (ServiceCase(found),), remarks)
    if behind is not None:
        at = service_port(behind, str(port.number), port.protocol, where)
        there = explain_service(evaluation, source, behind, at, make, way=way, proxy=proxy, where=where)
        return ServiceExplanation(source, service, port, there.cases, (*remarks, *there.remarks))
    if (service.namespace, service.name) == ("default", "kubernetes"):
        found = evaluation.explain(make(source, Endpoint.entity("kube-apiserver"), port.number))
        return ServiceExplanation(source, service, port, (ServiceCase(found),))
    client = _client(source, service, way, proxy, where)
    backends = find_backends(service, port, evaluation.inventory, source.workload)
    _need(backends, service, port, where)
    found_routes = list(routes(client, service, port, backends, evaluation.inventory))
    cases = tuple(_case(evaluation, route, service, make) for route in found_routes)
    return ServiceExplanation(
        source,
        service,
        port,
        cases,
        (
            *about_redirect(service, port, evaluation.inventory, source.workload),
            *about_service(service, port, backends),
            *about_clients(client, service, found_routes),
        ),
    )


def _behind(
    service: KubernetesService, port: ServicePort, evaluation: Evaluation
) -> tuple[KubernetesService | None, tuple[str, ...]]:
    """What an ExternalName stands for: another Service in the files, or itself with its name outside.

    https://kubernetes.io/docs/concepts/services-networking/service/#externalname: a CNAME, which no proxy
    touches. So the Service that the name is of gets the connection, at the port that the client chose.
    """
    if not service.external_name:
        return None, ()
    remark = f"the Service is another name of {service.external_name}, and changes no port"
    match = _OTHER_SERVICE.fullmatch(service.external_name)
    other = evaluation.inventory.service(f"{match['namespace']}/{match['name']}") if match else None
    return (other if other is not None and not other.external_name else service), (remark,)


def _client(
    source: Endpoint, service: KubernetesService, way: Way | None, proxy: ServiceProxy, where: str
) -> ServiceClient:
    client = ServiceClient(source, way, proxy)
    ways = ways_of(service)
    if client.is_outside and not ways:
        rule = "must be a Service that clients outside the cluster can reach: a NodePort or a LoadBalancer"
        got, fix = f"{service} of type {service.type}", "name a client in the cluster, or the pods themselves"
        raise InputError([Problem(where, rule, got, fix, id="CEK5093")])
    if way is not None and way not in ways:
        rule, fix = "must be a way to the Service", f"use {' or '.join(ways)}" if ways else "leave it out"
        at = "--via" if where.startswith("--") else f"{where}.via"
        raise InputError([Problem(at, rule, way, fix, id="CEK5094")])
    return replace(client, way=way or ways[0]) if client.is_outside else client


def _need(backends: Sequence[Backend], service: KubernetesService, port: ServicePort, where: str) -> None:
    if any(one.port is not None for one in backends):
        return
    if backends:
        rule = f"must be a Service whose pods have a port called {port.of_pods}"
        pods = [one.workload for one in backends if one.workload is not None]
        names = sorted({each.name for one in pods for each in one.ports})
        fix = f"they have {', '.join(names)}" if names else "they have no port with a name"
    elif service.selector:
        rule = "must be a Service with known pods behind it"
        labels = ", ".join(f"{key}={value}" for key, value in service.selector.items())
        fix = f"also name the files with the pods of {service.namespace} that have {labels}"
    else:
        rule = "must be a Service with a selector, or with EndpointSlices that list an address for the port"
        fix = "also name the files with its EndpointSlices, or ask for an address as cidr:ADDRESS:PORT"
    raise InputError([Problem(where, rule, str(service), fix, id="CEK5095")])


def _case(
    evaluation: Evaluation, route: ServiceRoute, service: KubernetesService, make: MakeFlow
) -> ServiceCase:
    *before, last = [_explained(evaluation, leg, service, make) for leg in route.legs]
    return ServiceCase(last, route.when, tuple(before))


def _explained(
    evaluation: Evaluation, leg: ServiceLeg, service: KubernetesService, make: MakeFlow
) -> Explanation:
    found = evaluation.explain(make(leg.source, leg.destination, leg.port or NODE_PORTS[0]))
    if leg.only == "ingress":
        found = replace(found, egress=None)
    elif leg.only == "egress":
        found = replace(found, ingress=None)
    if leg.port is not None or found.egress is None:
        return found
    return replace(found, egress=_at_some_node_port(evaluation, found, found.egress, service))


def _at_some_node_port(
    evaluation: Evaluation, found: Explanation, ruling: Ruling, service: KubernetesService
) -> Ruling:
    """The ruling for a node's port that the cluster is to choose, if it is the same for all of them."""
    flow = found.flow
    reach = Matrix(evaluation, [flow.source, flow.destination]).reach(flow.source, flow.destination)
    wanted = PortSet.of([(flow.protocol, *NODE_PORTS)])
    open_ = (reach.ports | reach.limited) & wanted
    if open_ == wanted or not (open_ or reach.unknown & wanted):
        return ruling
    missing = (f"the nodePort of Service {service}",)
    reason = f"it depends on {missing[0]}, which nobody described"
    return Ruling("egress", "unknown", reason, ruling.deciding, missing=missing)
