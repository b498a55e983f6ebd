"""The range of Services: EKS's rules for it, and the address of the cluster's DNS."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.addressing import DEFAULT_SERVICE_CIDR, cluster_dns_address, service_range_problems

WHERE = "service_cidr"


def refusals(cidr: str, *taken: tuple[str, str]) -> list[str]:
    return [str(problem) for problem in service_range_problems(WHERE, cidr, taken)]


@pytest.mark.parametrize("cidr", [DEFAULT_SERVICE_CIDR, "10.96.0.0/12", "172.16.0.0/12", "192.168.7.0/24"])
def test_private_ranges_from_12_to_24_are_accepted(cidr: str) -> None:
    assert refusals(cidr, ("10.0.0.0/16", "a range of the VPC")) == []


@pytest.mark.parametrize(("cidr", "size"), [("10.0.0.0/11", "smaller"), ("10.0.0.0/25", "larger")])
def test_another_size_is_refused(cidr: str, size: str) -> None:
    assert refusals(cidr) == [
        f"service_cidr: must be an IPv4 range from /12 to /24, got '{cidr}'; choose a {size} range"
    ]


@pytest.mark.parametrize("cidr", ["100.64.0.0/16", "172.32.0.0/16", "192.160.0.0/12"])
def test_a_range_outside_private_space_is_refused(cidr: str) -> None:
    assert refusals(cidr) == [
        f"service_cidr: must be inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, got '{cidr}'; "
        "take '172.20.0.0/16'"
    ]


def test_an_overlap_is_refused_with_the_other_range_that_eks_takes_by_default() -> None:
    assert refusals("172.20.0.0/16", ("172.20.4.0/22", "a range of the VPC")) == [
        "service_cidr: must not overlap 172.20.4.0/22, a range of the VPC, got '172.20.0.0/16'; "
        "take '10.100.0.0/16'"
    ]


def test_where_both_of_these_are_taken_a_free_range_of_the_same_size_is_proposed() -> None:
    (message,) = refusals(
        "172.20.0.0/20", ("172.16.0.0/12", "a range of peers"), ("10.100.0.0/16", "a range of the pods")
    )

    assert message.endswith("; take '10.0.0.0/20'")


def test_without_any_free_range_the_fix_names_none() -> None:
    everything = [(block, "a range") for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]

    (message,) = refusals("172.20.0.0/16", *everything)

    assert message.endswith("; choose a free private range")


@pytest.mark.parametrize(
    ("cidr", "address"), [("172.20.0.0/16", "172.20.0.10"), ("192.168.7.0/24", "192.168.7.10")]
)
def test_the_dns_has_the_tenth_address_after_the_first(cidr: str, address: str) -> None:
    assert cluster_dns_address(cidr) == address
