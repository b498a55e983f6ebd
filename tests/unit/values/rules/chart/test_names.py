"""Names and addresses in the certificates that Helm makes."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.values import CiliumValues, problems
from cdk_eks_cilium.versions import CiliumVersion


def texts(server: dict[str, Any]) -> list[str]:
    values = CiliumValues(overrides={"hubble": {"tls": {"server": server}}})
    return [str(each) for each in problems(values, CiliumVersion.of("1.19.6"))]


def test_names_and_addresses_are_fine() -> None:
    assert texts({"extraDnsNames": ["hubble.example.com"], "extraIpAddresses": ["10.0.0.1", "fd00::1"]}) == []


@pytest.mark.parametrize(
    ("server", "rule"),
    [
        ({"extraDnsNames": [{"name": "x"}]}, "must list names, each a text: Helm stops where it makes"),
        ({"extraIpAddresses": ["10.0.0"]}, "must list IP addresses, each a text: Helm stops where it makes"),
    ],
)
def test_others_are_refused(server: dict[str, Any], rule: str) -> None:
    (text,) = texts(server)
    assert rule in text
