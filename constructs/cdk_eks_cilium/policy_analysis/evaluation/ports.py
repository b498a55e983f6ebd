"""What an item lets through: ports, and conditions that a proxy checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from cdk_eks_cilium.policy.model import HttpRule, Item, L7Rules, PortProtocol
from cdk_eks_cilium.policy.model.ports import WITHOUT_PORTS
from cdk_eks_cilium.policy.server_names import has_upper_case, serves
from cdk_eks_cilium.policy_analysis.workloads import Workload
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .flow import Flow
from .names import matches_name
from .requests import doubts, every, matches_request, some
from .spans import PortSet

_TRANSPORTS: Final = ("TCP", "UDP", "SCTP")
FAILING: Final = "test-always-fail"
"""The mode of authentication that lets nothing through."""

_PROOFS: Final = {
    "required": "mutual authentication",
    FAILING: "an authentication that always fails",
}
_ICMP: Final = {"IPv4": "ICMP", "IPv6": "ICMPv6"}


@dataclass(frozen=True)
class Limit:
    """What must hold for a connection that the ports let through.

    Attributes:
        text: In words, such as ``HTTP GET /api/.*``.
        rules: The rules of a protocol, if it has some.
        server_names: The TLS names, if it has some.
        proof: The mode of authentication; None without authentication.
    """

    text: str
    rules: L7Rules | None = None
    server_names: tuple[str, ...] = ()
    proof: str | None = None

    def judge(self, flow: Flow, version: CiliumVersion | None = None) -> bool | None:
        """Whether it holds for a flow; None if the flow does not tell, or it is not known (`doubts`)."""
        if self.proof == FAILING:
            return False
        answers: list[bool | None] = []
        if self.server_names:
            answers.append(some(_serves(each, flow.server_name, version) for each in self.server_names))
        if self.rules is not None and self.rules.http:
            request = flow.http
            answers.append(
                some(matches_request(rule, request) for rule in self.rules.http) if request else None
            )
        return every(answers) if answers else None

    def doubts(self, flow: Flow, version: CiliumVersion | None = None) -> tuple[str, ...]:
        """What is not known of it although the flow tells, each in words."""
        asked, request = flow.server_name, flow.http
        found = [
            f"whether Envoy compares {each!r} with case"
            for each in self.server_names
            if asked is not None and _serves(each, asked, version) is None
        ]
        for rule in (self.rules.http if self.rules is not None else None) or ():
            found += doubts(rule, request) if request is not None else ()
        return tuple(dict.fromkeys(found))

    @property
    def reads_dns(self) -> bool:
        """Whether Cilium reads DNS questions here."""
        return bool(self.rules and self.rules.dns)

    def asks_for(self, name: str, version: CiliumVersion | None) -> bool:
        """Whether its DNS rules let a question for *name* through."""
        return any(
            matches_name(each, name, version) for each in (self.rules.dns if self.rules else None) or ()
        )


@dataclass(frozen=True)
class Gate:
    """Ports, and what must hold there.

    Attributes:
        ports: The ports.
        limit: What must hold; None without a condition.
        filters: The ports as they are written, one by one. Cilium merges rules with the same filters.
    """

    ports: PortSet
    limit: Limit | None = None
    filters: frozenset[tuple[str, int, int]] = frozenset()


def gates(item: Item, receiver: Workload | None) -> tuple[Gate, ...]:
    """What an item lets through, or denies, with the port names of *receiver*."""
    if item.icmps:
        # Cilium reads type 0 as port 0, which is every port: https://github.com/cilium/cilium/issues/41304.
        types = [
            (_ICMP[field.family or "IPv4"], field.number, field.number or 255)
            for rule in item.icmps
            for field in rule.fields or ()
            if field.number is not None
        ]
        return (Gate(PortSet.of(types)),)
    authentication = getattr(item, "authentication", None)
    proof = authentication.mode if authentication is not None else None
    # An empty list of ports means every port.
    if not item.to_ports:
        return () if item.is_empty else (Gate(PortSet.everything(), _proven(None, proof)),)
    return tuple(_gate(rule, _proven(_limit(rule), proof), receiver) for rule in item.to_ports)


def _gate(rule: Any, limit: Limit | None, receiver: Workload | None) -> Gate:
    filters = frozenset(span for port in rule.ports or () for span in _spans(port, receiver))
    return Gate(PortSet.of(filters), limit, filters)


def has_names(item: Item) -> bool:
    """Whether an item names ports; every pod chooses the names of its ports."""
    return any(True for _ in named_ports(item))


def protocols_without_ports(item: Item) -> tuple[str, ...]:
    """The protocols of an item that no flow has here, because their packets have no ports."""
    ports = [port for rule in item.to_ports or () for port in rule.ports or ()]
    return tuple(dict.fromkeys(port.protocol for port in ports if port.protocol in WITHOUT_PORTS))


def named_ports(item: Item) -> Iterator[tuple[str, str]]:
    """The port names of an item, in lower case, each with a protocol."""
    for rule in item.to_ports or ():
        yield from names_of(rule)


def names_of(rule: Any) -> Iterator[tuple[str, str]]:
    """The port names of one entry of ``toPorts``, as in `named_ports`."""
    for port in rule.ports or ():
        if port.port is not None and not port.port.isdecimal():
            for protocol in _protocols(port):
                yield port.port.lower(), protocol


def _spans(port: PortProtocol, receiver: Workload | None) -> Iterator[tuple[str, int, int]]:
    protocols = _protocols(port)
    name = port.port or ""
    if not name.isdecimal():
        for known in receiver.ports if receiver else ():
            if known.name.lower() == name.lower() and known.protocol in protocols:
                yield known.protocol, known.number, known.number
        return
    first = int(name)
    # Port 0 is every port, or the first one of a range that has an end: `PortRangeToMaskedPorts` in Cilium's
    # `pkg/policy/types`.
    last = max(first, port.end_port or 0) or 65535
    for protocol in protocols:
        # VRRP and IGMP have no ports, and flows do not have them here.
        if protocol in _TRANSPORTS:
            yield protocol, first, last


def _protocols(port: PortProtocol) -> tuple[str, ...]:
    return (port.protocol,) if port.protocol not in (None, "ANY") else _TRANSPORTS


def _proven(limit: Limit | None, proof: str | None) -> Limit | None:
    if proof in (None, "disabled"):
        return limit
    text = f"{_PROOFS[str(proof)]}" + (f" and {limit.text}" if limit else "")
    return Limit(text, limit.rules if limit else None, limit.server_names if limit else (), proof)


def _limit(rule: Any) -> Limit | None:
    names = tuple(getattr(rule, "server_names", None) or ())
    rules: L7Rules | None = getattr(rule, "rules", None)
    listener = getattr(rule, "listener", None)
    if listener is not None:
        return Limit(f"what Envoy's listener {listener.name} lets through")
    served = f"TLS to {', '.join(names)}" if names else ""
    texts = _requests(rules) if rules is not None else []
    # Empty lists make no rule, and so no proxy: `L7Rules.IsEmpty` in Cilium.
    text = " and ".join(each for each in (served, " or ".join(texts)) if each)
    return Limit(text, rules if texts else None, names) if text else None


def _requests(rules: L7Rules) -> list[str]:
    texts = [
        *(_http_text(each) for each in rules.http or ()),
        *(f"DNS {each.text}" for each in rules.dns or ()),
        *(f"Kafka {each.topic or 'any topic'}" for each in rules.kafka or ()),
    ]
    if rules.l7proto and rules.l7:
        texts.append(f"{rules.l7proto} rules")
    return texts


def _http_text(rule: HttpRule) -> str:
    words = ["HTTP", rule.method or "any method", rule.path or "any path"]
    if rule.host:
        words.append(f"at {rule.host}")
    if rule.headers or rule.header_matches:
        words.append("with headers")
    return " ".join(words)


def _serves(name: str, asked: str | None, version: CiliumVersion | None) -> bool | None:
    """Whether a name of a rule means what a client asks for; None if that depends on the image of Envoy."""
    if asked is None:
        return None
    if has_upper_case(name) and not behaviour.policy.SERVER_NAMES_FOLDED.holds(version):
        return None if serves(name, asked) else False
    return serves(name, asked)
