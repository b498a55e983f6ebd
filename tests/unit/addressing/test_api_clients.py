"""Which networks may call the API over the VPC."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.addressing.api_clients import caller_problems


@pytest.mark.parametrize(
    "cidr",
    ["10.0.0.0/8", "10.8.3.7/32", "172.16.0.0/12", "100.64.0.0/10", "192.168.0.0/16", "198.51.100.0/24"],
)
def test_networks_with_a_prefix_of_8_bits_or_more_are_accepted(cidr: str) -> None:
    assert caller_problems("here", cidr) == []


@pytest.mark.parametrize("cidr", ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/7"])
def test_networks_with_a_shorter_prefix_are_refused(cidr: str) -> None:
    assert [str(problem) for problem in caller_problems("here", cidr)] == [
        f"here: must be a network of /8 or smaller, got '{cidr}'; name the networks that have a route "
        f"to the VPC, such as '10.8.0.0/16'"
    ]


@pytest.mark.parametrize(
    ("cidr", "block"),
    [
        ("0.1.0.0/16", "0.0.0.0/8"),
        ("127.0.0.1/32", "127.0.0.0/8"),
        ("169.254.169.254/32", "169.254.0.0/16"),
        ("169.0.0.0/8", "169.254.0.0/16"),
        ("224.0.0.0/8", "224.0.0.0/4"),
        ("255.255.255.255/32", "240.0.0.0/4"),
    ],
)
def test_addresses_that_no_packet_comes_from_are_refused(cidr: str, block: str) -> None:
    assert [str(problem) for problem in caller_problems("here", cidr)] == [
        f"here: must not contain an address of {block}, which no packet comes from, got '{cidr}'"
    ]


@pytest.mark.parametrize(
    ("cidr", "message"),
    [
        (
            "10.8.0.1/16",
            "must be written as its first address and its length, got '10.8.0.1/16'; did you mean ",
        ),
        ("10.8.0.0", "must be an IPv4 range from /0 to /32, got '10.8.0.0'; add its length: "),
        ("fd00::/8", "must be an IPv4 range from /0 to /32, got 'fd00::/8'; name an IPv4 range: "),
        ("office", "must be an IPv4 range from /0 to /32, got 'office'; write it as "),
    ],
)
def test_text_that_is_not_a_range_is_refused_with_an_example(cidr: str, message: str) -> None:
    (problem,) = caller_problems("here", cidr)

    assert str(problem).startswith(f"here: {message}")
