"""An upgrade as tables that a person can act on, and as data: ``values --diff``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.upgrade import Change, Step, Upgrade

from .answer import FINDINGS, GOOD, Answer, Block, Heading, Table, section

_TITLES: Final = {
    "crds": "Custom resources",
    "refuses": "Refused from here on",
    "one-way": "One way",
    "window": "Only in this minor",
    "nodes": "What the nodes must have",
    "meaning": "What works in another way",
    "default": "What becomes the default",
}
#: A longer value is cut, for people; keys never are.
_LONGEST: Final = 60
_ALL_NODES_STAY: Final = "no node is replaced: another release alone changes no launch template"


def comparison(found: Upgrade, own_images: Sequence[str] = (), notes: Iterable[str] = ()) -> Answer:
    """What an upgrade changes, step by step: first what prevents a step, then what to know, then the changes.

    Args:
        found: The upgrade.
        own_images: The node groups with images of the user's own.
        notes: Lines for standard error.
    """
    data = {
        "old": str(found.old),
        "new": str(found.new),
        "problems": [str(problem) for problem in found.problems],
        "advice": list(found.advice),
        "steps": [_as_data(step, own_images) for step in found.steps],
    }
    return Answer(data, _shown(found, own_images), FINDINGS if found.problems else GOOD, notes)


def _as_data(step: Step, own_images: Sequence[str]) -> dict[str, Any]:
    """A step as plain data. An absent value has no key."""
    return {
        "old": str(step.old),
        "new": str(step.new),
        "problems": [problem.as_json() for problem in step.problems],
        "notes": [{"kind": each.kind, "text": each.text, "source": each.source} for each in step.notes],
        "warnings": list(step.warnings),
        "nodes": list(_nodes(step, own_images)),
        "restarts": list(step.restarts),
        "written": [_plain(change) for change in step.written],
        "defaults": [_plain(change) for change in step.defaults],
        "removed": list(step.removed),
        "added": list(step.added),
        "operator_actions": {"added": list(step.actions_added), "removed": list(step.actions_removed)},
    }


def _shown(found: Upgrade, own_images: Sequence[str]) -> Iterator[Block]:
    yield Heading(f"Cilium {found.old} -> {found.new}", bad=bool(found.problems))
    yield from section("Mind", (f"{number}. {text}" for number, text in enumerate(found.advice, start=1)))
    for number, step in enumerate(found.steps, start=1):
        count = f"Step {number} of {len(found.steps)}: " if len(found.steps) > 1 else ""
        yield Heading(f"{count}{step.old} -> {step.new}", bad=bool(step.problems))
        yield from _step(step, own_images)


def _step(step: Step, own_images: Sequence[str]) -> Iterator[Block]:
    yield from section(f"{step.new} does not take these settings:", map(str, step.problems))
    for kind, notes in groupby(step.notes, key=lambda note: note.kind):
        yield from section(_TITLES[kind], (f"{note.text} ({note.source})" for note in notes))
    if step.problems:
        return
    yield from section("Warnings that are new", step.warnings)
    yield from section("Nodes", _nodes(step, own_images))
    yield from section("Restarts", step.restarts)
    yield from _changes("Values that the deployment writes differently", step, step.written)
    yield from _changes("Defaults of the chart that change", step, step.defaults)
    yield from section("Keys that the chart no longer has", step.removed)
    yield from section("EC2 actions that the operator's role gains", step.actions_added)
    yield from section("EC2 actions that it loses", step.actions_removed)
    if step.added:
        yield f"\n{len(step.added)} keys are new in the chart, at their defaults (--json lists them)."


def _nodes(step: Step, own_images: Sequence[str]) -> Iterator[str]:
    yield _ALL_NODES_STAY
    if own_images and any(note.kind == "nodes" for note in step.notes):
        yield f"look at the kernel in the images of {', '.join(own_images)}, which are yours"


def _changes(title: str, step: Step, changes: Iterable[Change]) -> Iterator[Block]:
    """A table, in which the keys of a section of the chart stand below its name, each with its whole path."""
    rows: list[tuple[str, str, str]] = []
    for name, group in groupby(changes, key=lambda change: change.path.partition(".")[0]):
        inside = list(group)
        if len(inside) > 1:
            rows.append((f"  {name}", "", ""))
        for each in inside:
            key = f"    {each.path}" if len(inside) > 1 else f"  {each.path}"
            rows.append((key, _text(each.before), _text(each.after)))
    if rows:
        yield Heading(title)
        yield Table(("key", str(step.old), str(step.new)), rows)


def _text(value: Any) -> str:
    text = "-" if value is MISSING else json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _plain(change: Change) -> dict[str, Any]:
    states = {"before": change.before, "after": change.after}
    return {"key": change.path, **{name: value for name, value in states.items() if value is not MISSING}}
