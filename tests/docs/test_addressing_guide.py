"""What the guide to addresses says in words, compared with the library."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest

import cdk_eks_cilium as cilium
from cdk_eks_cilium import addressing
from cdk_eks_cilium.addressing import (
    NodeAddressing,
    PlannedGroup,
    PodSubnet,
    compare,
    find,
    plan,
    prefix_reservations,
    propose,
    quota_uses,
)
from cdk_eks_cilium.addressing.node_take import idle_take, node_take
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import parse
from cdk_eks_cilium.values import CiliumValues, warnings
from cdk_eks_cilium.versions import CiliumVersion
from scripts import address_tables
from tests.docs.blocks import ROOT, blocks_of

PAGE = ROOT / "docs/addressing.md"


@cache
def text() -> str:
    return PAGE.read_text(encoding="utf-8")


@cache
def words() -> str:
    return " ".join(text().split())


def cells(name: str) -> list[list[str]]:
    """The rows of a generated table, without links."""
    part = text().split(f"<!-- generated: {name} -->")[1].split("<!-- end -->")[0]
    rows = [line.split("|")[1:-1] for line in part.strip().splitlines()[2:]]
    return [[re.sub(r"\[(.*?)\]\(.*?\)", r"\1", cell.strip()) for cell in row] for row in rows]


def test_the_table_of_designs_is_what_compare_computes() -> None:
    assert f"{address_tables.NODES} full nodes of {address_tables.TYPE}:" in text()
    assert [row[:5] for row in cells("comparison")] == [
        [each.name, *(f"{n:,}" for n in (each.pods_per_node, each.pods, each.routable, each.secondary))]
        for each in compare(address_tables.TYPE, address_tables.NODES)
    ]


def test_the_page_has_the_quotas_of_its_example() -> None:
    (block,) = (b for b in blocks_of(PAGE) if "proposal = propose" in b.text)
    found: dict[str, Any] = {}
    exec(block.text, found)
    assert (found["groups"], found["zones"]) == ([*address_tables.GROUPS], [*address_tables.ZONES])
    uses = quota_uses(found["proposal"].plan)
    rows = {row[0]: row[3:5] for row in cells("quotas")}
    assert {use.quota.name for use in uses} < rows.keys() == {quota.name for quota in addressing.QUOTAS}
    for use in uses:
        assert [f"{use.used:,}", "" if use.nodes is None else f"{use.nodes:,}"] == rows[use.quota.name]
    assert uses[0].quota.name == "Network interfaces per Region"
    # "each node has two".
    assert uses[0].used == 2 * found["proposal"].plan.nodes_maximum


def test_the_example_has_the_numbers_of_the_plan() -> None:
    proposal = propose(address_tables.GROUPS, address_tables.ZONES)
    zone, workers, batch = proposal.plan.zones[0], *proposal.plan.groups
    assert [group.nodes() for group in (workers, batch)] == [20, 7]
    assert [group.take.prefixes for group in (workers, batch)] == [8, 17]
    (subnet,) = zone.subnets
    assert (subnet.maximum.prefixes, subnet.maximum.interfaces) == (279, 27)
    for shown in ("20 workers with 8 prefixes", "7 nodes of `batch` with 17", "That is 279, and 27"):
        assert shown in words()


def test_an_idle_node_and_a_full_one_take_what_the_page_says() -> None:
    how, large = NodeAddressing(), find("m6i.large")
    assert idle_take(large, how).addresses == 17
    for pods in range(2, 111):
        assert node_take(large, how, pods).prefixes >= -(-(pods - 1 + 2 + 8) // 16)
    assert "(n + 2 + 8) / 16 prefixes, rounded up" in words()


def test_a_reserved_subnet_holds_fewer_nodes_as_the_page_says() -> None:
    node = PlannedGroup(name="n", instance_types=("m6i.large",), min_size=0, max_size=1)
    reserved = PodSubnet("a", "100.64.0.0/18", prefix_reservations("100.64.0.0/18"))
    held = [
        plan([subnet], [node]).zones[0].nodes_that_fit
        for subnet in (reserved, PodSubnet("a", "100.64.0.0/18"))
    ]
    assert f"a /18 holds {held[0]} instead of {held[1]}" in words()


def test_names_of_the_library_on_the_page_exist() -> None:
    verbs = ("route_through_nat", "route_through_private_nat", "route_to_transit_gateway")
    for verb in (*verbs, "add_gateway_endpoint"):
        assert f"`{verb}`" in text()
        assert callable(getattr(cilium.PodSubnets, verb))
    for name in ("NodeAddressing", "plan", "propose", "quota_uses", "secondary_cidr_problems"):
        assert f"`{name}`" in text()
        assert callable(getattr(addressing, name))


def test_more_nodes_in_a_group_than_eks_gives_by_default_are_refused() -> None:
    with pytest.raises(InputError, match="450"):
        parse({"node_groups": [{"name": "workers", "max_size": 451}]})


def test_the_page_and_the_warning_name_the_same_unknowns_of_ebpf_masquerading() -> None:
    values = CiliumValues(masquerade="ebpf", kube_proxy_replacement=True)
    (shown,) = (each for each in warnings(values, CiliumVersion.DEFAULT) if each.startswith("masquerade"))
    for part in ("Cilium does not document", "before you rely on it"):
        assert part in shown
        assert part in words()
