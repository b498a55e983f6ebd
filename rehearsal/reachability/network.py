"""A VPC and what filters and routes in it, as plain values that know nothing of AWS's API.

Everything has a name for people. *Foreign* is what existed before the deployment: no template describes it,
so its rules are not known, and an answer that rests on it says so.
"""

# no belief: values; filters, routing and paths have the rules

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Final, Literal

from rehearsal.reachability.traffic import EVERY_PORT, UNPRIVILEGED, Ports

ANYWHERE: Final = IPv4Network("0.0.0.0/0")

TargetKind = Literal[
    "local", "internet", "nat", "transit", "peering", "private", "endpoint", "interface", "missing"
]


@dataclass(frozen=True)
class Route:
    """A route of a table.

    Attributes:
        destination: A range, or the id of a prefix list.
        kind: What it leads to: ``local`` is the VPC, ``internet`` an internet gateway, ``transit`` a transit
            gateway, ``private`` a virtual private gateway, ``endpoint`` a gateway endpoint, ``interface`` an
            appliance, ``missing`` something that does not exist.
        target: Id of that.
    """

    destination: IPv4Network | str
    kind: TargetKind
    target: str


@dataclass(frozen=True)
class RouteTable:
    """A route table; a foreign one may have further routes."""

    id: str
    name: str
    routes: tuple[Route, ...]
    foreign: bool = False


@dataclass(frozen=True)
class AclRule:
    """A rule of a network ACL."""

    number: int
    outbound: bool
    allows: bool
    far: IPv4Network
    protocol: str
    ports: Ports = EVERY_PORT


@dataclass(frozen=True)
class Acl:
    """A network ACL. The rule ``*``, which denies, is part of each and not listed."""

    id: str
    name: str
    rules: tuple[AclRule, ...]
    foreign: bool = False


@dataclass(frozen=True)
class GroupRule:
    """A rule of a security group.

    Attributes:
        far: The other side: a range, or the id of a security group or prefix list.
    """

    outbound: bool
    protocol: str
    far: IPv4Network | str
    ports: Ports = EVERY_PORT


@dataclass(frozen=True)
class SecurityGroup:
    """A security group."""

    id: str
    name: str
    rules: tuple[GroupRule, ...]
    foreign: bool = False


@dataclass(frozen=True)
class Subnet:
    """A subnet.

    Attributes:
        table: Id of its route table.
        acl: Id of its network ACL.
        maps_public: Whether an instance gets a public address at its start.
    """

    id: str
    name: str
    zone: str
    cidr: IPv4Network
    table: str
    acl: str
    maps_public: bool = False


@dataclass(frozen=True)
class Interface:
    """Network interfaces that share a subnet and security groups; each may have any address of the subnet.

    Attributes:
        name: What they are, such as ``nodes in eu-west-1a``.
        public: Whether each has a public address, too.
        client_ports: The ports from which it begins connections.
    """

    name: str
    subnet: str
    groups: tuple[str, ...]
    public: bool = False
    client_ports: Ports = UNPRIVILEGED


@dataclass(frozen=True)
class NatGateway:
    """A NAT gateway; a foreign one leads where its owner routes it."""

    id: str
    name: str
    subnet: str
    public: bool
    foreign: bool = False


@dataclass(frozen=True)
class GatewayEndpoint:
    """A gateway endpoint: the service is its last part, such as ``s3``."""

    id: str
    name: str
    service: str
    prefix_lists: frozenset[str]


@dataclass(frozen=True)
class InterfaceEndpoint:
    """An interface endpoint with its network interfaces.

    Attributes:
        private_dns: Whether the service's own name resolves to it in the VPC.
    """

    id: str
    name: str
    service: str
    interfaces: tuple[Interface, ...]
    private_dns: bool = True


@dataclass(frozen=True)
class Outside:
    """Addresses outside of the VPC.

    Attributes:
        addresses: Their range; of the internet, an address that stands for all.
        prefix_lists: Ids of the prefix lists that contain them.
    """

    name: str
    addresses: IPv4Network
    prefix_lists: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Network:
    """A VPC.

    Attributes:
        blocks: Its ranges.
        foreign: It existed before the deployment.
        dns_support: Its resolver answers.
        dns_names: Private DNS names resolve in it.
        internet_gateways: Ids of the internet gateways that are attached to it.
        attachments: The subnets of its attachment to each transit gateway, by the gateway's id.
        prefix_lists: The service of each prefix list, by id.
        names: Names of further resources, by id.
    """

    vpc: str
    name: str
    blocks: tuple[IPv4Network, ...]
    subnets: Mapping[str, Subnet]
    tables: Mapping[str, RouteTable]
    acls: Mapping[str, Acl]
    groups: Mapping[str, SecurityGroup]
    foreign: bool = False
    dns_support: bool = True
    dns_names: bool = True
    nat_gateways: Mapping[str, NatGateway] = field(default_factory=dict)
    internet_gateways: frozenset[str] = frozenset()
    attachments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gateway_endpoints: Mapping[str, GatewayEndpoint] = field(default_factory=dict)
    interface_endpoints: tuple[InterfaceEndpoint, ...] = ()
    prefix_lists: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def subnet_of(self, interface: Interface) -> Subnet:
        """The subnet of an interface."""
        return self.subnets[interface.subnet]

    def contains(self, addresses: IPv4Network) -> bool:
        """Whether all these addresses are the VPC's own."""
        return any(addresses.subnet_of(block) for block in self.blocks)

    def name_of(self, identifier: str) -> str:
        """The name of a resource, or its id."""
        return self.names.get(identifier, identifier)
