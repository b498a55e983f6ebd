"""Advice on valid settings."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.settings import Settings, advise, parse, placeholders

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
