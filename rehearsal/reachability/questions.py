"""The questions: what the cluster needs, and what people want to know of its network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rehearsal.reachability.answers import Reachability, Row, Way, row
from rehearsal.reachability.destinations import (
    HTTPS,
    INTERNET,
    outside,
    to_api,
    to_resolver,
    to_service,
)
from rehearsal.reachability.network import Interface
from rehearsal.reachability.parties import ClusterView, Functions, Party
from rehearsal.reachability.paths import inside
from rehearsal.reachability.traffic import ANY_TCP, Traffic, tcp, udp
from rehearsal.reachability.walk import NO_ROUTE, NOT_ON_THE_INTERNET, Answer, Seen
from rehearsal.reachability.ways_in import beyond, ways_in

API: Final = "the Kubernetes API"
# What pods of a cluster without internet call, by
# https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html.
_SERVICES_OF_CLUSTERS: Final = frozenset(
    {
        "autoscaling",
        "ec2",
        "ecr.api",
        "ecr.dkr",
        "eks",
        "eks-auth",
        "elasticloadbalancing",
        "logs",
        "ssm",
        "sts",
        "xray",
    }
)
# Where a table has no route of its own to a private network; the second, where its default route is taken.
_UNROUTED: Final = (NO_ROUTE, NOT_ON_THE_INTERNET)


def answers(cluster: ClusterView) -> Reachability:
    """Every question about a cluster."""
    rows = [*_inside(cluster), *_aws(cluster), *_functions(cluster), *_out(cluster), *ways_in(cluster)]
    return Reachability(cluster.name, tuple(each for each in rows if each.ways))


# belief: EKS-traffic-within
def _inside(cluster: ClusterView) -> Iterator[Row]:
    """What EKS and Cilium send between nodes, pods and the control plane."""
    network, nodes, pods, planes = cluster.network, cluster.nodes, cluster.pods, cluster.api.interfaces
    to_kubelet, webhooks = tcp(10250), cluster.webhooks
    of_nodes = [party.interface for party in nodes]
    of_pods = [party.interface for party in pods]

    def between(
        sources: Iterable[Interface], targets: Iterable[Interface], traffic: Traffic
    ) -> Iterator[Way]:
        all_targets = list(targets)
        for source in sources:
            for target in all_targets:
                yield Way(source.name, target.name, inside(network, source, target, traffic))

    def asked(
        source: str, target: str, traffic: Traffic, why: str, ways: Iterable[Way], *, needed: bool = True
    ) -> Row:
        return row(source, target, str(traffic), ways, needed=needed, why=why)

    yield asked("nodes", API, HTTPS, "kubelets, agents and the operator", _each(nodes, cluster))
    ways = (way for party in pods for way in to_api(network, cluster.api, party, by_service=True))
    yield asked("pods", API, HTTPS, "CoreDNS and every controller", ways)
    yield asked("the control plane", "nodes", to_kubelet, "logs, exec", between(planes, of_nodes, to_kubelet))
    why = ", ".join(webhooks) or "webhooks and APIs of pods; none is installed"
    calls = between(planes, of_pods, ANY_TCP)
    yield asked("the control plane", "pods", ANY_TCP, why, calls, needed=bool(webhooks))
    health = tcp(4240)
    yield asked("nodes", "nodes", health, "agents check each other", between(of_nodes, of_nodes, health))
    yield asked("nodes", "pods", ANY_TCP, "Services and NodePorts", between(of_nodes, of_pods, ANY_TCP))
    yield asked("pods", "pods", ANY_TCP, "clients reach pods on any port", between(of_pods, of_pods, ANY_TCP))
    hubble = tcp(4244)
    why = "Hubble Relay asks the agents"
    flows = between(of_pods, of_nodes, hubble)
    yield asked("pods", "nodes", hubble, why, flows, needed=cluster.hubble_relay)
    dns = udp(53)
    yield asked("pods", "CoreDNS", dns, "names", between(of_pods, of_pods, dns))
    for name, parties in (("nodes", nodes), ("pods", pods)):
        resolver = [to_resolver(network, party) for party in parties]
        yield asked(name, "the VPC's resolver", dns, "names", resolver)


def _each(parties: Iterable[Party], cluster: ClusterView) -> Iterator[Way]:
    return (way for party in parties for way in to_api(cluster.network, cluster.api, party))


# belief: EKS-nodes-need-services
def _aws(cluster: ClusterView) -> Iterator[Row]:
    """AWS's services. A service with an endpoint in the VPC is reached by that endpoint or not at all."""
    network = cluster.network
    own = [each.service for each in network.interface_endpoints if each.private_dns]
    of_clusters = ("sts", *(each for each in own if each in _SERVICES_OF_CLUSTERS and each != "sts"))
    others = tuple(each for each in own if each not in of_clusters)
    for name, parties, services, needed, why in (
        ("nodes", cluster.nodes, cluster.node_services, True, "boot, images and the operator's calls"),
        ("pods", cluster.pods, of_clusters, True, "roles of pods, and controllers"),
        ("pods", cluster.pods, others, False, "further endpoints in the VPC"),
    ):
        ways = [way for party in parties for each in services for way in to_service(network, each, party)]
        yield row(name, f"AWS: {', '.join(services)}", str(HTTPS), ways, needed=needed, why=why)


# belief: CDK-framework-calls-lambda-and-s3, AWS-lambda-in-vpc
def _functions(cluster: ClusterView) -> Iterator[Row]:
    """What the functions behind the cluster's custom resources call."""
    api: list[Way] = []
    services: list[Way] = []
    internet: list[Way] = []
    for functions in cluster.functions:
        for party in _parties(functions, cluster):
            if functions.call_api:
                api += to_api(cluster.network, cluster.api, party)
            for service in sorted(functions.services):
                services += to_service(cluster.network, service, party)
            if functions.call_internet:
                internet.append(outside(cluster.network, party, INTERNET))
        if not functions.interfaces:
            api += [_from_outside(functions, cluster)] if functions.call_api else []
            services += [_of_lambda(functions, service) for service in sorted(functions.services)]
    named = sorted({each for functions in cluster.functions for each in functions.services})
    for target, ways, why in (
        (API, api, "custom resources"),
        (f"AWS: {', '.join(named)}", services, "custom resources and their answers"),
        (INTERNET.name, internet, "Helm charts of custom resources"),
    ):
        yield row("functions", target, str(HTTPS), ways, needed=True, why=why)


def _parties(functions: Functions, cluster: ClusterView) -> Iterator[Party]:
    for interface in functions.interfaces:
        yield Party(cluster.network.subnet_of(interface).zone, interface)


def _of_lambda(functions: Functions, destination: str) -> Way:
    hop = "outside of the VPC, in Lambda's own network"
    return Way(functions.name, destination, Answer(True, Seen("addresses of Lambda"), hops=(hop,)))


# belief: EKS-endpoint-access
def _from_outside(functions: Functions, cluster: ClusterView) -> Way:
    """A function outside of the VPC has addresses that AWS chooses, so the endpoint must take all."""
    name = "the API's public endpoint"
    if cluster.api.public and any(each.prefixlen == 0 for each in cluster.api.public_cidrs):
        return _of_lambda(functions, name)
    given = ", ".join(map(str, cluster.api.public_cidrs)) if cluster.api.public else "nobody: it is off"
    rule = f"it admits {given}, and the function is outside of the VPC; put the function into it"
    return Way(
        functions.name, name, Answer(False, code="EKS_PUBLIC_ACCESS_CIDRS", stopped_at=name, rule=rule)
    )


# belief: EKS-nodes-need-images
def _out(cluster: ClusterView) -> Iterator[Row]:
    """The internet, and the networks behind gateways."""
    network = cluster.network
    of_nodes = [outside(network, party, INTERNET) for party in cluster.nodes]
    of_pods = [outside(network, party, INTERNET) for party in cluster.pods]
    some_reach = any(way.answer.reached for way in of_nodes)
    registries = ", ".join(cluster.needs_internet)
    why = f"images of {registries}" if registries else "images, packages, other people's services"
    needed = bool(registries) or some_reach
    yield row("nodes", INTERNET.name, str(HTTPS), of_nodes, needed=needed, why=why)
    why = "the nodes reach it" if some_reach else "other people's services"
    yield row("pods", INTERNET.name, str(HTTPS), of_pods, needed=some_reach, why=why)
    for destination in beyond(network):
        for name, parties in (("nodes", cluster.nodes), ("pods", cluster.pods)):
            ways = [outside(network, party, destination) for party in parties]
            # A network that no zone routes to is not wanted; one that some zones route to is.
            wanted = any(way.answer.code not in _UNROUTED for way in ways)
            yield row(name, destination.name, str(HTTPS), ways, needed=wanted, why="a route leads there")
