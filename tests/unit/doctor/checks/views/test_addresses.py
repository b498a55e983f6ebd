"""Addresses as numbers."""

from __future__ import annotations

from ipaddress import IPv4Network, ip_address, ip_network

from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.doctor.checks.views.addresses import Ranges, number

ADDRESSES = st.ip_addresses(v=4).map(str)
NETWORKS = st.builds(
    lambda address, bits: str(ip_network(f"{address}/{bits}", strict=False)), ADDRESSES, st.integers(0, 32)
)


@given(ADDRESSES)
def test_a_number_is_what_the_standard_library_says(address: str) -> None:
    assert number(address) == int(ip_address(address))


def test_what_is_not_an_ipv4_address_has_no_number() -> None:
    assert [number(text) for text in ("fd00::1", "", "10.0.0", "10.0.0.256", "host")] == [None] * 5


@given(ADDRESSES, st.lists(NETWORKS, max_size=3))
def test_an_address_is_in_ranges_as_the_standard_library_says(address: str, networks: list[str]) -> None:
    inside = any(ip_address(address) in ip_network(each) for each in networks)
    assert (address in Ranges(networks)) is inside


@given(NETWORKS, NETWORKS)
def test_ranges_overlap_as_the_standard_library_says(one: str, other: str) -> None:
    assert Ranges([one]).overlap(other) is IPv4Network(one).overlaps(IPv4Network(other))


def test_a_range_of_another_form_holds_nothing() -> None:
    ranges = Ranges(["fd00::/8", "10.0.0.0", "10.0.0.0/x"])
    assert not ranges
    assert "10.0.0.1" not in ranges
    assert "fd00::1" not in ranges
