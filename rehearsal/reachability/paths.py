"""The ways of a packet: inside the VPC, out of it, and into it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Final

from rehearsal.reachability.filters import FarSide
from rehearsal.reachability.network import Interface, Network, Outside, Route, Subnet
from rehearsal.reachability.traffic import UNPRIVILEGED, Ports, Traffic
from rehearsal.reachability.walk import (
    NOT_ATTACHED,
    NOT_ON_THE_INTERNET,
    Answer,
    Seen,
    UnreachableError,
    Walk,
    walked,
)

OWN: Final = "their own addresses"
OWN_PUBLIC: Final = "their own public addresses"
NAT: Final = "addresses of NAT gateways"
NAT_PUBLIC: Final = "public addresses of NAT gateways"
OWNERS: Final = "an address that the routes of others decide"

# What internet gateways refuse: https://www.rfc-editor.org/rfc/rfc1918 and rfc6598.
_PRIVATE: Final = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
_MOST_GATEWAYS: Final = 4


@dataclass(frozen=True)
class _Sender:
    """Who has the packet's source address: an interface, or the last NAT gateway."""

    interface: Interface
    own: str = OWN
    public: str = OWN_PUBLIC
    gateways: int = 0


def inside(network: Network, source: Interface, target: Interface, traffic: Traffic) -> Answer:
    """From one interface of the VPC to another."""
    return walked(network, lambda walk: _inside(walk, source, target, traffic))


def outward(network: Network, source: Interface, destination: Outside, traffic: Traffic) -> Answer:
    """From an interface to addresses outside of the VPC."""
    return walked(network, lambda walk: _outward(walk, source, destination, traffic))


def inward(
    network: Network,
    origin: Outside,
    target: Interface,
    traffic: Traffic,
    *,
    answers_by: Interface | None = None,
) -> Answer:
    """From addresses outside of the VPC, or of others in it, to an interface.

    Args:
        network: The network.
        origin: Where the connection begins.
        target: The interface.
        traffic: What comes.
        answers_by: The interface by which answers to addresses outside leave, if it is another one.
    """
    return walked(network, lambda walk: _inward(walk, origin, target, traffic, answers_by))


# belief: EC2-acl-between-subnets
def _inside(walk: Walk, source: Interface, target: Interface, traffic: Traffic) -> Seen:
    """Network ACLs judge what enters or leaves a subnet, and nothing within it."""
    here, there = walk.network.subnet_of(source), walk.network.subnet_of(target)
    from_, to = _far(walk, source), _far(walk, target)
    walk.groups(source, to, traffic, outbound=True)
    if here.id != there.id:
        walk.acl(here, to, traffic, outbound=True)
        route = walk.route(here, Outside(target.name, there.cidr))
        if route is not None and route.kind != "local":
            walk.assume(f"{walk.network.name_of(route.target)} passes on what is for {target.name}")
        walk.acl(there, from_, traffic, outbound=False)
        back = traffic.answer(source.client_ports)
        walk.acl_on_the_way_back(here, to, back, outbound=False)
        walk.acl_on_the_way_back(there, from_, back, outbound=True)
    walk.groups(target, from_, traffic, outbound=False)
    return Seen(OWN, str(here.cidr))


def _outward(walk: Walk, source: Interface, destination: Outside, traffic: Traffic) -> Seen:
    far = FarSide(destination.name, destination.addresses, prefix_lists=destination.prefix_lists)
    walk.groups(source, far, traffic, outbound=True)
    return _leave(walk, _Sender(source), destination, traffic, source.client_ports)


def _leave(walk: Walk, sender: _Sender, destination: Outside, traffic: Traffic, ports: Ports) -> Seen:
    """Out of the sender's subnet, by its route."""
    subnet = walk.network.subnet_of(sender.interface)
    far = FarSide(destination.name, destination.addresses)
    route = walk.route(subnet, destination)
    walk.acl(subnet, far, traffic, outbound=True)
    walk.acl_on_the_way_back(subnet, far, traffic.answer(ports), outbound=False)
    if route is None:
        return Seen(OWNERS)
    match route.kind:
        case "internet":
            _refuse_internet(walk, route, sender, destination)
            return Seen(sender.public, sender.interface.name if sender.gateways else "")
        case "nat":
            return _through_nat(walk, sender, route, destination, traffic)
        case "endpoint":
            _refuse_protocol(walk, route, traffic)
            return Seen(sender.own, str(subnet.cidr))
        case "transit":
            own = FarSide(sender.interface.name, subnet.cidr)
            _attached(walk, own, subnet, route, traffic, traffic.answer(ports), leaves=True)
        # belief: EC2-longest-prefix
        case "local":
            raise UnreachableError(
                "NO_POSSIBLE_DESTINATION", walk.network.name, f"{destination.addresses} is a range of its own"
            )
    if not _is_private(destination):
        # Whoever leads from there to the internet decides the address.
        walk.assume(f"{walk.network.name_of(route.target)} leads to {destination.name}")
        return Seen(OWNERS)
    walk.assume(f"{destination.name} routes {subnet.cidr} back, and lets it in")
    return Seen(sender.own, str(subnet.cidr))


def _is_private(destination: Outside) -> bool:
    return any(destination.addresses.overlaps(each) for each in _PRIVATE)


# belief: EC2-internet-needs-public-address
def _refuse_internet(walk: Walk, route: Route, sender: _Sender, destination: Outside) -> None:
    """What an internet gateway does not carry out."""
    gateway = walk.network.name_of(route.target)
    _refuse_detached(walk, route)
    if _is_private(destination):
        raise UnreachableError(
            NOT_ON_THE_INTERNET,
            gateway,
            f"{destination.addresses} is not on the internet",
        )
    if not sender.interface.public:
        raise UnreachableError(
            "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
            gateway,
            f"{sender.interface.name} must have public addresses, and a route to an internet gateway does "
            "not give them any; route through a public NAT gateway",
        )


# belief: EC2-internet-needs-public-address
def _refuse_detached(walk: Walk, route: Route) -> None:
    if route.target not in walk.network.internet_gateways:
        name = walk.network.name_of(route.target)
        raise UnreachableError(NOT_ATTACHED, name, f"it is not attached to {walk.network.name}")


# belief: EC2-gateway-endpoint-protocols
def _refuse_protocol(walk: Walk, route: Route, traffic: Traffic) -> None:
    if traffic.protocol != "tcp":
        name = walk.network.name_of(route.target)
        raise UnreachableError(
            "VPCE_GATEWAY_PROTOCOL_RESTRICTION", name, f"a gateway endpoint carries TCP, got {traffic}"
        )


# belief: EC2-nat-way-out, EC2-ephemeral-ports
def _through_nat(walk: Walk, sender: _Sender, route: Route, destination: Outside, traffic: Traffic) -> Seen:
    """Into a NAT gateway's subnet, and on from there with the gateway's address."""
    gateway = walk.network.nat_gateways[route.target]
    if gateway.foreign or gateway.subnet not in walk.network.subnets:
        walk.assume(f"{gateway.name} leads to {destination.name}")
        return Seen(NAT, gateway.name)
    here, there = walk.network.subnet_of(sender.interface), walk.network.subnets[gateway.subnet]
    if sender.gateways >= _MOST_GATEWAYS:
        raise UnreachableError("NO_POSSIBLE_DESTINATION", gateway.name, "its route leads in a circle")
    if here.id != there.id:
        far = FarSide(sender.interface.name, here.cidr)
        walk.acl(there, far, traffic, outbound=False)
        back = traffic.answer(sender.interface.client_ports)
        walk.acl_on_the_way_back(there, far, back, outbound=True)
    at_gateway = Interface(gateway.name, there.id, (), gateway.public, UNPRIVILEGED)
    further = _Sender(at_gateway, NAT, NAT_PUBLIC, sender.gateways + 1)
    return _leave(walk, further, destination, traffic, UNPRIVILEGED)


# belief: EC2-transit-gateway-zones, EC2-transit-gateway-acls
def _attached(
    walk: Walk, far: FarSide, subnet: Subnet, route: Route, there: Traffic, back: Traffic, *, leaves: bool
) -> None:
    """Through the attachment of a transit gateway, in the zone of the packet.

    Args:
        walk: The walk.
        far: Who is in the VPC.
        subnet: Its subnet.
        route: The route to the gateway.
        there: What passes first.
        back: Its answer.
        leaves: Whether the first packet leaves the VPC.
    """
    gateway, network = walk.network.name_of(route.target), walk.network
    attached = [network.subnets[each] for each in network.attachments.get(route.target, ())]
    if network.foreign:
        walk.assume(f"{gateway} has an attachment to {network.name} in {subnet.zone}")
        return
    if not attached:
        raise UnreachableError(NOT_ATTACHED, gateway, f"it is not attached to {network.name}")
    near = [each for each in attached if each.zone == subnet.zone]
    if not near:
        raise UnreachableError(
            "TGW_ROUTE_AZ_RESTRICTION", gateway, f"its attachment does not have a subnet in {subnet.zone}"
        )
    if near[0].id != subnet.id:
        walk.acl(near[0], far, there, outbound=not leaves)
        walk.acl_on_the_way_back(near[0], far, back, outbound=leaves)


def _inward(
    walk: Walk, origin: Outside, target: Interface, traffic: Traffic, answers_by: Interface | None
) -> Seen:
    network, subnet = walk.network, walk.network.subnet_of(target)
    far = FarSide(origin.name, origin.addresses)
    within = network.contains(origin.addresses)
    if not within:
        _enter(walk, origin, target, traffic)
    if not (within and origin.addresses.subnet_of(subnet.cidr)):
        walk.acl(subnet, far, traffic, outbound=False)
        walk.acl_on_the_way_back(subnet, far, traffic.answer(UNPRIVILEGED), outbound=True)
    walk.groups(target, far, traffic, outbound=False)
    # belief: CILIUM-ways-in-with-node-egress
    if answers_by is not None and not within:
        raise UnreachableError(
            "ENI_SOURCE_DEST_CHECK_RESTRICTION",
            "Cilium",
            f"answers to addresses outside of the VPC leave by the primary interface of {answers_by.name}, "
            "which does not have the pod's address, and AWS drops them",
        )
    return Seen(OWN, str(origin.addresses))


# belief: EC2-internet-needs-public-address, EC2-nat-way-out
def _enter(walk: Walk, origin: Outside, target: Interface, traffic: Traffic) -> None:
    """Into the VPC: the way back must be a way in, too."""
    subnet = walk.network.subnet_of(target)
    route = walk.route(subnet, origin)
    if route is None:
        walk.assume(f"{origin.name} routes {subnet.cidr} to the VPC")
        return
    gateway = walk.network.name_of(route.target)
    match route.kind:
        case "internet":
            _refuse_detached(walk, route)
            if not target.public:
                raise UnreachableError(
                    "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", gateway, f"{target.name} has no public address"
                )
            return
        case "nat" | "endpoint":
            raise UnreachableError(
                "NGW_REQUIRES_SOURCE_IN_VPC", gateway, "it carries only connections that begin in the VPC"
            )
        case "transit":
            own = FarSide(target.name, subnet.cidr)
            _attached(walk, own, subnet, route, traffic, traffic.answer(UNPRIVILEGED), leaves=False)
    walk.assume(f"{origin.name} routes {subnet.cidr} to the VPC")


def _far(walk: Walk, interface: Interface) -> FarSide:
    return FarSide(interface.name, walk.network.subnet_of(interface).cidr, frozenset(interface.groups))
