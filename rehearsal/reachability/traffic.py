"""Protocols and ranges of ports."""

# no belief: arithmetic of ranges

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

ANY_PROTOCOL: Final = "-1"
"""How AWS writes every protocol."""

# https://www.iana.org/assignments/protocol-numbers/
_NAMES: Final = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}


@dataclass(frozen=True, order=True)
class Ports:
    """A range of ports; both ends belong to it."""

    first: int
    last: int

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


EVERY_PORT: Final = Ports(0, 65535)
"""What a rule without ports covers."""

UNPRIVILEGED: Final = Ports(1024, 65535)
"""What clients of any kind take their ports from."""


@dataclass(frozen=True)
class Traffic:
    """What a client sends, and to which of its ports the answer comes.

    Attributes:
        protocol: ``tcp`` or ``udp``.
        ports: Ports of the destination.
    """

    protocol: str
    ports: Ports

    def __str__(self) -> str:
        protocol = self.protocol.upper()
        return f"any {protocol} port" if self == ANY_TCP else f"{protocol} {self.ports}"

    def answer(self, client_ports: Ports) -> Traffic:
        """The way back, to the ports that the client listens on."""
        return Traffic(self.protocol, client_ports)


def tcp(first: int, last: int | None = None) -> Traffic:
    """TCP to one port, or to each port of a range."""
    return Traffic("tcp", Ports(first, first if last is None else last))


def udp(port: int) -> Traffic:
    """UDP to one port."""
    return Traffic("udp", Ports(port, port))


ANY_TCP: Final = tcp(1, 65535)
"""TCP to each port."""


def protocol_named(number_or_name: str) -> str:
    """A protocol by its name, if it has one here: ``6`` and ``tcp`` are ``tcp``, every protocol is ``-1``."""
    text = str(number_or_name).lower()
    return _NAMES.get(text, ANY_PROTOCOL if text == "all" else text)


def without(ranges: Iterable[Ports], taken: Ports) -> list[Ports]:
    """What is left of ranges when one is taken out."""
    left = []
    for each in ranges:
        if each.last < taken.first or each.first > taken.last:
            left.append(each)
            continue
        if each.first < taken.first:
            left.append(Ports(each.first, taken.first - 1))
        if each.last > taken.last:
            left.append(Ports(taken.last + 1, each.last))
    return left


def overlap(one: Ports, other: Ports) -> bool:
    """Whether two ranges share a port."""
    return one.first <= other.last and other.first <= one.last
