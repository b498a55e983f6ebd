"""The address plan as tables, and as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from cdk_eks_cilium.addressing import CapacityPlan, GroupPlan, Proposal, QuotaUse, SubnetPlan, Take, ZonePlan
from cdk_eks_cilium.settings import AddressPlan, Way

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod
    from rich.table import Table


def as_json(plan: AddressPlan, *, smallest: Proposal | None = None) -> dict[str, Any]:
    """The plan as plain data; numbers are of addresses, /28 blocks, nodes and pods.

    Args:
        plan: The plan.
        smallest: The smallest ranges that would do, if that was worked out.
    """
    capacity = plan.capacity
    return {
        "fits": capacity.fits,
        "problems": [str(problem) for problem in capacity.problems],
        "warnings": [str(problem) for problem in capacity.advice],
        "smallest_pod_cidrs": list(smallest.cidrs) if smallest else None,
        "node_groups": [_group(group) for group in capacity.groups],
        "zones": [_zone(zone) for zone in capacity.zones],
        "ways": [
            {"destination": way.destination, "via": way.via, "source_address": way.source}
            for way in plan.ways
        ],
        "quotas": [_quota(use) for use in plan.quotas],
    }


def _group(group: GroupPlan) -> dict[str, Any]:
    return {
        "name": group.group.name,
        "instance_types": list(group.group.instance_types),
        "zones": list(group.zones),
        "min_size": group.group.min_size,
        "max_size": group.group.max_size,
        "max_pods": group.max_pods,
        "pods_per_node": group.pods_per_node,
        "per_node": _take(group.take),
    }


def _zone(zone: ZonePlan) -> dict[str, Any]:
    return {
        "zone": zone.zone,
        "nodes": {"minimum": zone.nodes_minimum, "maximum": zone.nodes_maximum, "surge": zone.nodes_surge},
        "pods_maximum": zone.pods_maximum,
        "nodes_that_fit": zone.nodes_that_fit,
        "pods_that_fit": zone.pods_that_fit,
        "subnets": [_subnet(subnet) for subnet in zone.subnets],
    }


def _subnet(subnet: SubnetPlan) -> dict[str, Any]:
    return {
        "cidr": subnet.subnet.cidr,
        "prefix_reservations": list(subnet.subnet.prefix_reservations),
        "addresses": subnet.room.addresses,
        "blocks": subnet.room.blocks,
        "minimum": _take(subnet.minimum),
        "maximum": _take(subnet.maximum),
        "surge": _take(subnet.surge),
        "free_addresses": subnet.free_addresses,
        "free_blocks": subnet.free_blocks,
        "headroom_percent": subnet.headroom_percent,
        "fits": subnet.fits,
        "fits_surge": subnet.fits_surge,
    }


def _take(take: Take) -> dict[str, int]:
    return {
        "prefixes": take.prefixes,
        "single_addresses": take.singles,
        "interfaces": take.interfaces,
        "addresses": take.addresses,
    }


def _quota(use: QuotaUse) -> dict[str, Any]:
    return {
        "name": use.quota.name,
        "used": use.used,
        "value": use.value,
        "default": use.quota.default,
        "maximum": use.quota.maximum,
        "binds_at_nodes": use.nodes,
        "exceeded": use.exceeded,
        "source": use.quota.source,
    }


def print_plan(plan: AddressPlan, *, smallest: Proposal | None = None) -> None:
    """Print the plan: what is wrong with it first, then what each part takes.

    Args:
        plan: The plan.
        smallest: The smallest ranges that would do, if that was worked out.

    Raises:
        ImportError: If rich is not installed, which comes with the extra ``cli``.
    """
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    capacity = plan.capacity
    verdict = "fit" if capacity.fits else "do not fit"
    console.print(
        f"{capacity.nodes_maximum:,} nodes with {capacity.pods_maximum:,} pods at most {verdict}",
        style="bold" if capacity.fits else "bold red",
    )
    for problem in (*capacity.problems, *capacity.advice):
        console.print(f"  {problem}", markup=False)
    if smallest is not None:
        console.print(
            f"  The smallest pod range with room for updates and a fifth to spare: {_ranges(smallest.cidrs)}"
        )
    _print_groups(console, capacity)
    _print_subnets(console, capacity)
    _print_ways(console, plan.ways)
    _print_quotas(console, plan.quotas)


def _ranges(cidrs: Sequence[str]) -> str:
    first, *others = cidrs
    return first if not others else f"{len(cidrs)} ranges from {first} to {others[-1]}"


def _table(*columns: str, left: int = 1, wrap: bool = True) -> Table:
    """A table without lines, whose first *left* columns are text and whose others are numbers."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        side: JustifyMethod = "left" if number < left else "right"
        table.add_column(column, justify=side, overflow="fold", no_wrap=not wrap)
    return table


def _print(console: Console, title: str, table: Table) -> None:
    console.print(f"\n{title}", style="bold")
    console.print(table, soft_wrap=False, markup=False)


def _print_groups(console: Console, capacity: CapacityPlan) -> None:
    prefixes = capacity.addressing.prefix_delegation
    what = "prefixes/node" if prefixes else "addresses/node"
    table = _table("group", "types", "nodes", "pods/node", what, "pod ENIs/node", left=2)
    for group in capacity.groups:
        table.add_row(
            group.group.name,
            ", ".join(group.group.instance_types),
            f"{group.group.min_size:,} to {group.group.max_size:,}",
            f"{group.pods_per_node}",
            f"{group.take.prefixes if prefixes else group.take.addresses}",
            f"{group.take.interfaces}",
        )
    _print(console, "Node groups", table)


def _print_subnets(console: Console, capacity: CapacityPlan) -> None:
    prefixes = capacity.addressing.prefix_delegation
    what = "/28 blocks" if prefixes else "addresses"
    columns = ("zone", "pod subnet", "nodes", "there", "min", "max", "update", "free", "fit")
    table = _table(*columns, left=2, wrap=False)
    for zone in capacity.zones:
        for number, subnet in enumerate(zone.subnets):
            own = number == 0
            table.add_row(
                zone.zone if own else "",
                subnet.subnet.cidr,
                f"{zone.nodes_minimum:,} to {zone.nodes_maximum:,}" if own else "",
                *(f"{number:,}" for number in _numbers(subnet, prefixes=prefixes)),
                f"{subnet.headroom_percent} %",
                f"{zone.nodes_that_fit:,}" if own else "",
            )
    _print(console, f"Pod subnets, in {what} at worst; 'fit' is how many nodes would", table)


def _numbers(subnet: SubnetPlan, *, prefixes: bool) -> Iterable[int]:
    takes = (subnet.minimum, subnet.maximum, subnet.surge)
    if prefixes:
        return (subnet.room.blocks, *(subnet.room.blocks_used(take) for take in takes))
    return (subnet.room.addresses, *(take.addresses for take in takes))


def _print_ways(console: Console, ways: Sequence[Way]) -> None:
    table = _table("to", "by", "from", left=3)
    for way in ways:
        table.add_row(way.destination, way.via, way.source)
    _print(console, "Ways of the pods", table)


def _print_quotas(console: Console, quotas: Sequence[QuotaUse]) -> None:
    table = _table("quota", "used", "default", "at most", "binds at nodes")
    for use in quotas:
        most = "not said" if use.quota.maximum is None else f"{use.quota.maximum:,}"
        binds = "" if use.nodes is None else f"{use.nodes:,}"
        table.add_row(use.quota.name, f"{use.used:,}", f"{use.value:,}", most, binds)
    _print(console, "AWS quotas, the first to bind first", table)
