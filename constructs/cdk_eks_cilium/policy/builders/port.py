"""The ports and the ICMP types of a policy."""

from __future__ import annotations

from dataclasses import dataclass

from cdk_eks_cilium.policy.model import IcmpField, PortProtocol
from cdk_eks_cilium.problems import InputError, Problem

from .making import make


@dataclass(frozen=True)
class Port:
    """A port, a range of ports, or the name of a container's port; make it with the class methods."""

    model: PortProtocol

    @classmethod
    def tcp(cls, port: int | str, last: int | None = None) -> Port:
        """A TCP port by number or name, or the TCP ports from *port* to *last*."""
        return cls._of(port, last, "TCP")

    @classmethod
    def udp(cls, port: int | str, last: int | None = None) -> Port:
        """A UDP port by number or name, or the UDP ports from *port* to *last*."""
        return cls._of(port, last, "UDP")

    @classmethod
    def sctp(cls, port: int | str, last: int | None = None) -> Port:
        """An SCTP port by number or name, or the SCTP ports from *port* to *last*."""
        return cls._of(port, last, "SCTP")

    @classmethod
    def any(cls, port: int | str, last: int | None = None) -> Port:
        """A port of TCP, UDP and SCTP by number or name, or the ports from *port* to *last*."""
        return cls._of(port, last, "ANY")

    @classmethod
    def every(cls, protocol: str) -> Port:
        """Every port of a protocol, ``TCP`` for example."""
        return cls._of(0, None, protocol)

    @classmethod
    def _of(cls, port: int | str, last: int | None, protocol: str) -> Port:
        where = f"Port.{protocol.lower()}"
        return cls(make(PortProtocol, where, port=str(port), end_port=last, protocol=protocol))


@dataclass(frozen=True)
class Icmp:
    """A type of ICMP; make it with the class methods."""

    model: IcmpField

    @classmethod
    def v4(cls, kind: int | str) -> Icmp:
        """A type of ICMP for IPv4, by number or, from Cilium 1.16 on, by name: ``EchoRequest``.

        Raises:
            InputError: If the type is unknown, or 0, which Cilium takes for every type.
        """
        return cls._of("Icmp.v4", kind, "IPv4")

    @classmethod
    def v6(cls, kind: int | str) -> Icmp:
        """A type of ICMP for IPv6, by number or, from Cilium 1.16 on, by name: ``EchoRequest``.

        Raises:
            InputError: If the type is unknown, or 0, which Cilium takes for every type.
        """
        return cls._of("Icmp.v6", kind, "IPv6")

    @classmethod
    def ping(cls) -> Icmp:
        """What ``ping`` sends over IPv4; the answer to it always passes."""
        # Names of types came with Cilium 1.16.
        return cls.v4(8)

    @classmethod
    def _of(cls, where: str, kind: int | str, family: str) -> Icmp:
        field = make(IcmpField, where, type=kind, family=family)
        if field.number == 0:
            # https://github.com/cilium/cilium/issues/41304
            rule, fix = "must not be type 0, which Cilium takes for every type", "leave it out: answers pass"
            raise InputError([Problem(where, rule, kind, fix, id="CEK5007")])
        return cls(field)
