"""An upgrade as tables that a person can act on, and as data."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.upgrade import Change, Upgrade

if TYPE_CHECKING:
    from rich.console import Console


def as_json(found: Upgrade) -> dict[str, Any]:
    """The upgrade as plain data. A value that is not there has no key."""
    return {
        "old": str(found.old),
        "new": str(found.new),
        "problems": [str(problem) for problem in found.problems],
        "written": [_plain(change) for change in found.written],
        "defaults": [_plain(change) for change in found.defaults],
        "removed": list(found.removed),
        "added": list(found.added),
        "operator_actions": {"added": list(found.actions_added), "removed": list(found.actions_removed)},
        "cautions": list(found.cautions),
    }


def print_report(found: Upgrade) -> None:
    """Print the upgrade: first what is in the way, then what to know, then what changes.

    Raises:
        ImportError: If rich is not installed, which comes with the extra ``cli``.
    """
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Cilium {found.old} -> {found.new}", style="bold")
    if found.problems:
        _print_list(console, f"{found.new} does not take these settings:", map(str, found.problems))
        return
    numbered = (f"{number}. {caution}" for number, caution in enumerate(found.cautions, start=1))
    _print_list(console, "Mind", numbered)
    _print_changes(console, "Values that the deployment writes differently", found, found.written)
    _print_changes(console, "Defaults of the chart that change", found, found.defaults)
    _print_list(console, "Keys that the chart no longer has", found.removed)
    _print_list(console, "EC2 actions that the operator's role gains", found.actions_added)
    _print_list(console, "EC2 actions that it loses", found.actions_removed)
    if found.added:
        console.print(
            f"\n{len(found.added)} keys are new in the chart, at their defaults (--json lists them)."
        )


def _print_changes(console: Console, title: str, found: Upgrade, changes: Iterable[Change]) -> None:
    from rich.table import Table

    table = Table("key", str(found.old), str(found.new), box=None, pad_edge=False)
    for change in changes:
        table.add_row(f"  {change.path}", _text(change.before), _text(change.after))
    if table.row_count:
        console.print(f"\n{title}", style="bold")
        console.print(table, soft_wrap=False, markup=False)


def _print_list(console: Console, title: str, lines: Iterable[str]) -> None:
    listed = list(lines)
    if listed:
        console.print(f"\n{title}", style="bold", markup=False)
        for line in listed:
            console.print(f"  {line}", markup=False)


def _text(value: Any) -> str:
    return "-" if value is MISSING else json.dumps(value)


def _plain(change: Change) -> dict[str, Any]:
    states = {"before": change.before, "after": change.after}
    return {"key": change.path, **{name: value for name, value in states.items() if value is not MISSING}}
