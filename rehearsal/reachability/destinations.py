"""How parties reach the API, AWS's services and the internet: what a name resolves to, and the way there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Final

from rehearsal.reachability.answers import Way
from rehearsal.reachability.network import ANYWHERE, InterfaceEndpoint, Network, Outside
from rehearsal.reachability.parties import Api, Party
from rehearsal.reachability.paths import OWNERS, inside, outward
from rehearsal.reachability.traffic import Traffic, tcp
from rehearsal.reachability.walk import Answer, Seen

HTTPS: Final = tcp(443)

# Stands for every public address; nobody has it: https://www.rfc-editor.org/rfc/rfc5737.
_SOMEWHERE: Final = IPv4Network("198.51.100.1/32")
INTERNET: Final = Outside("the internet", _SOMEWHERE)


# belief: EC2-private-dns
def resolves_inside(network: Network) -> bool:
    """Whether private names of endpoints resolve in the VPC: it needs both of its DNS attributes."""
    return network.dns_support and network.dns_names


def to_api(network: Network, api: Api, party: Party, *, by_service: bool = False) -> Iterator[Way]:
    """Ways to the Kubernetes API.

    Args:
        network: The network.
        api: The API.
        party: Who calls.
        by_service: Whether it calls the Service ``kubernetes``, which always leads to the private addresses.
    """
    # belief: EKS-endpoint-access
    if by_service or (api.private and resolves_inside(network)):
        for interface in api.interfaces:
            answer = inside(network, party.interface, interface, HTTPS)
            yield Way(party.interface.name, interface.name, answer)
        return
    name = "the API's public endpoint"
    if not api.public:
        stop = Answer(
            False,
            code="DNS",
            stopped_at=network.name,
            rule="the API's name does not resolve to its private addresses; turn on the VPC's DNS support "
            "and DNS host names",
        )
    else:
        stop = outward(network, party.leaving, Outside(name, _SOMEWHERE), HTTPS)
        if stop.reached and stop.seen and stop.seen.kind != OWNERS:
            stop = _admitted(api, stop, stop.seen)
    yield Way(party.interface.name, name, stop)


# belief: EKS-endpoint-access
def _admitted(api: Api, answer: Answer, seen: Seen) -> Answer:
    """Whether the public endpoint takes an address that AWS chooses: only if it takes every address."""
    if ANYWHERE in api.public_cidrs:
        return answer
    ranges = ", ".join(map(str, api.public_cidrs))
    return replace(
        answer,
        reached=False,
        seen=None,
        code="EKS_PUBLIC_ACCESS_CIDRS",
        stopped_at="the API's public endpoint",
        rule=f"it admits {ranges}, and not {seen.kind}, which AWS chooses; turn on private access",
    )


# belief: EC2-private-dns, EC2-endpoint-reach
def to_service(network: Network, service: str, party: Party) -> Iterator[Way]:
    """Ways to a service of AWS: to each interface of its endpoint, else to its public addresses."""
    endpoint = next((each for each in network.interface_endpoints if each.service == service), None)
    if endpoint and endpoint.private_dns and resolves_inside(network):
        for interface in endpoint.interfaces:
            answer = inside(network, party.interface, interface, HTTPS)
            yield Way(party.interface.name, interface.name, answer)
        return
    answer = outward(network, party.leaving, _public(network, service), HTTPS)
    if network.foreign:
        ranges = network.subnet_of(party.interface).cidr
        text = f"an endpoint of {service} in {network.name}, where there is one, admits {ranges}"
        answer = replace(answer, assumes=(*answer.assumes, text))
    elif endpoint and not answer.reached:
        answer = replace(
            answer, code="DNS", stopped_at=endpoint.name, rule=_unresolved(network, endpoint, answer)
        )
    yield Way(party.interface.name, service, answer)


def _unresolved(network: Network, endpoint: InterfaceEndpoint, answer: Answer) -> str:
    cause = (
        f"the DNS support or the DNS host names of {network.name} are off"
        if endpoint.private_dns
        else "its private DNS is off"
    )
    return f"{cause}, so {endpoint.service} resolves to public addresses, and {answer.stop}"


def _public(network: Network, service: str) -> Outside:
    """A service's public addresses, with the prefix lists that hold them."""
    lists = {key for key, name in network.prefix_lists.items() if name == service}
    for gateway in network.gateway_endpoints.values():
        lists |= gateway.prefix_lists if gateway.service == service else frozenset()
    return Outside(f"the public addresses of {service}", _SOMEWHERE, frozenset(lists))


# belief: EC2-resolver-unfiltered
def to_resolver(network: Network, party: Party) -> Way:
    """The way to the VPC's resolver, which neither security groups nor network ACLs filter."""
    name = "the VPC's resolver"
    if network.dns_support:
        answer = Answer(True, Seen("their own addresses"), hops=("nothing filters it",))
    else:
        answer = Answer(False, code="DNS", stopped_at=network.name, rule="its DNS support is off")
    return Way(party.interface.name, name, answer)


def outside(network: Network, party: Party, destination: Outside, traffic: Traffic = HTTPS) -> Way:
    """The way to addresses outside of the VPC."""
    answer = outward(network, party.leaving, destination, traffic)
    return Way(party.interface.name, destination.name, answer)
