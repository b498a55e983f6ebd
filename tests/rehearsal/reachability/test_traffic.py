from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rehearsal.reachability.traffic import ANY_TCP, Ports, overlap, protocol_named, tcp, udp, without

SMALL = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda ends: Ports(min(ends), max(ends)))


def numbers(*ranges: Ports) -> set[int]:
    return {port for each in ranges for port in range(each.first, each.last + 1)}


@given(st.lists(SMALL, max_size=4), SMALL)
def test_what_is_left_of_ranges_is_what_is_left_of_their_ports(ranges: list[Ports], taken: Ports) -> None:
    assert numbers(*without(ranges, taken)) == numbers(*ranges) - numbers(taken)


@given(SMALL, SMALL)
def test_ranges_overlap_where_they_share_a_port(one: Ports, other: Ports) -> None:
    assert overlap(one, other) == bool(numbers(one) & numbers(other))


def test_traffic_reads_as_people_write_it() -> None:
    assert [str(tcp(443)), str(udp(53)), str(tcp(30000, 32767)), str(ANY_TCP)] == [
        "TCP 443",
        "UDP 53",
        "TCP 30000-32767",
        "any TCP port",
    ]


def test_a_protocol_has_one_name_whether_aws_writes_number_or_word() -> None:
    assert [protocol_named(each) for each in ("6", "tcp", "TCP", "17", "-1", "all", "50")] == [
        "tcp",
        "tcp",
        "tcp",
        "udp",
        "-1",
        "-1",
        "50",
    ]
