"""AWS's rules for the ranges of a VPC."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.addressing import (
    cidr_problems,
    secondary_cidr_advice,
    secondary_cidr_problems,
    vpc_cidr_problems,
)

WHERE = "network.pod_cidr"
TAKE = "take '100.64.0.0/16' or another free range of 100.64.0.0/10"


def networks(shortest: int = 16, longest: int = 28) -> st.SearchStrategy[IPv4Network]:
    return st.builds(
        lambda address, length: IPv4Network((address, length), strict=False),
        st.integers(0, 2**32 - 1),
        st.integers(shortest, longest),
    )


def secondary(
    cidr: str,
    primary: str = "10.0.0.0/16",
    associated: tuple[str, ...] = (),
) -> list[str]:
    problems = secondary_cidr_problems(WHERE, primary=primary, secondary=cidr, associated=associated)
    return [str(problem) for problem in problems]


@pytest.mark.parametrize("cidr", ["100.64.0.0/16", "100.64.0.0/28", "10.0.0.0/20", "0.0.0.0/16"])
def test_a_proper_range_of_a_permitted_size_has_no_problem(cidr: str) -> None:
    assert cidr_problems(WHERE, cidr) == []


@pytest.mark.parametrize(
    ("cidr", "text"),
    [
        (
            "100.64.0.0/15",
            "must be an IPv4 range from /16 to /28, got '100.64.0.0/15'; choose a smaller range",
        ),
        (
            "100.64.0.0/29",
            "must be an IPv4 range from /16 to /28, got '100.64.0.0/29'; choose a larger range",
        ),
        (
            "100.64.3.7/16",
            "must be written as its first address and its length, got '100.64.3.7/16'; "
            "did you mean '100.64.0.0/16'?",
        ),
        (
            "100.64.0.0/255.255.0.0",
            "must be written as its first address and its length, got '100.64.0.0/255.255.0.0'; "
            "did you mean '100.64.0.0/16'?",
        ),
        (
            "100.64.0.9",
            "must be an IPv4 range from /16 to /28, got '100.64.0.9'; add its length: '100.64.0.0/16'",
        ),
        (
            "fd00::/64",
            "must be an IPv4 range from /16 to /28, got 'fd00::/64'; "
            "name an IPv4 range: a cluster of this library has no IPv6",
        ),
        (
            "pods",
            "must be an IPv4 range from /16 to /28, got 'pods'; "
            "write it as an address and a length: '100.64.0.0/16'",
        ),
    ],
)
def test_an_improper_range_is_refused_with_the_way_to_write_it(cidr: str, text: str) -> None:
    assert [str(problem) for problem in cidr_problems(WHERE, cidr)] == [f"{WHERE}: {text}"]


def test_a_bare_address_is_proposed_as_a_single_host_where_hosts_are_permitted() -> None:
    (problem,) = cidr_problems("endpoint_access", "203.0.113.4", shortest=0, longest=32)
    assert problem.fix == "add its length: '203.0.113.4/32'"


def test_a_range_of_one_size_only_says_which() -> None:
    (problem,) = cidr_problems(WHERE, "10.0.0.0/17", shortest=16, longest=16)
    assert problem.rule == "must be an IPv4 range of /16"


@given(networks(0, 32))
def test_every_canonical_range_is_judged_by_its_size_alone(network: IPv4Network) -> None:
    assert (cidr_problems(WHERE, str(network)) == []) is (16 <= network.prefixlen <= 28)


@given(st.text(alphabet="0123456789./:x ", max_size=20))
def test_what_has_no_problem_is_read_back_as_written(text: str) -> None:
    if not cidr_problems(WHERE, text):
        assert str(IPv4Network(text)) == text


def test_a_pod_range_beside_the_usual_primary_range_has_no_problem() -> None:
    assert secondary("100.64.0.0/16") == []


# The rows of the table in the VPC user guide, each with one range inside every cell.
FORBIDDEN = [
    ("10.5.0.0/16", "172.16.0.0/16", "172.16.0.0/12"),
    ("10.5.0.0/16", "192.168.0.0/16", "192.168.0.0/16"),
    ("10.5.0.0/16", "198.19.4.0/24", "198.19.0.0/16"),
    ("172.16.0.0/16", "10.0.0.0/16", "10.0.0.0/8"),
    ("172.16.0.0/16", "192.168.1.0/24", "192.168.0.0/16"),
    ("172.16.0.0/16", "172.31.8.0/24", "172.31.0.0/16"),
    ("172.16.0.0/16", "198.19.0.0/16", "198.19.0.0/16"),
    ("192.168.0.0/20", "10.0.0.0/16", "10.0.0.0/8"),
    ("192.168.0.0/20", "172.16.0.0/16", "172.16.0.0/12"),
    ("192.168.0.0/20", "198.19.0.0/16", "198.19.0.0/16"),
    ("198.19.0.0/20", "10.0.0.0/16", "10.0.0.0/8"),
    ("198.19.0.0/20", "172.16.0.0/16", "172.16.0.0/12"),
    ("198.19.0.0/20", "192.168.0.0/16", "192.168.0.0/16"),
    ("100.80.0.0/16", "10.0.0.0/16", "10.0.0.0/8"),
    ("100.80.0.0/16", "172.16.0.0/16", "172.16.0.0/12"),
    ("100.80.0.0/16", "192.168.0.0/16", "192.168.0.0/16"),
    ("100.80.0.0/16", "198.19.0.0/16", "198.19.0.0/16"),
    ("52.0.0.0/16", "10.0.0.0/16", "10.0.0.0/8"),
    ("52.0.0.0/16", "198.19.0.0/16", "198.19.0.0/16"),
]


@pytest.mark.parametrize(("primary", "cidr", "block"), FORBIDDEN)
def test_a_range_the_primary_range_rules_out_is_refused(primary: str, cidr: str, block: str) -> None:
    (problem,) = secondary_cidr_problems(WHERE, primary=primary, secondary=cidr)
    assert problem.rule == f"must lie outside {block} in a VPC whose primary range is {primary}"
    assert problem.got == cidr


PERMITTED = [
    ("10.5.0.0/16", "10.6.0.0/16"),
    ("10.5.0.0/16", "10.0.0.0/16"),
    ("172.16.0.0/16", "172.18.0.0/16"),
    ("192.168.0.0/20", "192.168.16.0/20"),
    ("198.19.0.0/20", "198.19.16.0/20"),
    ("198.19.0.0/20", "52.0.0.0/16"),
    ("100.80.0.0/16", "100.64.0.0/16"),
    ("52.0.0.0/16", "53.0.0.0/16"),
    ("10.5.0.0/16", "198.18.0.0/16"),
]


@pytest.mark.parametrize(("primary", "cidr"), PERMITTED)
def test_a_range_the_primary_range_permits_has_no_problem(primary: str, cidr: str) -> None:
    assert secondary(cidr, primary) == []


@pytest.mark.parametrize(
    ("primary", "associated"), [("10.1.0.0/16", ()), ("10.5.0.0/16", ("10.0.128.0/17",))]
)
def test_the_lowest_sixteen_bits_of_ten_are_closed_to_a_vpc_that_has_part_of_the_lowest_seventeen(
    primary: str, associated: tuple[str, ...]
) -> None:
    low = associated[0] if associated else primary
    assert secondary("10.0.0.0/24", primary, associated) == [
        f"{WHERE}: must lie outside 10.0.0.0/16 in a VPC with a range in 10.0.0.0/15, here {low}, "
        "got '10.0.0.0/24'; take '100.64.0.0/24' or another free range of 100.64.0.0/10"
    ]


def test_the_upper_half_of_the_lowest_seventeen_bits_stays_open() -> None:
    assert secondary("10.1.0.0/16", "10.0.0.0/16") == []


@given(networks(), networks())
def test_the_shared_address_space_is_open_to_every_vpc(primary: IPv4Network, where: IPv4Network) -> None:
    offset = int(where.network_address) % 2**22
    shared = IPv4Network(
        (int(IPv4Network("100.64.0.0/10").network_address) + offset, where.prefixlen), strict=False
    )
    problems = secondary_cidr_problems(WHERE, primary=str(primary), secondary=str(shared))
    assert (problems == []) is not shared.overlaps(primary)


@given(networks(), networks(), st.lists(networks(), max_size=2))
def test_what_a_refusal_proposes_is_accepted(
    primary: IPv4Network, cidr: IPv4Network, others: list[IPv4Network]
) -> None:
    associated = tuple(map(str, others))
    problems = secondary_cidr_problems(
        WHERE, primary=str(primary), secondary=str(cidr), associated=associated
    )
    for problem in problems:
        proposal = problem.fix.split("'")[1]
        assert IPv4Network(proposal).prefixlen == cidr.prefixlen
        assert secondary(proposal, str(primary), associated) == []


def test_a_refusal_proposes_the_first_range_behind_those_in_use() -> None:
    (text,) = secondary("100.64.0.0/20", associated=("100.64.0.0/19", "100.64.33.0/24"))
    assert text.endswith("; take '100.64.48.0/20' or another free range of 100.64.0.0/10")


def test_a_vpc_without_a_free_range_gets_no_impossible_proposal() -> None:
    every = ("100.64.0.0/10",)
    (problem,) = secondary_cidr_problems(
        WHERE, primary="10.0.0.0/16", secondary="100.64.0.0/16", associated=every
    )
    assert problem.fix == "choose a free range"


@pytest.mark.parametrize("cidr", ["169.254.0.0/16", "169.254.169.0/24"])
def test_link_local_addresses_are_never_part_of_a_vpc(cidr: str) -> None:
    (problem,) = secondary_cidr_problems(WHERE, primary="10.0.0.0/16", secondary=cidr)
    assert problem.rule == "must lie outside 169.254.0.0/16, which is link-local and never part of a VPC"


@pytest.mark.parametrize(
    ("cidr", "block"),
    [("0.0.0.0/16", "0.0.0.0/8"), ("127.1.0.0/16", "127.0.0.0/8"), ("239.0.0.0/16", "224.0.0.0/4")],
)
def test_addresses_no_host_may_use_are_refused(cidr: str, block: str) -> None:
    (problem,) = secondary_cidr_problems(WHERE, primary="10.0.0.0/16", secondary=cidr)
    assert problem.rule == f"must lie outside {block}, which no host may use"


def test_an_overlap_with_the_primary_range_is_refused() -> None:
    assert secondary("100.64.128.0/17", "100.64.0.0/16") == [
        f"{WHERE}: must not overlap 100.64.0.0/16, the primary range of the VPC, got '100.64.128.0/17'; "
        "take '100.65.0.0/17' or another free range of 100.64.0.0/10"
    ]


def test_an_overlap_with_a_range_of_the_vpc_is_refused() -> None:
    assert secondary("100.64.0.0/16", associated=("100.64.5.0/24",)) == [
        f"{WHERE}: must not overlap 100.64.5.0/24, a range of the VPC, got '100.64.0.0/16'; "
        "take '100.65.0.0/16' or another free range of 100.64.0.0/10"
    ]


def test_a_range_that_breaks_two_rules_gets_both_at_once() -> None:
    rules = [text.split(", got")[0] for text in secondary("10.0.0.0/16")]
    assert rules == [
        f"{WHERE}: must lie outside 10.0.0.0/16 in a VPC with a range in 10.0.0.0/15, here 10.0.0.0/16",
        f"{WHERE}: must not overlap 10.0.0.0/16, the primary range of the VPC",
    ]


def test_the_fifty_first_range_of_a_vpc_is_beyond_any_quota() -> None:
    others = tuple(f"10.{at}.0.0/16" for at in range(1, 50))
    assert secondary("100.64.0.0/16", associated=others[:48]) == []
    assert secondary("100.64.0.0/16", associated=others) == [
        f"{WHERE}: must fit into the quota of 50 IPv4 ranges per VPC, 50 of them in use, "
        "got '100.64.0.0/16'; remove a range, AWS raises the quota to 50 at most"
    ]


def test_the_primary_range_listed_among_the_associated_ones_counts_once() -> None:
    listed = tuple(f"10.{at}.0.0/16" for at in range(49))
    assert secondary("100.64.0.0/16", associated=listed) == []


def test_a_malformed_range_is_refused_for_its_form_alone() -> None:
    assert secondary("10.0.0.1/16") == [
        f"{WHERE}: must be written as its first address and its length, got '10.0.0.1/16'; "
        "did you mean '10.0.0.0/16'?"
    ]


def test_the_usual_pod_range_gives_no_warning() -> None:
    assert secondary_cidr_advice("100.64.0.0/16") == []


@pytest.mark.parametrize("cidr", ["172.17.0.0/16", "172.17.9.0/24"])
def test_the_docker_bridge_gives_a_warning(cidr: str) -> None:
    assert secondary_cidr_advice(cidr) == [
        f"{cidr} overlaps 172.17.0.0/16, the bridge network of Docker, which some AWS services use too: "
        "pods there may be unreachable from Docker hosts, Cloud9 and SageMaker"
    ]


@pytest.mark.parametrize("cidr", ["10.100.0.0/16", "172.20.64.0/18"])
def test_a_range_eks_may_take_for_services_gives_a_warning(cidr: str) -> None:
    assert secondary_cidr_advice(cidr) == [
        f"{cidr} overlaps a range that EKS takes for services by default: "
        "set the service range, or move to 100.64.0.0/10"
    ]


def test_beside_a_known_range_of_services_no_such_warning_is_given() -> None:
    assert secondary_cidr_advice("10.100.0.0/16", service_cidr="172.20.0.0/16") == []


def test_a_public_range_gives_a_warning() -> None:
    assert secondary_cidr_advice("52.0.0.0/16") == [
        "52.0.0.0/16 is a public range: the VPC cannot reach its owner on the internet; "
        "nobody owns a range of 100.64.0.0/10"
    ]


def test_a_malformed_range_gives_no_warning_for_it_is_refused_elsewhere() -> None:
    assert secondary_cidr_advice("172.17.0.1/16") == []


def test_a_primary_range_with_room_has_no_problem() -> None:
    assert vpc_cidr_problems("network.vpc_cidr", "10.0.0.0/25", zones=3) == []


def test_a_primary_range_without_room_for_its_subnets_is_refused_with_the_size_that_has() -> None:
    assert [str(problem) for problem in vpc_cidr_problems("network.vpc_cidr", "10.0.0.0/26", zones=3)] == [
        "network.vpc_cidr: must have room for 6 subnets of /28 or larger in 3 availability zones, "
        "got '10.0.0.0/26'; choose /25 or larger"
    ]


@given(st.integers(16, 28), st.integers(1, 6))
def test_room_in_the_primary_range_means_that_many_subnets_exist(length: int, zones: int) -> None:
    network = IPv4Network(f"10.0.0.0/{length}")
    problems = vpc_cidr_problems("network.vpc_cidr", str(network), zones=zones)
    assert (problems == []) is (2 ** (28 - length) >= 2 * zones)


@pytest.mark.parametrize("cidr", ["169.254.0.0/16", "127.0.0.0/16"])
def test_a_primary_range_of_reserved_addresses_is_refused(cidr: str) -> None:
    (problem,) = vpc_cidr_problems("network.vpc_cidr", cidr)
    assert problem.fix == "take a range of 10.0.0.0/8, such as '10.0.0.0/16'"


def test_a_malformed_primary_range_is_refused_for_its_form() -> None:
    (problem,) = vpc_cidr_problems("network.vpc_cidr", "10.0.0.0/8")
    assert problem.rule == "must be an IPv4 range from /16 to /28"
