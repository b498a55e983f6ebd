"""Advice on valid settings."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.settings import Settings, advise, deploy_problems, parse, placeholders, remarks

BEYOND = {"cidrs": ["192.168.0.0/16"], "transit_gateway_id": "tgw-0123456789abcdef0"}


def test_a_range_of_its_own_at_a_transit_gateway_gets_no_advice() -> None:
    assert advise(parse({"network": {"vpc_cidr": "10.30.0.0/16", "on_premises": BEYOND}})) == []


def test_the_defaults_give_no_warning() -> None:
    assert advise(Settings()) == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"kubernetes_version": "1.32"}, "Kubernetes 1.32 is in extended support since 2026-03-23"),
        (
            {"cilium": {"version": "1.18.12"}},
            "Cilium 1.18.12 is tested with Kubernetes 1.30 to 1.33, ",
        ),
        (
            {"cilium": {"version": "1.19.99"}},
            "Cilium 1.19.99 is newer than the releases known here, which end with 1.19.6 on 2026-08-03: ",
        ),
        ({"cilium": {"version": "1.17.18"}}, "Cilium 1.17.18 has reached its end of life"),
        (
            {"cilium": {"version": "1.20.0"}},
            "eni.prefix_delegation: known fault of this release: the operator tries to give",
        ),
        ({"cilium": {"version": "1.20.0"}}, "egress: 'node' ends with Cilium 1.21"),
        (
            {"network": {"on_premises": BEYOND}},
            "network.vpc_cidr: 10.0.0.0/16 is the default, and a transit gateway does not propagate",
        ),
        ({"network": {"vpc_cidr": "172.18.0.0/16", "pod_cidr": "172.17.0.0/16"}}, "172.17.0.0/16 overlaps"),
        (
            {
                "kubernetes_version": "1.32",
                "cilium": {"version": "1.12.1", "profile": "article"},
                "node_groups": [{"name": "a", "image": "al2"}],
            },
            "node_groups: image 'al2' reached its end on 2025-11-26 and gets no more fixes",
        ),
    ],
)
def test_settings_that_may_surprise_get_advice(data: dict[str, Any], message: str) -> None:
    assert any(warning.startswith(message) for warning in advise(parse(data)))


def test_the_placeholder_range_must_be_replaced_before_a_deploy() -> None:
    assert [str(problem) for problem in placeholders(Settings())] == [
        "endpoint_access.public_cidrs[0]: must be a range that people connect from, not a range for "
        "documentation (RFC 5737), got '203.0.113.0/24'; "
        "write your own, such as the '/32' of your office, or an empty list"
    ]


@pytest.mark.parametrize("blocks", [[], ["8.8.8.8/32"]])
def test_real_ranges_are_not_placeholders(blocks: list[str]) -> None:
    assert placeholders(parse({"endpoint_access": {"public_cidrs": blocks}})) == []


def test_an_api_that_nobody_reaches_is_no_deploy() -> None:
    settings = parse({"endpoint_access": {"public_cidrs": []}, "network": {"vpc_cidr": "10.7.0.0/16"}})

    assert [str(problem) for problem in deploy_problems(settings)] == [
        "endpoint_access.private_cidrs: must name a range, since public_cidrs is empty and nobody but nodes "
        "and pods would reach the Kubernetes API, got []; name the networks with a route to the VPC, or for "
        "hosts in it '10.7.0.0/16' (docs/private.md)"
    ]


@pytest.mark.parametrize(
    "access",
    [
        {"public_cidrs": [], "private_cidrs": ["10.8.0.0/16"]},
        {"public_cidrs": ["8.8.8.8/32"]},
        {"public_cidrs": ["8.8.8.8/32"], "private_cidrs": ["10.8.0.0/16"]},
    ],
)
def test_an_api_that_somebody_reaches_may_be_deployed(access: dict[str, Any]) -> None:
    assert deploy_problems(parse({"endpoint_access": access})) == []


def test_the_default_pair_is_told_to_be_one_minor_apart() -> None:
    assert remarks(Settings()) == [
        "Cilium 1.19.6 is tested with Kubernetes 1.30 to 1.34, and 1.35 is one minor newer: nothing is known "
        "to fail with it, and no test of Cilium's tells (docs/versions.md)"
    ]


@pytest.mark.parametrize("kubernetes", ["1.34", "1.36"])
def test_other_pairs_are_tested_or_warned_of(kubernetes: str) -> None:
    assert remarks(parse({"kubernetes_version": kubernetes})) == []
