"""Ports, HTTP requests and ICMP types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Self

from cdk_eks_cilium.policy.model import HttpRule, IcmpField, PortProtocol

from .made import made, refused

# https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
_HEADER: Final = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")


@dataclass(frozen=True)
class Port:
    """A port, or a range of ports; make one with a factory: ``Port.tcp(443)``.

    Attributes:
        port: The same as Cilium has it.
    """

    port: PortProtocol

    @classmethod
    def tcp(cls, port: int) -> Self:
        """A port of TCP."""
        return cls._of("Port.tcp", "TCP", port)

    @classmethod
    def tcp_range(cls, first: int, last: int) -> Self:
        """Ports of TCP, both ends included; from Cilium 1.16 on."""
        return cls._of("Port.tcp_range", "TCP", first, last)

    @classmethod
    def udp(cls, port: int) -> Self:
        """A port of UDP."""
        return cls._of("Port.udp", "UDP", port)

    @classmethod
    def udp_range(cls, first: int, last: int) -> Self:
        """Ports of UDP, both ends included; from Cilium 1.16 on."""
        return cls._of("Port.udp_range", "UDP", first, last)

    @classmethod
    def sctp(cls, port: int) -> Self:
        """A port of SCTP; the chart's ``sctp.enabled`` has to be on."""
        return cls._of("Port.sctp", "SCTP", port)

    @classmethod
    def sctp_range(cls, first: int, last: int) -> Self:
        """Ports of SCTP, both ends included; from Cilium 1.16 on."""
        return cls._of("Port.sctp_range", "SCTP", first, last)

    @classmethod
    def any(cls, port: int) -> Self:
        """A port of TCP, UDP and SCTP."""
        return cls._of("Port.any", "ANY", port)

    @classmethod
    def named(cls, name: str, protocol: str | None = None) -> Self:
        """The port that the pods' containers call *name*.

        Args:
            name: Name of the port, ``http`` for example.
            protocol: ``TCP``, ``UDP`` or ``SCTP``. By default whichever the container says.

        Raises:
            InputError: If it is no name of a port, or no such protocol.
        """
        if name.isdecimal():
            raise refused("Port.named", f"must be the name of a port, got {name!r}", f"use Port.tcp({name})")
        return cls(made(PortProtocol, "Port.named", port=name, protocol=protocol))

    @classmethod
    def all(cls, protocol: str = "ANY") -> Self:
        """Every port of a protocol.

        Unlike no port at all it leaves ICMP out.

        Args:
            protocol: ``TCP``, ``UDP`` or ``SCTP``. By default all of them.

        Raises:
            InputError: If there is no such protocol.
        """
        return cls(made(PortProtocol, "Port.all", port="0", protocol=protocol))

    @classmethod
    def _of(cls, where: str, protocol: str, first: int, last: int | None = None) -> Self:
        for number in (first,) if last is None else (first, last):
            if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= 65535:
                raise refused(
                    where,
                    f"must be a port from 1 to 65535, got {number!r}",
                    f"use Port.all({protocol!r}) for every port",
                )
        if last is not None and last < first:
            raise refused(where, f"must end behind its begin {first}, got {last}", "swap them")
        return cls(made(PortProtocol, where, port=str(first), end_port=last, protocol=protocol))


@dataclass(frozen=True)
class Http:
    """Requests that match all that is given; without anything, every request.

    Method, path and host are regular expressions of the whole text.

    Attributes:
        method: ``GET``, or ``GET|HEAD``.
        path: ``/public/.*``; the query counts as part of it.
        host: Value of the Host header.
        headers: Headers that the request has, with the value that they have, or None for any.

    Raises:
        InputError: If something is no regular expression, or no header.
    """

    method: str | None = None
    path: str | None = None
    host: str | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        _ = self.rule

    @cached_property
    def rule(self) -> HttpRule:
        """The same as Cilium has it."""
        for name in self.headers:
            if not _HEADER.fullmatch(name):
                raise refused(
                    "Http(headers=)", f"must have names of headers, got {name!r}", "correct the name"
                )
        headers: tuple[Any, ...] = tuple(
            name if value is None else f"{name}: {value}" for name, value in self.headers.items()
        )
        fields = {"method": self.method, "path": self.path, "host": self.host, "headers": headers or None}
        return made(HttpRule, "Http", **fields)


@dataclass(frozen=True)
class Icmp:
    """A type of ICMP message; make one with a factory: ``Icmp.ping()``.

    Attributes:
        icmp: The same as Cilium has it.
    """

    icmp: IcmpField

    @classmethod
    def of(cls, type: int | str, *, ipv6: bool = False) -> Self:
        """Messages of one type.

        Args:
            type: Its number, or its name, such as ``DestinationUnreachable``.
            ipv6: Mean ICMPv6. By default ICMP of IPv4.

        Raises:
            InputError: If there is no such type.
        """
        return cls(made(IcmpField, "Icmp.of", type=type, family="IPv6" if ipv6 else "IPv4"))

    @classmethod
    def ping(cls, *, ipv6: bool = False) -> Self:
        """Echo requests; their replies need no rule of their own.

        Args:
            ipv6: Mean ICMPv6. By default ICMP of IPv4.
        """
        return cls.of(128 if ipv6 else 8, ipv6=ipv6)
