"""An upgrade as tables that a person can act on, and as data: ``values --diff``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.upgrade import Change, Upgrade

from .answer import FINDINGS, GOOD, Answer, Block, Heading, Table, section


def comparison(found: Upgrade, notes: Iterable[str] = ()) -> Answer:
    """What an upgrade changes: first what prevents it, then the cautions, then the changes."""
    return Answer(_as_data(found), _shown(found), FINDINGS if found.problems else GOOD, notes)


def _as_data(found: Upgrade) -> dict[str, Any]:
    """The upgrade as plain data. An absent value has no key."""
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


def _shown(found: Upgrade) -> Iterator[Block]:
    yield Heading(f"Cilium {found.old} -> {found.new}")
    if found.problems:
        yield from section(f"{found.new} does not take these settings:", map(str, found.problems))
        return
    yield from section("Mind", (f"{number}. {text}" for number, text in enumerate(found.cautions, start=1)))
    yield from _changes("Values that the deployment writes differently", found, found.written)
    yield from _changes("Defaults of the chart that change", found, found.defaults)
    yield from section("Keys that the chart no longer has", found.removed)
    yield from section("EC2 actions that the operator's role gains", found.actions_added)
    yield from section("EC2 actions that it loses", found.actions_removed)
    if found.added:
        yield f"\n{len(found.added)} keys are new in the chart, at their defaults (--json lists them)."


def _changes(title: str, found: Upgrade, changes: Iterable[Change]) -> Iterator[Block]:
    rows = [(f"  {each.path}", _text(each.before), _text(each.after)) for each in changes]
    if rows:
        yield Heading(title)
        yield Table(("key", str(found.old), str(found.new)), rows)


def _text(value: Any) -> str:
    return "-" if value is MISSING else json.dumps(value)


def _plain(change: Change) -> dict[str, Any]:
    states = {"before": change.before, "after": change.after}
    return {"key": change.path, **{name: value for name, value in states.items() if value is not MISSING}}
