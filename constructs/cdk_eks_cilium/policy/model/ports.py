"""Ports, ICMP types, and what a proxy checks at a port."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, StrictInt, model_validator

from cdk_eks_cilium.policy.server_names import is_server_name
from cdk_eks_cilium.problems import refusal

from .layer7 import L7Rules, Listener, TlsContext
from .part import PolicyPart, Text

MAX_ITEMS: Final = 40
"""The most ports in one list, and the most ICMP fields."""

Protocol = Literal["TCP", "UDP", "SCTP", "VRRP", "IGMP", "IPIP", "IPV6", "GRE", "ESP", "AH", "ANY"]

_WITH_PORTS: Final = ("TCP", "UDP", "SCTP", "ANY", None)
WITHOUT_PORTS: Final = ("VRRP", "IGMP", "IPIP", "IPV6", "GRE", "ESP", "AH")
"""The protocols whose packets have no ports (`isExtendedIPProtocol` in Cilium's rule_validation.go)."""

# https://www.rfc-editor.org/rfc/rfc6335#section-5.1; Cilium does not check the length of 15.
_SERVICE_NAME: Final = re.compile(r"(?=.*[a-zA-Z])[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*", re.ASCII)
# `pkg/policy/api/icmp.go`; the CRD lists the same names.
ICMP_TYPES: Final[dict[str, dict[str, int]]] = {
    "IPv4": {
        "EchoReply": 0,
        "DestinationUnreachable": 3,
        "Redirect": 5,
        "Echo": 8,
        "EchoRequest": 8,
        "RouterAdvertisement": 9,
        "RouterSelection": 10,
        "TimeExceeded": 11,
        "ParameterProblem": 12,
        "Timestamp": 13,
        "TimestampReply": 14,
        "Photuris": 40,
        "ExtendedEchoRequest": 42,
        # With a space, as the CRD has it.
        "ExtendedEcho Reply": 43,
    },
    "IPv6": {
        "DestinationUnreachable": 1,
        "PacketTooBig": 2,
        "TimeExceeded": 3,
        "ParameterProblem": 4,
        "EchoRequest": 128,
        "EchoReply": 129,
        "MulticastListenerQuery": 130,
        "MulticastListenerReport": 131,
        "MulticastListenerDone": 132,
        "RouterSolicitation": 133,
        "RouterAdvertisement": 134,
        "NeighborSolicitation": 135,
        "NeighborAdvertisement": 136,
        "RedirectMessage": 137,
        "RouterRenumbering": 138,
        "ICMPNodeInformationQuery": 139,
        "ICMPNodeInformationResponse": 140,
        "InverseNeighborDiscoverySolicitation": 141,
        "InverseNeighborDiscoveryAdvertisement": 142,
        "HomeAgentAddressDiscoveryRequest": 144,
        "HomeAgentAddressDiscoveryReply": 145,
        "MobilePrefixSolicitation": 146,
        "MobilePrefixAdvertisement": 147,
        "DuplicateAddressRequestCodeSuffix": 157,
        "DuplicateAddressConfirmationCodeSuffix": 158,
    },
}


def _port(text: str) -> str:
    if text.isdecimal() and text.isascii():
        if int(text) > 65535 or (text != "0" and text.startswith("0")):
            raise refusal("must be a port from 0 to 65535", "correct the number", id="CEK5035")
    elif not _SERVICE_NAME.fullmatch(text):
        raise refusal(
            "must be a port number, or the name of a port: letters, digits and single dashes",
            "write the number as text, or the name that the pod's container gives the port",
            id="CEK5036",
        )
    return text


class PortProtocol(PolicyPart):
    """A port, a range of ports up to *end_port*, or the name of a container's port.

    Without a protocol it is that port of TCP, UDP and SCTP. Port 0 is every port.
    """

    port: Annotated[Text, AfterValidator(_port)] | None = None
    end_port: Annotated[StrictInt, Field(ge=0, le=65535)] | None = None
    protocol: Protocol | None = None

    @model_validator(mode="after")
    def _a_port_and_a_range(self) -> Self:
        if self.port is None and self.protocol in _WITH_PORTS:
            raise refusal("must give the port", "add port, '0' for every port", id="CEK5037")
        if self.protocol not in _WITH_PORTS and self.port not in (None, "0"):
            raise refusal(
                f"must have no port with {self.protocol}, got {self.port!r}", "leave port out", id="CEK5038"
            )
        if self.end_port and (self.port is None or not self.port.isdecimal()):
            raise refusal(
                "must begin a range with a number",
                "give port as a number, or leave endPort out",
                id="CEK5039",
            )
        if self.end_port and self.port is not None and 0 < self.end_port < int(self.port):
            raise refusal(
                f"must not end a range before its first port {self.port}, got {self.end_port}",
                "swap them",
                id="CEK5040",
            )
        return self


class PortRule(PolicyPart):
    """Ports, and what a proxy lets pass there."""

    ports: Annotated[tuple[PortProtocol, ...], Field(max_length=MAX_ITEMS)] | None = None
    rules: L7Rules | None = None
    server_names: Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    listener: Listener | None = None
    terminating_tls: TlsContext | None = None
    originating_tls: TlsContext | None = None

    @model_validator(mode="after")
    def _server_names(self) -> Self:
        names = self.server_names or ()
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise refusal(
                f"must name each TLS server once, got {twice!r} twice in serverNames",
                "remove one",
                id="CEK5041",
            )
        for name in names:
            if not is_server_name(name):
                raise refusal(
                    f"must name TLS servers, got {name!r} in serverNames",
                    "write 'api.example.com', '*.example.com' or '**.example.com', without a dot at the end",
                    id="CEK5042",
                )
        return self


class PortDenyRule(PolicyPart):
    """Ports that are denied."""

    ports: Annotated[tuple[PortProtocol, ...], Field(max_length=MAX_ITEMS)] | None = None


class IcmpField(PolicyPart):
    """One ICMP type, by number or by its name."""

    type: StrictInt | Text
    family: Literal["IPv4", "IPv6"] | None = None

    @model_validator(mode="after")
    def _a_type(self) -> Self:
        if self.number is None:
            raise refusal(
                f"must be a type of ICMP, got {self.type!r}",
                "give its number, or one of " + ", ".join(ICMP_TYPES[self.family or "IPv4"]),
                id="CEK5043",
            )
        return self

    @property
    def number(self) -> int | None:
        """The type as a number; None if the type is unknown."""
        text = str(self.type)
        if text.isdecimal() and text.isascii():
            return int(text) if int(text) <= 255 else None
        return ICMP_TYPES[self.family or "IPv4"].get(text)


class IcmpRule(PolicyPart):
    """ICMP types."""

    fields: Annotated[tuple[IcmpField, ...], Field(max_length=MAX_ITEMS)] | None = None
