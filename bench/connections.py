"""What two programs print of the same connections, made comparable.

Compared are TCP, UDP and SCTP at ports from 1, between two different workloads or a workload and a range of
addresses: what netpol-analyzer says (``pkg/netpol/connlist`` there). It has the kind at the end of a
workload's name, keeps the pods of a ReplicaSet apart from the Deployment that owns it, and adds a made-up
client for Ingress, whose name has no kind.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from ipaddress import IPv4Address
from itertools import product
from typing import Any, Final

from cdk_eks_cilium.policy_analysis.evaluation import PortSet

Connections = Mapping[tuple[str, str], PortSet]
"""The ports by source and destination: names of workloads, or an address."""

_PROTOCOLS: Final = ("TCP", "UDP", "SCTP")
_ALL: Final = PortSet.of((protocol, 1, 65535) for protocol in _PROTOCOLS)
_EXTERNAL: Final = "[External]"
_ADDRESS: Final = "address "


def points(listed: Iterable[Mapping[str, str]]) -> list[str]:
    """The first address of each range that netpol-analyzer names: everything else is as one of them is.

    It joins the ranges of each workload, so they overlap; each of them begins where a policy's range does.
    """
    sides = {side for one in listed for side in (one["src"], one["dst"]) if side.endswith(_EXTERNAL)}
    return [str(each) for each in sorted({_range(side)[0] for side in sides})]


def of_ours(listed: Iterable[Mapping[str, Any]]) -> Connections:
    """What our ``policy matrix --json`` printed."""
    found = {}
    for one in listed:
        pair = one["source"], one["destination"]
        apart = pair[0] != pair[1] and not all(side.startswith(_ADDRESS) for side in pair)
        if apart and (ports := _our_ports(one["ports"]) & _ALL):
            found[pair] = ports
    return found


def of_theirs(listed: Iterable[Mapping[str, str]], ours: Connections) -> Connections:
    """What netpol-analyzer's ``list --output json`` printed, with the names that are in *ours*."""
    known = {side for pair in ours for side in pair}
    given = list(listed)
    addresses = [IPv4Address(each) for each in points(given)]
    found: dict[tuple[str, str], PortSet] = {}
    for one in given:
        sources, destinations = (_named(one[side], known, addresses) for side in ("src", "dst"))
        for pair in product(sources, destinations):
            if pair[0] != pair[1]:
                found[pair] = found.get(pair, PortSet({})) | _their_ports(one["conn"])
    return found


def differences(ours: Connections, theirs: Connections) -> Iterator[str]:
    """The pairs of which the two say something else, in words."""
    nothing = PortSet({})
    for pair in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(pair, nothing), theirs.get(pair, nothing)
        if mine != other:
            yield f"{pair[0]} -> {pair[1]}: ours {_words(mine)}, theirs {_words(other)}"


def _words(ports: PortSet) -> str:
    return str(ports) if ports else "nothing"


def _range(side: str) -> tuple[IPv4Address, IPv4Address]:
    first, _, last = side.removesuffix(_EXTERNAL).partition("-")
    return IPv4Address(first), IPv4Address(last or first)


def _named(side: str, known: Container[str], addresses: Iterable[IPv4Address]) -> Iterator[str]:
    """The name without the kind, or a ReplicaSet's owner if that is known; of a range its addresses."""
    if side.endswith(_EXTERNAL):
        first, last = _range(side)
        yield from (f"{_ADDRESS}{each}" for each in addresses if first <= each <= last)
        return
    name, _, kind = side.removesuffix("]").partition("[")
    owner = name.rpartition("-")[0]
    if kind:
        yield owner if kind == "ReplicaSet" and owner in known else name


def _their_ports(text: str) -> PortSet:
    """Ports such as ``TCP 80,443-445,UDP 53``."""
    if text == "All Connections":
        return _ALL
    parts, protocol = [], ""
    for part in text.split(","):
        *named, span = part.split()
        protocol = named[0] if named else protocol
        parts.append((protocol, *_span(span)))
    return PortSet.of(parts)


def _our_ports(text: str) -> PortSet:
    """Ports such as ``TCP/UDP 53, SCTP 80+443-445``, ``all TCP``, ``all ports but TCP 25``."""
    if text.startswith("all ports"):
        return PortSet.everything() - _our_ports(text.removeprefix("all ports").removeprefix(" but "))
    parts: list[tuple[str, int, int]] = []
    for part in filter(None, text.split(", ")):
        first, second = part.split()
        names, spans = (second, "0-65535") if first == "all" else (first, second)
        parts += [(name, *_span(span)) for name in names.split("/") for span in spans.split("+")]
    return PortSet.of(parts)


def _span(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    return int(first), int(last or first)
