from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.reachability.network import Outside, Route, RouteTable
from rehearsal.reachability.routing import route_to
from tests.rehearsal.reachability.networks import cidr, default_route, table

BLOCKS = st.builds(
    lambda number, bits: IPv4Network((number, bits), strict=False),
    st.integers(0, 2**32 - 1).map(lambda number: number & 0xFF0F0F0F),
    st.integers(0, 32),
)


@given(st.lists(BLOCKS, max_size=12, unique=True), st.integers(0, 2**32 - 1).map(IPv4Address))
def test_the_most_specific_route_that_matches_wins(blocks: list[IPv4Network], address: IPv4Address) -> None:
    routes = tuple(Route(block, "nat", str(block)) for block in blocks)
    found = route_to(RouteTable("t", "t", routes), Outside("there", IPv4Network((int(address), 32))))
    # From the longest prefix to the shortest: the first range around the address that has a route.
    ranges = (IPv4Network((int(address), bits), strict=False) for bits in range(32, -1, -1))
    wanted = next((each for each in ranges if each in blocks), None)
    assert (found.destination if found else None) == wanted


# The example of https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html.
@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("10.0.7.7", "local"),
        ("172.31.0.5", "pcx-11223344556677889"),
        ("203.0.113.1", "igw-12345678901234567"),
    ],
)
def test_the_example_in_awss_documentation_leads_where_it_says(address: str, target: str) -> None:
    routes = (
        default_route("internet", "igw-12345678901234567"),
        Route(cidr("172.31.0.0/16"), "peering", "pcx-11223344556677889"),
        Route(cidr("10.0.0.0/16"), "local", "local"),
    )
    found = route_to(RouteTable("t", "t", routes), Outside("there", cidr(f"{address}/32")))
    assert found is not None
    assert found.target == target


def test_an_address_that_no_route_matches_has_no_route() -> None:
    assert route_to(table("t"), Outside("the internet", cidr("198.51.100.1/32"))) is None


def test_the_prefix_list_of_a_service_is_more_specific_than_the_default_route() -> None:
    routes = table("t", default_route("nat", "nat"), Route("pl-s3", "endpoint", "vpce-s3"))
    somewhere = cidr("198.51.100.1/32")
    storage = route_to(routes, Outside("s3", somewhere, frozenset({"pl-s3"})))
    other = route_to(routes, Outside("sts", somewhere))
    assert (storage and storage.target, other and other.target) == ("vpce-s3", "nat")
