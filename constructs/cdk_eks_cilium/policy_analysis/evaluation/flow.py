"""The question: may one side reach another side at a port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, Literal, get_args

from cdk_eks_cilium.policy.model import Entity
from cdk_eks_cilium.policy_analysis.workloads import Workload
from cdk_eks_cilium.problems import InputError, Problem, refuse

PROTOCOLS: Final = ("TCP", "UDP", "SCTP", "ICMP", "ICMPv6")
"""The protocols of flows. For ICMP the port is the ICMP type."""

_ENTITIES: Final = frozenset(get_args(Entity)) - {"all", "cluster", "cluster-mesh", "none"}

Kind = Literal["pod", "address", "fqdn", "entity", "balancer", "foreign"]


@dataclass(frozen=True)
class Endpoint:
    """One side of a flow; make one with its class methods.

    Attributes:
        kind: What it is.
        name: ``NAMESPACE/NAME`` of a pod, an IP address, a DNS name, an entity, or in words which load
            balancer or which pod of another cluster it is.
        workload: The pod.
        at: The IP address that a DNS name or an entity has in this flow, if it is known.
        apart: Whether its addresses are in no range that policies name, except the range of all addresses.
            Pictures take that for granted of names and of the API server; otherwise it is unknown of them.
        labels: The labels of a pod of another cluster, in order.
        undescribed: The namespace of a pod of another cluster, if nobody described the labels of that.
    """

    kind: Kind
    name: str
    workload: Workload | None = None
    at: str | None = None
    apart: bool = field(default=False, compare=False)
    labels: tuple[tuple[str, str], ...] = ()
    undescribed: str = ""

    @classmethod
    def pod(cls, workload: Workload) -> Endpoint:
        """A pod. To Cilium, a pod on its node's network is the node."""
        return cls("pod", str(workload), workload)

    @classmethod
    def address(cls, text: str) -> Endpoint:
        """An IP address outside the cluster.

        Raises:
            InputError: If the address is invalid.
        """
        try:
            # A zone is of one machine, and no part of an address.
            return cls("address", str(ip_address(text if "%" not in text else "")))
        except ValueError:
            raise InputError([Problem("cidr", "must be an IP address", text, id="CEK5077")]) from None

    @classmethod
    def fqdn(cls, name: str, at: str | None = None) -> Endpoint:
        """The addresses behind a DNS name outside the cluster, or the one *at* which a flow found it."""
        return cls("fqdn", name.lower().rstrip("."), at=at)

    @classmethod
    def entity(cls, name: str, at: str | None = None) -> Endpoint:
        """What Cilium knows by itself: ``host``, ``remote-node``, ``kube-apiserver``, ``world`` ...

        ``world`` is an address outside the cluster that no range, name or group of a policy means, except the
        range of all addresses: Cilium gives addresses that they mean identities of their own
        (https://docs.cilium.io/en/stable/gettingstarted/terminology/#special-identities).

        Args:
            name: The entity.
            at: Its IP address, for an entity outside the cluster.

        Raises:
            InputError: If the entity cannot be a side of a flow.
        """
        if name not in _ENTITIES:
            fix = f"use one of {', '.join(sorted(_ENTITIES))}"
            raise InputError(
                [Problem("entity", "must be an entity that can send or receive", name, fix, id="CEK5078")]
            )
        return cls("entity", name, at=at, apart=name == "world" and at is None)

    @classmethod
    def foreign(cls, name: str, cluster: str, labels: Mapping[str, str], undescribed: str = "") -> Endpoint:
        """A pod of another cluster of the mesh: policies here mean it by its labels, and none selects it.

        Args:
            name: ``NAMESPACE/NAME``.
            cluster: Cilium's name of its cluster.
            labels: The labels that Cilium gives it, without source, also for namespace and cluster.
            undescribed: Its namespace, if nobody described the labels of that.
        """
        known = tuple(sorted(labels.items()))
        return cls("foreign", f"{name} of cluster {cluster}", labels=known, undescribed=undescribed)

    @classmethod
    def balancer(cls, service: str) -> Endpoint:
        """The load balancer of a Service, outside the cluster, whose addresses and names nobody described."""
        return cls("balancer", f"the load balancer of Service {service}")

    @property
    def on_node(self) -> bool:
        """Whether it is a node, or a pod that Cilium sees as one."""
        if self.workload is not None:
            return self.workload.host_network
        return self.kind == "entity" and self.name in ("host", "remote-node")

    @property
    def is_own_node(self) -> bool:
        """Whether it is the node of the other side, where the kubelet is."""
        return self.kind == "entity" and self.name == "host"

    @property
    def ip(self) -> IPv4Address | IPv6Address | None:
        """The address, if it is known."""
        text = self.name if self.kind == "address" else self.at
        return ip_address(text) if text else None

    def __str__(self) -> str:
        return self.name if self.kind in ("pod", "balancer", "foreign") else f"{self.kind} {self.name}"


@dataclass(frozen=True)
class HttpRequest:
    """What an HTTP proxy sees.

    Attributes:
        method: ``GET`` and the like.
        path: What the request line has, from the slash to the query. Envoy matches all of it, because
            Cilium's rule is for the pseudo-header ``:path`` (`getHTTPRule` in Cilium's ``pkg/envoy``,
            `HttpNetworkPolicyRule::allowed` in cilium/proxy), which has the query (RFC 9113, section 8.3.1).
        host: The Host header, with its port.
        headers: Values by name.
    """

    method: str = "GET"
    path: str = "/"
    host: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def header(self, name: str) -> str | None:
        """The value of a header; case does not matter in its name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class Flow:
    """A connection.

    Attributes:
        source: The side that begins it.
        destination: The other side.
        port: The destination's port; for ICMP the type.
        protocol: One of `PROTOCOLS`.
        http: The request, for HTTP rules to judge.
        server_name: The name that the TLS client asks for.
    """

    source: Endpoint
    destination: Endpoint
    port: int
    protocol: str = "TCP"
    http: HttpRequest | None = field(default=None)
    server_name: str | None = None

    def __post_init__(self) -> None:
        problems = []
        if self.protocol not in PROTOCOLS:
            problems.append(
                Problem("protocol", f"must be one of {', '.join(PROTOCOLS)}", self.protocol, id="CEK5079")
            )
        most = 255 if self.protocol.startswith("ICMP") else 65535
        if not 0 <= self.port <= most:
            problems.append(Problem("port", f"must be from 0 to {most}", self.port, id="CEK5080"))
        refuse(problems)

    def __str__(self) -> str:
        return f"{self.source} -> {self.destination} {self.protocol} {self.port}"
