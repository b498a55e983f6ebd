from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy import Http, Icmp, Port
from cdk_eks_cilium.problems import InputError


@pytest.mark.parametrize(
    ("port", "written"),
    [
        (Port.tcp(443), {"port": "443", "protocol": "TCP"}),
        (Port.tcp_range(8080, 8085), {"port": "8080", "endPort": 8085, "protocol": "TCP"}),
        (Port.udp(53), {"port": "53", "protocol": "UDP"}),
        (Port.udp_range(1, 65535), {"port": "1", "endPort": 65535, "protocol": "UDP"}),
        (Port.sctp(3868), {"port": "3868", "protocol": "SCTP"}),
        (Port.sctp_range(5, 5), {"port": "5", "endPort": 5, "protocol": "SCTP"}),
        (Port.any(53), {"port": "53", "protocol": "ANY"}),
        (Port.named("http"), {"port": "http"}),
        (Port.named("http", "TCP"), {"port": "http", "protocol": "TCP"}),
        (Port.all(), {"port": "0", "protocol": "ANY"}),
        (Port.all("TCP"), {"port": "0", "protocol": "TCP"}),
    ],
)
def test_a_port_is_written_as_cilium_has_it(port: Port, written: dict[str, Any]) -> None:
    assert port.port.manifest() == written


@pytest.mark.parametrize(
    ("http", "written"),
    [
        (Http(), {}),
        (
            Http(method="GET", path="/public/.*", host="shop"),
            {"method": "GET", "path": "/public/.*", "host": "shop"},
        ),
        (
            Http(headers={"X-Token": "abc", "X-Any": None}),
            {"headers": ["X-Token: abc", "X-Any"]},
        ),
    ],
)
def test_a_request_is_written_as_cilium_has_it(http: Http, written: dict[str, Any]) -> None:
    assert http.rule.manifest() == written


@pytest.mark.parametrize(
    ("icmp", "written"),
    [
        (Icmp.ping(), {"type": 8, "family": "IPv4"}),
        (Icmp.ping(ipv6=True), {"type": 128, "family": "IPv6"}),
        (Icmp.of("TimeExceeded"), {"type": "TimeExceeded", "family": "IPv4"}),
        (Icmp.of(2, ipv6=True), {"type": 2, "family": "IPv6"}),
    ],
)
def test_an_icmp_type_is_written_as_cilium_has_it(icmp: Icmp, written: dict[str, Any]) -> None:
    assert icmp.icmp.manifest() == written


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: Port.tcp(0),
            "Port.tcp: must be a port from 1 to 65535, got 0; use Port.all('TCP') for every port",
        ),
        (
            lambda: Port.udp_range(1, 65536),
            "Port.udp_range: must be a port from 1 to 65535, got 65536; use Port.all('UDP') for every port",
        ),
        (
            lambda: Port.any(True),
            "Port.any: must be a port from 1 to 65535, got True; use Port.all('ANY') for every port",
        ),
        (
            lambda: Port.tcp_range(90, 80),
            "Port.tcp_range: must end behind its begin 90, got 80; swap them",
        ),
        (
            lambda: Port.named("80"),
            "Port.named: must be the name of a port, got '80'; use Port.tcp(80)",
        ),
        (
            lambda: Port.named("a--b"),
            "Port.named: port: must be a port number, or the name of a port: letters, digits and single "
            "dashes, got 'a--b'; write the number as text, or the name that the pod's container gives the "
            "port",
        ),
        (
            lambda: Port.all("QUIC"),
            "Port.all: protocol: must be 'TCP', 'UDP', 'SCTP', 'VRRP', 'IGMP', 'IPIP', 'IPV6', 'GRE', 'ESP', "
            "'AH' or 'ANY', got 'QUIC'",
        ),
        (
            lambda: Http(path="("),
            "Http: path: must be a regular expression (missing ), unterminated subpattern at position 0), "
            "got '('; escape what is meant literally",
        ),
        (
            lambda: Http(headers={"X Y": None}),
            "Http(headers=): must have names of headers, got 'X Y'; correct the name",
        ),
        (
            lambda: Icmp.of(256),
            "Icmp.of: must be a type of ICMP, got 256; give its number, or one of EchoReply, "
            "DestinationUnreachable, Redirect, Echo, EchoRequest, RouterAdvertisement, RouterSelection, "
            "TimeExceeded, ParameterProblem, Timestamp, TimestampReply, Photuris, ExtendedEchoRequest, "
            "ExtendedEcho Reply",
        ),
    ],
)
def test_a_wrong_port_or_request_is_refused(make: Any, text: str) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert [str(problem) for problem in caught.value.problems] == [text]
