"""One step of an upgrade: what the next release refuses, what it changes, and what comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdk_eks_cilium.problems import MISSING, Problem
from cdk_eks_cilium.values.helm import helm_values
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.values.rendering.merge import leaves
from cdk_eks_cilium.values.rendering.operator_actions import operator_actions
from cdk_eks_cilium.values.rendering.references import References
from cdk_eks_cilium.values.rules.cautions import warnings
from cdk_eks_cilium.values.rules.problems import problems
from cdk_eks_cilium.versions.chart_catalogue import CHANGING, Difference, differences
from cdk_eks_cilium.versions.cilium import CiliumVersion
from cdk_eks_cilium.versions.upgrade_notes import Note

from .notes import restarts, step_notes

Render = Callable[[CiliumVersion], Sequence[Problem]]
"""Renders the chart of a release by Helm itself, and returns what Helm refuses."""


@dataclass(frozen=True)
class Change:
    """One chart value, before and after; `MISSING` where the value is absent."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Step:
    """What one step of an upgrade changes.

    Attributes:
        old: The release before it.
        new: The release after it.
        problems: Why the values cannot be installed with the new release, by the rules or by Helm itself; the
            rest is then empty but for the notes.
        notes: What to know, sorted by kind: what comes first, what is refused, what does not go back.
        written: Values that the deployment writes differently.
        defaults: Defaults of the chart that flip, of keys that the deployment does not write.
        removed: Keys that the chart no longer has.
        added: Keys that the chart has from now on.
        actions_added: EC2 actions that the operator's role gains.
        actions_removed: EC2 actions that it loses.
        warnings: What works with the new release, but with a catch that the old one did not have.
        restarts: What restarts.
    """

    old: CiliumVersion
    new: CiliumVersion
    problems: tuple[Problem, ...] = ()
    notes: tuple[Note, ...] = ()
    written: tuple[Change, ...] = ()
    defaults: tuple[Change, ...] = ()
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    actions_added: tuple[str, ...] = ()
    actions_removed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    restarts: tuple[str, ...] = ()


def step(
    values: CiliumValues,
    refs: References,
    old: CiliumVersion,
    new: CiliumVersion,
    where: str = "cilium",
    render: Render | None = None,
) -> Step:
    """Compare what *values* install with two releases, where the new one takes them."""
    notes = tuple(step_notes(values, old, new))
    found = problems(values, new, where) or (render(new) if render is not None else ())
    if found:
        return Step(old, new, tuple(found), notes=notes)
    after = dict(_written(helm_values(values, new, refs)))
    fitted_before = not problems(values, old, where)
    before = dict(_written(helm_values(values, old, refs))) if fitted_before else after
    unwritten = [each for each in differences(old, new) if not _is_written(each.path, before, after)]
    had, has = (set(operator_actions(values, version)) for version in (old, new))
    # Many warnings name the release.
    known = {text.replace(str(old), str(new)) for text in warnings(values, old)}
    return Step(
        old,
        new,
        (),
        notes,
        written=tuple(_changes(before, after)),
        defaults=tuple(_flips(unwritten)),
        removed=tuple(each.path for each in unwritten if each.new is None and _is_value(each)),
        added=tuple(each.path for each in unwritten if each.old is None and _is_value(each)),
        actions_added=tuple(sorted(has - had)),
        actions_removed=tuple(sorted(had - has)),
        warnings=tuple(text for text in warnings(values, new) if text not in known),
        restarts=tuple(restarts(EffectiveValues.of(values, new))),
    )


def _written(made: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for path, value in leaves(made):
        # The ConfigMap's text, repeated to restart agents: a note tells what becomes of it.
        if path[0] != "podAnnotations":
            yield ".".join(path), value


def _changes(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    for path in sorted(before.keys() | after.keys()):
        one, other = before.get(path, MISSING), after.get(path, MISSING)
        if one is MISSING or other is MISSING or one != other:
            yield Change(path, one, other)


def _is_written(path: str, *written: dict[str, Any]) -> bool:
    """Whether a deployment writes the key, a section around it or a key in it."""
    return any(
        path == key or path.startswith(f"{key}.") or key.startswith(f"{path}.")
        for values in written
        for key in values
    )


def _is_value(difference: Difference) -> bool:
    key = difference.new or difference.old
    return key is not None and key.default is not MISSING and key.read


def _flips(found: list[Difference]) -> Iterator[Change]:
    for each in found:
        if each.old is None or each.new is None or "default" not in each.kinds:
            continue
        before, after = each.old.default, each.new.default
        if CHANGING not in (before, after) and "image" not in each.path.split("."):
            yield Change(each.path, before, after)
