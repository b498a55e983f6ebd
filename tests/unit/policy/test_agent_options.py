"""What the values of the chart make of the agents' options."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy.agent_options import AgentOptions


@pytest.mark.parametrize(
    ("values", "meant"),
    [
        ({}, set()),
        ({"policyCIDRMatchMode": None}, set()),
        ({"policyCIDRMatchMode": "nodes"}, {"nodes"}),
        ({"policyCIDRMatchMode": ["nodes", "pods"]}, {"nodes", "pods"}),
        ({"policyCIDRMatchMode": "nodes", "extraConfig": {"policy-cidr-match-mode": "pods"}}, {"pods"}),
        ({"extraConfig": {"policy-cidr-match-mode": "nodes,pods"}}, {"nodes", "pods"}),
        ({"extraArgs": ["--policy-cidr-match-mode=nodes pods"]}, {"nodes", "pods"}),
    ],
)
def test_what_ranges_mean_stands_in_three_places(values: dict[str, Any], meant: set[str]) -> None:
    assert AgentOptions.of_chart(values).ranges_mean == meant
