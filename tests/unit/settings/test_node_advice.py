"""Advice on node groups: memory of agents, few pods, groups that start from zero."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.settings import parse
from cdk_eks_cilium.settings.node_advice import map_bytes, node_advice, quantity_bytes

MIB = 1 << 20
GIB = 1 << 30


def advice(cilium: dict[str, Any] | None = None, **group: Any) -> list[str]:
    return list(node_advice(parse({"cilium": cilium or {}, "node_groups": [{"name": "a", **group}]})))


def limited(memory: str, **cilium: Any) -> dict[str, Any]:
    return {"agent": {"resources": {"limits": {"memory": memory}}}, **cilium}


def test_a_limit_below_the_tables_of_a_large_node_is_told_with_its_parts() -> None:
    assert advice(limited("500Mi"), instance_types=["m6i.16xlarge", "m6i.large"]) == [
        "cilium.agent.resources.limits.memory: 500Mi is less than agents take on 'm6i.16xlarge': about 655 "
        "MiB for tables of connections and addresses, which follow from the node's memory by map_size_ratio, "
        "and about 300 MiB for themselves; raise it to 955Mi or more, or lower map_size_ratio "
        "(https://github.com/cilium/cilium/issues/44221)"
    ]


@pytest.mark.parametrize(
    ("cilium", "types"),
    [
        (limited("955Mi"), ["m6i.16xlarge"]),
        (limited("2G"), ["m6i.16xlarge"]),
        (limited("500Mi"), ["m6i.large"]),
        (limited("500Mi", map_size_ratio=0.0005), ["m6i.16xlarge"]),
        (limited("500Mi", overrides={"bpf": {"ctTcpMax": 100000}}), ["m6i.16xlarge"]),
        ({}, ["m6i.16xlarge"]),
    ],
)
def test_a_limit_that_holds_the_tables_is_fine(cilium: dict[str, Any], types: list[str]) -> None:
    assert advice(cilium, instance_types=types) == []


def test_a_limit_in_overrides_is_told_at_its_place() -> None:
    (text,) = advice({"overrides": {"resources": {"limits": {"memory": "200Mi"}}}})
    assert text.startswith("cilium.overrides.resources.limits.memory: 200Mi is less than")


def test_a_ratio_of_one_s_own_counts() -> None:
    (text,) = advice(limited("1Gi", map_size_ratio=0.08), instance_types=["m6i.4xlarge"])
    assert "about 4560 MiB for tables" in text


def test_a_type_of_unknown_memory_gets_no_advice(tmp_path: Path) -> None:
    facts = tmp_path / "facts.csv"
    facts.write_text(
        "# here, written 2026-01-02\nname,enis,ipv4_per_eni,hypervisor,vcpus,architecture\n"
        "z9.large,3,10,nitro,2,x86_64\n"
    )
    settings = parse(
        {
            "instance_facts": str(facts),
            "cilium": limited("1Mi"),
            "node_groups": [{"name": "a", "instance_types": ["z9.large"]}],
        }
    )
    assert list(node_advice(settings)) == []


def test_few_pods_without_prefixes_are_told() -> None:
    apart = {"eni": {"prefix_delegation": False}}
    (text,) = advice(apart, instance_types=["m6i.large"])
    assert text.startswith("node_groups[0].instance_types: without prefixes 'm6i.large' holds 17 pods")
    assert advice(apart, instance_types=["m6i.xlarge"]) == []
    assert advice(instance_types=["m6i.large"]) == []


def test_a_group_that_starts_from_zero_needs_the_autoscaler_s_startup_taint() -> None:
    settings = parse({"node_groups": [{"name": "a"}, {"name": "b", "min_size": 0, "desired_size": 0}]})
    (text,) = node_advice(settings)
    assert text.startswith("node_groups[1].min_size: an autoscaler that starts this group from zero")
    assert "--startup-taint=node.cilium.io/agent-not-ready" in text


@pytest.mark.parametrize(
    ("text", "size"),
    [("500Mi", 500 * MIB), ("1Gi", GIB), ("1.5Gi", 1536 * MIB), ("1G", 10**9), ("128974848", 128974848)],
)
def test_quantities_are_read_as_kubernetes_does(text: str, size: int) -> None:
    assert quantity_bytes(text) == size


@pytest.mark.parametrize("text", ["", "Mi", "1MiB", "-1Mi"])
def test_what_is_no_quantity_has_no_size(text: str) -> None:
    assert quantity_bytes(text) is None


def test_the_tables_of_a_node_are_those_that_an_agent_logged() -> None:
    # https://github.com/cilium/cilium/issues/21470: 0.25% of 8075042816 B, and the least of each table.
    assert map_bytes(8075042816, 0.0025) == 149_422_080 // 4
    assert map_bytes(8075042816, 0) == 149_422_080


@given(st.integers(0, 1 << 45), st.floats(0.0001, 1))
def test_tables_have_bounds_and_grow_with_the_node(memory: int, ratio: float) -> None:
    size = map_bytes(memory, ratio)
    assert 149_422_080 // 4 <= size <= 149_422_080 * 32
    assert size <= map_bytes(memory * 2, ratio)
