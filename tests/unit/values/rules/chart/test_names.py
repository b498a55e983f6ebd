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


@pytest.mark.parametrize(("text", "count"), [("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t", 0), ("legacy", 2)])
def test_an_authority_is_pem_in_base64(text: str, count: int) -> None:
    values = CiliumValues(overrides={"tls": {"ca": {"cert": text, "key": text}}})
    found = problems(values, CiliumVersion.of("1.19.6"))
    assert [each.id for each in found] == ["CEK2245"] * count
