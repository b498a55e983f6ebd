"""The known names nearest to a misspelt name."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.problems import did_you_mean, nearest

FIELDS = ["toFQDNs", "toCIDR", "toCIDRSet", "nat_gateways"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [("toFqdn", "toFQDNs"), ("to_fqdns", "toFQDNs"), ("nat-gateway", "nat_gateways"), ("TOCIDR", "toCIDR")],
)
def test_case_dashes_and_underscores_make_no_difference(given: str, meant: str) -> None:
    assert did_you_mean(given, FIELDS) == f"did you mean {meant!r}?"


def test_without_a_near_name_there_is_no_hint() -> None:
    assert did_you_mean("weather", FIELDS) == ""
    assert did_you_mean("weather", []) == ""


def test_several_come_the_most_alike_first() -> None:
    assert nearest("toCIDRs", FIELDS, count=3) == ["toCIDR", "toCIDRSet"]


def test_the_cutoff_says_how_alike_a_name_must_be() -> None:
    assert nearest("tocdrst", FIELDS, cutoff=0.95) == []
