"""What one direction of one workload must allow, and the calls that allow it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final, Literal

from cdk_eks_cilium.policy_analysis.evaluation import Direction

from .draft import At, Call, PeerSpec, Request
from .templates import Reduced, names, paths

MOST_ADDRESSES: Final = 20
"""Addresses without a name, for the same ports."""

_MOST_PORTS: Final = 40
"""Ports of one entry: `MaxPorts` in Cilium's ``pkg/policy/api``."""

_ASKING: Final[frozenset[At]] = frozenset({("UDP", 53), ("TCP", 53)})


@dataclass
class PeerNeeds:
    """What must pass to, or from, one peer.

    Attributes:
        ports: Every port.
        requests: The HTTP requests, as method and path, by port.
        questions: The DNS names that were asked for.
    """

    ports: set[At] = field(default_factory=set)
    requests: dict[At, set[tuple[str, str]]] = field(default_factory=dict)
    questions: set[str] = field(default_factory=set)

    @property
    def asks(self) -> bool:
        """Whether it is a DNS server."""
        return bool(self.questions or (self.ports & _ASKING) - self.requests.keys())


@dataclass
class SideNeeds:
    """What one direction of one workload must allow.

    Attributes:
        direction: The direction.
        peers: What must pass, by peer; a peer has one value.
        wider: What the calls allow beyond that, as clauses.
    """

    direction: Direction
    peers: dict[PeerSpec, PeerNeeds] = field(default_factory=dict)
    wider: list[str] = field(default_factory=list)

    def of(self, peer: PeerSpec) -> PeerNeeds:
        """What must pass for a peer."""
        return self.peers.setdefault(peer, PeerNeeds())

    def calls(self, dns_servers: Iterable[PeerSpec]) -> list[Call]:
        """The calls, few and in order; *dns_servers* are for names if no server was seen to be asked."""
        self._let_long_answers_through()
        peers = dict(self._without_many_addresses())
        found = list(self._dns_calls(peers, dns_servers)) if self.direction == "egress" else []
        verb: Literal["allow_from", "allow_to"] = "allow_from" if self.direction == "ingress" else "allow_to"
        for (kind, ports, requests), members in sorted(self._grouped(peers).items()):
            merged = self._merged(kind, members)
            for first in range(0, len(ports), _MOST_PORTS):
                found.append(Call(verb, merged, ports[first : first + _MOST_PORTS], requests))
        return found

    def _let_long_answers_through(self) -> None:
        """Open DNS over TCP beside UDP: an answer that does not fit into a packet is asked for again."""
        for needs in self.peers.values():
            if len(needs.ports & _ASKING) == 1:
                needs.ports |= _ASKING
                self._widen("port 53 over both UDP and TCP, for long answers of DNS")

    def _without_many_addresses(self) -> Iterator[tuple[PeerSpec, PeerNeeds]]:
        """The peers, with the world in place of many addresses for the same ports."""
        many: dict[frozenset[At], list[PeerSpec]] = {}
        for peer, needs in self.peers.items():
            if peer.kind == "cidr":
                many.setdefault(frozenset(needs.ports), []).append(peer)
        world = PeerNeeds()
        replaced: set[PeerSpec] = set()
        for ports, peers in sorted(many.items(), key=lambda one: sorted(one[0])):
            if len(peers) > MOST_ADDRESSES:
                world.ports |= ports
                replaced.update(peers)
                at = ", ".join(f"{protocol} {port}" for protocol, port in sorted(ports))
                self.wider.append(f"entity world for {len(peers)} addresses at {at}")
        for peer, needs in self.peers.items():
            if peer not in replaced:
                yield peer, needs
        if world.ports:
            yield PeerSpec("entity", ("world",)), world

    def _dns_calls(self, peers: dict[PeerSpec, PeerNeeds], dns_servers: Iterable[PeerSpec]) -> Iterator[Call]:
        """The rules for DNS servers, which are taken out of *peers*."""
        reached = {name for peer in peers if peer.kind == "fqdn" for name in peer.values}
        asked = {peer: needs for peer, needs in peers.items() if needs.asks and peer.kind != "fqdn"}
        if reached and not asked:
            asked = {peer: PeerNeeds() for peer in dns_servers}
        questions = {name for needs in asked.values() for name in needs.questions}
        if not reached and not questions:
            return
        merged: dict[tuple[str, ...], list[PeerSpec]] = {}
        for peer, needs in asked.items():
            merged.setdefault(self._questions(needs.questions, reached), []).append(peer)
            needs.ports -= _ASKING
        for wanted, servers in sorted(merged.items()):
            for kind in sorted({peer.kind for peer in servers}):
                members = [peer for peer in servers if peer.kind == kind]
                yield Call("allow_dns", self._merged(kind, members), names=wanted)

    def _questions(self, asked: set[str], reached: set[str]) -> tuple[str, ...]:
        if not asked:
            self._widen("DNS questions for any name, because no question was recorded")
            return ("*",)
        reduced = names(asked | reached)
        for each in reduced.wider:
            self._widen(f"DNS questions: {each}")
        return reduced.texts

    def _grouped(
        self, peers: Mapping[PeerSpec, PeerNeeds]
    ) -> dict[tuple[str, tuple[At, ...], tuple[Request, ...]], list[PeerSpec]]:
        """The peers with the same ports and requests."""
        groups: dict[tuple[str, tuple[At, ...], tuple[Request, ...]], list[PeerSpec]] = {}
        for peer, needs in sorted(peers.items()):
            by_requests: dict[tuple[Request, ...], set[At]] = {}
            for at in needs.ports:
                if at[0].startswith("ICMP") and at[1] == 0:
                    continue  # https://github.com/cilium/cilium/issues/41304
                by_requests.setdefault(self._requests(needs.requests.get(at)), set()).add(at)
            for requests, ports in by_requests.items():
                for chosen in (
                    tuple(sorted(at for at in ports if not at[0].startswith("ICMP"))),
                    tuple(sorted(at for at in ports if at[0].startswith("ICMP"))),
                ):
                    if chosen:
                        groups.setdefault((peer.kind, chosen, requests), []).append(peer)
        return groups

    def _requests(self, seen: set[tuple[str, str]] | None) -> tuple[Request, ...]:
        if not seen:
            return ()
        methods: dict[str, set[str]] = {}
        for method, path in seen:
            methods.setdefault(method, set()).add(path)
        found: list[Request] = []
        for method, own in sorted(methods.items()):
            reduced: Reduced = paths(own)
            found += [(method, each) for each in reduced.texts]
            for each in reduced.wider:
                self._widen(f"{method} {each}")
        return tuple(found)

    def _merged(self, kind: str, members: Iterable[PeerSpec]) -> PeerSpec:
        values = [value for peer in members for value in peer.values]
        if kind == "fqdn":
            reduced = names(values)
            for each in reduced.wider:
                self._widen(f"names: {each}")
            return PeerSpec("fqdn", reduced.texts)
        key = _address_order if kind == "cidr" else None
        return PeerSpec(kind, tuple(sorted(set(values), key=key)))  # type: ignore[arg-type]

    def _widen(self, text: str) -> None:
        if text not in self.wider:
            self.wider.append(text)


def _address_order(text: str) -> tuple[int, int]:
    found = ip_address(text.partition("/")[0])
    return found.version, int(found)
