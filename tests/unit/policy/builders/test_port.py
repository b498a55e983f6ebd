from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy import Icmp, Port
from cdk_eks_cilium.problems import InputError


@pytest.mark.parametrize(
    ("port", "written"),
    [
        (Port.tcp(443), {"port": "443", "protocol": "TCP"}),
        (Port.tcp(8080, 8085), {"port": "8080", "endPort": 8085, "protocol": "TCP"}),
        (Port.tcp("http"), {"port": "http", "protocol": "TCP"}),
        (Port.udp(53), {"port": "53", "protocol": "UDP"}),
        (Port.udp(1, 65535), {"port": "1", "endPort": 65535, "protocol": "UDP"}),
        (Port.sctp(3868), {"port": "3868", "protocol": "SCTP"}),
        (Port.any(53), {"port": "53", "protocol": "ANY"}),
        (Port.every("TCP"), {"port": "0", "protocol": "TCP"}),
    ],
)
def test_a_port_is_written_as_cilium_has_it(port: Port, written: dict[str, Any]) -> None:
    assert port.model.manifest() == written


@pytest.mark.parametrize(
    ("icmp", "written"),
    [
        (Icmp.ping(), {"type": 8, "family": "IPv4"}),
        (Icmp.v6(128), {"type": 128, "family": "IPv6"}),
        (Icmp.v4("TimeExceeded"), {"type": "TimeExceeded", "family": "IPv4"}),
    ],
)
def test_an_icmp_type_is_written_as_cilium_has_it(icmp: Icmp, written: dict[str, Any]) -> None:
    assert icmp.model.manifest() == written


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: Port.tcp(65536),
            "Port.tcp: port: must be a port from 0 to 65535, got '65536'; correct the number",
        ),
        (
            lambda: Port.udp(90, 80),
            "Port.udp: must not end a range before its first port 90, got 80; swap them",
        ),
        (
            lambda: Port.any("a--b"),
            "Port.any: port: must be a port number, or the name of a port: letters, digits and single "
            "dashes, got 'a--b'; write the number as text, or the name that the pod's container gives the "
            "port",
        ),
        (
            lambda: Port.every("QUIC"),
            "Port.quic: protocol: must be 'TCP', 'UDP', 'SCTP', 'VRRP', 'IGMP', 'IPIP', 'IPV6', 'GRE', "
            "'ESP', 'AH' or 'ANY', got 'QUIC'",
        ),
        (
            lambda: Icmp.v4([8]),  # type: ignore[arg-type]
            "Icmp.v4: type: must be a whole number or text",
        ),
    ],
)
def test_a_wrong_port_is_refused(make: Any, text: str) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert [str(problem) for problem in caught.value.problems] == [text]
