"""Small networks for tests: two zones, each with a public, a node and a pod subnet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

from rehearsal.aws.types.eks_nodes import NODE_SERVICES
from rehearsal.reachability.network import (
    ANYWHERE,
    Acl,
    AclRule,
    GatewayEndpoint,
    GroupRule,
    Interface,
    InterfaceEndpoint,
    NatGateway,
    Network,
    Route,
    RouteTable,
    SecurityGroup,
    Subnet,
)
from rehearsal.reachability.parties import Api, ClusterView, Party
from rehearsal.reachability.traffic import EVERY_PORT, Ports

RANGES = {
    "public-a": "10.0.0.0/24",
    "public-b": "10.0.1.0/24",
    "node-a": "10.0.2.0/24",
    "node-b": "10.0.3.0/24",
    "pod-a": "100.64.0.0/24",
    "pod-b": "100.64.1.0/24",
}
BLOCKS = (IPv4Network("10.0.0.0/16"), IPv4Network("100.64.0.0/16"))
LOCAL = tuple(Route(block, "local", "local") for block in BLOCKS)

NODE_A = Interface("nodes in a", "node-a", ("cluster",), client_ports=Ports(32768, 60999))
NODE_B = replace(NODE_A, name="nodes in b", subnet="node-b")
POD_A = replace(NODE_A, name="pods in a", subnet="pod-a")
POD_B = replace(NODE_A, name="pods in b", subnet="pod-b")
PLANE_A = Interface("the control plane in a", "node-a", ("cluster",))


def cidr(text: str) -> IPv4Network:
    return IPv4Network(text)


def default_route(kind: Any, target: str) -> Route:
    return Route(ANYWHERE, kind, target)


def table(name: str, *routes: Route, foreign: bool = False) -> RouteTable:
    return RouteTable(name, f"table {name}", (*LOCAL, *routes), foreign)


def allow(number: int, far: str = "0.0.0.0/0", *, outbound: bool, **more: Any) -> AclRule:
    return AclRule(
        number, outbound, True, cidr(far), more.get("protocol", "-1"), more.get("ports", EVERY_PORT)
    )


def acl(*rules: AclRule) -> Acl:
    return Acl("acl", "the ACL", rules)


OPEN = acl(allow(100, outbound=False), allow(100, outbound=True))


def group(name: str, *rules: GroupRule) -> SecurityGroup:
    """A security group that lets everything out."""
    return SecurityGroup(name, f"group {name}", (GroupRule(True, "-1", ANYWHERE), *rules))


def admits(far: str, port: int | None = None) -> GroupRule:
    source = cidr(far) if "/" in far else far
    if port is None:
        return GroupRule(False, "-1", source)
    return GroupRule(False, "tcp", source, Ports(port, port))


def network(**changes: Any) -> Network:
    """A VPC whose nodes leave by a NAT gateway in their zone, and whose pods have the local route alone."""
    tables = {
        "public": table("public", default_route("internet", "igw")),
        "node-a": table("node-a", default_route("nat", "nat-a")),
        "node-b": table("node-b", default_route("nat", "nat-b")),
        "pod": table("pod"),
    }
    own = {"public-a": "public", "public-b": "public", "node-a": "node-a", "node-b": "node-b"}
    subnets = {
        name: Subnet(name, name, name[-1], cidr(block), own.get(name, "pod"), "open")
        for name, block in RANGES.items()
    }
    given: dict[str, Any] = {
        "tables": tables,
        "subnets": subnets,
        "acls": {"open": OPEN},
        "groups": {"cluster": group("cluster", admits("cluster"))},
        "nat_gateways": {
            "nat-a": NatGateway("nat-a", "NAT a", "public-a", public=True),
            "nat-b": NatGateway("nat-b", "NAT b", "public-b", public=True),
        },
        "internet_gateways": frozenset({"igw"}),
    }
    return Network("vpc", "the VPC", BLOCKS, **(given | changes))


def with_table(of: Network, name: str, *routes: Route, subnets: Iterable[str] = ()) -> Network:
    """The network with a table that has other routes, for all of its subnets or for some."""
    tables = {**of.tables, name: table(name, *routes)}
    moved = {each: replace(of.subnets[each], table=name) for each in subnets}
    return replace(of, tables=tables, subnets={**of.subnets, **moved})


def with_acl(of: Network, subnet: str, *rules: AclRule) -> Network:
    """The network with an ACL of its own for a subnet."""
    acls = {**of.acls, "own": acl(*rules)}
    return replace(of, acls=acls, subnets={**of.subnets, subnet: replace(of.subnets[subnet], acl="own")})


def with_group(of: Network, *groups: SecurityGroup) -> Network:
    return replace(of, groups={**of.groups, **{each.id: each for each in groups}})


def endpoint(service: str, *groups: str, private_dns: bool = True) -> InterfaceEndpoint:
    interface = Interface(f"the endpoint of {service} in a", "node-a", groups)
    return InterfaceEndpoint(f"vpce-{service}", f"endpoint {service}", service, (interface,), private_dns)


def gateway_endpoint(of: Network, *subnets: str) -> Network:
    """The network with a gateway endpoint of S3 in the tables of some subnets."""
    found = GatewayEndpoint("vpce-s3", "endpoint s3", "s3", frozenset({"pl-s3"}))
    tables = dict(of.tables)
    for name in {of.subnets[each].table for each in subnets}:
        routes = (*tables[name].routes, Route("pl-s3", "endpoint", "vpce-s3"))
        tables[name] = replace(tables[name], routes=routes)
    return replace(of, tables=tables, gateway_endpoints={"vpce-s3": found}, prefix_lists={"pl-s3": "s3"})


def cluster(of: Network, **changes: Any) -> ClusterView:
    """A cluster whose pods leave by their nodes."""
    api = Api(True, True, (cidr("203.0.113.0/24"),), (PLANE_A,))
    nodes = (Party("a", NODE_A), Party("b", NODE_B))
    pods = (Party("a", POD_A, NODE_A), Party("b", POD_B, NODE_B))
    view = ClusterView("test", of, nodes, pods, api, NODE_SERVICES)
    return replace(view, **changes)
