"""The ways in: who begins connections to the API, to nodes and to pods from elsewhere.

The cluster does not need any of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network
from typing import Final

from rehearsal.reachability.answers import Row, Way, row
from rehearsal.reachability.destinations import HTTPS, INTERNET
from rehearsal.reachability.network import ANYWHERE, Network, Outside
from rehearsal.reachability.parties import ClusterView, Party
from rehearsal.reachability.paths import inward
from rehearsal.reachability.walk import Answer, Seen

_API: Final = "the Kubernetes API"
_GATEWAYS: Final = {"transit": "a transit gateway", "peering": "a peering", "private": "a private gateway"}


def beyond(network: Network) -> list[Outside]:
    """The networks that routes of the VPC lead to by a gateway, other than the internet."""
    found: dict[IPv4Network, str] = {}
    for table in network.tables.values():
        for route in table.routes:
            if route.kind in _GATEWAYS and isinstance(route.destination, IPv4Network):
                found.setdefault(route.destination, _GATEWAYS[route.kind])
    found.pop(ANYWHERE, None)
    return [Outside(f"{cidr} behind {by}", cidr) for cidr, by in sorted(found.items())]


def ways_in(cluster: ClusterView) -> Iterator[Row]:
    """Rows of the ways in."""
    yield _public_api(cluster)
    for origin in _origins(cluster):
        ways = [
            Way(origin.name, plane.name, inward(cluster.network, origin, plane, HTTPS))
            for plane in cluster.api.interfaces
        ]
        yield row(origin.name, _API, str(HTTPS), ways, needed=False, why="people, over the VPC")
    everybody = Outside("others in the VPC", cluster.network.blocks[0])
    for origin in (INTERNET, everybody, *beyond(cluster.network)):
        for name, parties in (("nodes", cluster.nodes), ("pods", cluster.pods)):
            ways = list(_to_parties(cluster.network, origin, parties))
            yield row(origin.name, name, str(HTTPS), ways, needed=False, why="clients at the address itself")


def _to_parties(network: Network, origin: Outside, parties: Iterable[Party]) -> Iterator[Way]:
    for party in parties:
        answer = inward(network, origin, party.interface, HTTPS, answers_by=party.abroad)
        yield Way(origin.name, party.interface.name, answer)


# belief: EKS-endpoint-access
def _public_api(cluster: ClusterView) -> Row:
    """The public endpoint, which no rule of the VPC filters."""
    api, name = cluster.api, "the API's public endpoint"
    if api.public:
        answer = Answer(True, Seen("public addresses", ", ".join(map(str, api.public_cidrs))))
    else:
        answer = Answer(False, code="EKS_PUBLIC_ACCESS_CIDRS", stopped_at=name, rule="it is off")
    way = Way(INTERNET.name, name, answer)
    return row(INTERNET.name, _API, str(HTTPS), [way], needed=False, why="people, over the internet")


def _origins(cluster: ClusterView) -> list[Outside]:
    """The ranges that the groups of the API's interfaces admit to it, and the networks behind gateways."""
    found: Mapping[IPv4Network, None] = {
        rule.far: None
        for interface in cluster.api.interfaces
        for each in interface.groups
        if each in cluster.network.groups
        for rule in cluster.network.groups[each].rules
        if not rule.outbound and isinstance(rule.far, IPv4Network)
    }
    named = beyond(cluster.network)
    further = [cidr for cidr in sorted(found) if cidr not in {each.addresses for each in named}]
    return [*named, *(Outside(f"people at {cidr}", cidr) for cidr in further)]
