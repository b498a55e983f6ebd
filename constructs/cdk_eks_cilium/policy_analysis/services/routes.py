"""The ways of a connection to a Service, as policies see them: one or two legs each.

A client in the cluster that uses the Service's own address needs one leg, to the pod behind it. One that uses
a node's port, or a load balancer, may need two: its own policies see the node or the load balancer, and the
pod's policies see whoever arrives.

Sources for clients in the cluster:

- Cilium in place of kube-proxy connects a socket of a pod or a node straight to a pod behind the Service,
  also if it names a node's port or a load balancer's address, whatever ``externalTrafficPolicy`` says; an
  external address is left alone unless it is the node's own (`__sock4_xlate_fwd`, `sock4_wildcard_lookup` and
  `sock4_skip_xlate` in Cilium's ``bpf/bpf_sock.c``;
  https://docs.cilium.io/en/stable/network/kubernetes/kubeproxy-free/#internal-traffic-policy).
- Without that, Cilium hands on connections to cluster addresses alone ("By default, Helm sets" there), and
  kube-proxy does the rest on the node: it puts the node's address in place of the client's, or with ``Local``
  keeps a pod's (chain ``KUBE-EXT``, `writeServiceToEndpointRules` in ``pkg/proxy/iptables``).
- Load balancers of AWS have a name and no address in the Service's status, so nobody cuts their way short.
  Pods reach addresses of the VPC with their own address, whatever the egress
  (https://docs.cilium.io/en/stable/network/concepts/masquerading/), and the internet with another one.
- A load balancer that keeps clients cannot lead back to the instance of the client
  (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-troubleshooting.html).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cdk_eks_cilium.policy_analysis.evaluation import Direction, Endpoint
from cdk_eks_cilium.policy_analysis.workloads import Inventory, KubernetesService, ServicePort

from .backends import Backend, endpoint_at
from .clients import HOST, PREFIX, REMOTE, SeenAs, ServiceProxy, Way, seen_as


@dataclass(frozen=True)
class ServiceLeg:
    """A part of a connection that policies see as a flow of its own.

    Attributes:
        source: The side that begins it.
        destination: The other side.
        port: The destination's port; None for a node's port that the cluster is to choose.
        only: The direction whose policies judge it; None for both.
    """

    source: Endpoint
    destination: Endpoint
    port: int | None
    only: Direction | None = None


@dataclass(frozen=True)
class ServiceRoute:
    """One way of a connection to what is behind a Service.

    Attributes:
        legs: What policies see, in order.
        when: In which case the connection goes this way, as a clause; empty if always.
    """

    legs: tuple[ServiceLeg, ...]
    when: str = ""


@dataclass(frozen=True)
class ServiceClient:
    """Who connects to a Service, and how.

    Attributes:
        endpoint: The side that begins, as it is outside the Service.
        way: How it comes to the Service; None by the Service's own address.
        proxy: Who hands connections to pods on each node.
    """

    endpoint: Endpoint
    way: Way | None
    proxy: ServiceProxy

    @property
    def is_outside(self) -> bool:
        """Whether it is outside the cluster."""
        endpoint = self.endpoint
        return endpoint.workload is None and (endpoint.kind == "address" or endpoint.name == "world")


def routes(
    client: ServiceClient,
    service: KubernetesService,
    port: ServicePort,
    backends: Sequence[Backend],
    inventory: Inventory,
) -> Iterator[ServiceRoute]:
    """The ways of a connection to each of the backends that have the port."""
    ways = tuple(_ways(client, service, port, inventory))
    for backend in backends:
        if backend.port is None:
            continue
        for way in ways:
            legs = (
                ServiceLeg(
                    way.seen.endpoint, backend.endpoint, backend.port, "ingress" if way.first else None
                ),
            )
            yield ServiceRoute((*way.first, *legs), way.seen.when)


@dataclass(frozen=True)
class _Arrival:
    """Whom a pod sees, and the leg before, if the client's own policies see another one."""

    seen: SeenAs
    first: tuple[ServiceLeg, ...] = ()


def _ways(
    client: ServiceClient, service: KubernetesService, port: ServicePort, inventory: Inventory
) -> Iterator[_Arrival]:
    endpoint, way = client.endpoint, client.way
    if client.is_outside:
        assert way is not None
        for seen in seen_as(endpoint, service, way, client.proxy, port.protocol):
            yield _Arrival(seen)
    elif way is None or service.headless or _is_cut_short(client, service):
        yield _Arrival(SeenAs(endpoint, ""))
    elif way == "loadbalancer" and not service.balancer_addresses:
        yield from _through_balancer(client, service, port)
    elif endpoint.on_node:
        # A node has no policy of its own here, and arrives with a node's address.
        yield _Arrival(SeenAs(HOST, "the pod is on the client's node"))
        yield _Arrival(SeenAs(REMOTE, "the pod is on another node than the client"))
    elif way == "nodeport":
        yield from _through_node_port(client, service, port)
    else:
        for address in service.external_addresses if way == "externalip" else service.balancer_addresses:
            yield from _through_address(client, service, port, endpoint_at(address, inventory))


def _is_cut_short(client: ServiceClient, service: KubernetesService) -> bool:
    """Whether the socket is connected to a pod behind the Service at once."""
    known = client.way == "nodeport" or (client.way == "loadbalancer" and bool(service.balancer_addresses))
    return client.proxy == "cilium" and known and not client.endpoint.on_node


def _through_node_port(
    client: ServiceClient, service: KubernetesService, port: ServicePort
) -> Iterator[_Arrival]:
    for called, where in ((HOST, "the client calls its own node"), (REMOTE, "the client calls another node")):
        first = (ServiceLeg(client.endpoint, called, port.node_port or None, "egress"),)
        for seen in _after_node(client, service, "that node"):
            yield _Arrival(SeenAs(seen.endpoint, f"{where}, and {seen.when}"), first)


def _through_address(
    client: ServiceClient, service: KubernetesService, port: ServicePort, address: Endpoint
) -> Iterator[_Arrival]:
    first = (ServiceLeg(client.endpoint, address, port.number, "egress"),)
    if client.proxy == "cilium":
        kept = SeenAs(client.endpoint, "the address leads back to the cluster with the client's address")
        hidden = SeenAs(REMOTE, "the address leads to a node that puts its own address")
        yield from (_Arrival(seen, first) for seen in (kept, hidden))
        return
    yield from (_Arrival(seen, first) for seen in _after_node(client, service, "the client's node"))


def _after_node(client: ServiceClient, service: KubernetesService, node: str) -> Iterator[SeenAs]:
    """Whom pods see after kube-proxy on a node has handed a connection of a pod on."""
    if service.keeps_clients:
        yield SeenAs(client.endpoint, "externalTrafficPolicy Local keeps the client's address")
        return
    yield SeenAs(HOST, f"the pod is on {node}, whose address the connection gets")
    yield SeenAs(REMOTE, f"the pod is on another node than {node}, whose address the connection gets")


def _through_balancer(
    client: ServiceClient, service: KubernetesService, port: ServicePort
) -> Iterator[_Arrival]:
    balancer = (
        Endpoint.fqdn(service.balancer_name) if service.balancer_name else Endpoint.balancer(str(service))
    )
    first = () if client.endpoint.on_node else (ServiceLeg(client.endpoint, balancer, port.number, "egress"),)
    found: dict[SeenAs, None] = {}
    for seen in _clients_of_balancer(client.endpoint, service):
        for each in seen_as(seen.endpoint, service, "loadbalancer", client.proxy, port.protocol):
            same = seen.when if each.endpoint == seen.endpoint else ""
            when = f"{same}, and {each.when}" if same else each.when
            found.setdefault(SeenAs(each.endpoint, when))
    yield from (_Arrival(seen, first) for seen in found)


def _clients_of_balancer(client: Endpoint, service: KubernetesService) -> Iterator[SeenAs]:
    """Whom a load balancer sees as the client: a pod itself, or what the way to the internet makes of it."""
    scheme = service.annotations.get(f"{PREFIX}scheme")
    internal = service.annotations.get(f"{PREFIX}internal") == "true"
    if scheme != "internet-facing":
        yield SeenAs(client, "the load balancer is internal")
    if scheme != "internal" and not internal:
        yield SeenAs(
            Endpoint.entity("world"),
            "the load balancer faces the internet, where the client has a node's or a NAT gateway's address",
        )
