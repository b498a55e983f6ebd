"""An upgrade as tables that a person can act on, and as data."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.upgrade import Change, Upgrade


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


def print_report(found: Upgrade, console: Console | None = None) -> None:
    """Print the upgrade: first what is in the way, then what to know, then what changes."""
    console = console or Console()
    console.print(f"[bold]Cilium {found.old} -> {found.new}[/bold]", highlight=False)
    if found.problems:
        console.print(f"\n{found.new} does not take these settings:", highlight=False)
        for problem in found.problems:
            console.print(f"  {escape(str(problem))}", highlight=False, soft_wrap=True)
        return
    console.print("\n[bold]Mind[/bold]")
    for number, caution in enumerate(found.cautions, start=1):
        console.print(f"  {number}. {escape(caution)}", highlight=False, soft_wrap=True)
    _print_changes(console, "Values that the deployment writes differently", found, found.written)
    _print_changes(console, "Defaults of the chart that change", found, found.defaults)
    _print_names(console, "Keys that the chart no longer has", found.removed)
    _print_names(console, "EC2 actions that the operator's role gains", found.actions_added)
    _print_names(console, "EC2 actions that it loses", found.actions_removed)
    if found.added:
        console.print(
            f"\n{len(found.added)} keys are new in the chart, at their defaults (--json lists them).",
            highlight=False,
        )


def _print_changes(console: Console, title: str, found: Upgrade, changes: Iterable[Change]) -> None:
    rows = list(changes)
    if not rows:
        return
    table = Table(title=f"\n{title}", title_justify="left", title_style="bold")
    for column in ("key", str(found.old), str(found.new)):
        table.add_column(column, overflow="fold")
    for change in rows:
        table.add_row(escape(change.path), escape(_text(change.before)), escape(_text(change.after)))
    console.print(table)


def _print_names(console: Console, title: str, names: Iterable[str]) -> None:
    listed = list(names)
    if listed:
        console.print(f"\n[bold]{title}[/bold]")
        for name in listed:
            console.print(f"  {escape(name)}", highlight=False, soft_wrap=True)


def _text(value: Any) -> str:
    return "-" if value is MISSING else json.dumps(value)


def _plain(change: Change) -> dict[str, Any]:
    states = {"before": change.before, "after": change.after}
    return {"key": change.path, **{name: value for name, value in states.items() if value is not MISSING}}
