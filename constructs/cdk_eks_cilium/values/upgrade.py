"""What changes from one version of Cilium to another, for the values of one environment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from cdk_eks_cilium.problems import MISSING, Problem
from cdk_eks_cilium.versions.chart_catalogue import CHANGING, Difference, differences
from cdk_eks_cilium.versions.cilium import CiliumVersion, minors
from cdk_eks_cilium.versions.upgrade_notes import NOTES

from .helm import helm_values
from .model import CiliumValues
from .rendering.cni_config import needs_config_map
from .rendering.merge import leaves
from .rendering.operator_actions import operator_actions
from .rendering.references import References
from .rules.cautions import warnings
from .rules.problems import problems

_MINORS: Final = minors()


@dataclass(frozen=True)
class Change:
    """One chart value, before and after; `MISSING` where the value is absent."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Upgrade:
    """What an upgrade changes.

    Attributes:
        old: The version that runs.
        new: The version to install.
        problems: Why the values cannot be installed with the new version; the rest is then empty.
        written: Values that the deployment writes differently.
        defaults: Defaults of the chart that flip, of keys that the deployment does not write.
        removed: Keys that the chart no longer has.
        added: Keys that the chart has from now on.
        actions_added: EC2 actions that the operator's role gains.
        actions_removed: EC2 actions that it loses.
        cautions: What to know and to do, in order.
    """

    old: CiliumVersion
    new: CiliumVersion
    problems: tuple[Problem, ...]
    written: tuple[Change, ...] = ()
    defaults: tuple[Change, ...] = ()
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    actions_added: tuple[str, ...] = ()
    actions_removed: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()


def upgrade(
    values: CiliumValues, refs: References, old: CiliumVersion, new: CiliumVersion, where: str = "cilium"
) -> Upgrade:
    """Compare what *values* install with two versions; placeholders will do for *refs*.

    Raises:
        InputError: If *old* does not take the values, which then cannot be running.
    """
    found = tuple(problems(values, new, where))
    if found:
        return Upgrade(old, new, found)
    before, after = (dict(_written(values, version, refs)) for version in (old, new))
    unwritten = [each for each in differences(old, new) if not _is_written(each.path, before, after)]
    had, has = (set(operator_actions(values, version)) for version in (old, new))
    return Upgrade(
        old,
        new,
        (),
        written=tuple(_changes(before, after)),
        defaults=tuple(_flips(unwritten)),
        removed=tuple(each.path for each in unwritten if each.new is None and _is_value(each)),
        added=tuple(each.path for each in unwritten if each.old is None and _is_value(each)),
        actions_added=tuple(sorted(has - had)),
        actions_removed=tuple(sorted(had - has)),
        cautions=tuple(_cautions(values, old, new)),
    )


def _written(values: CiliumValues, version: CiliumVersion, refs: References) -> Iterator[tuple[str, Any]]:
    for path, value in leaves(helm_values(values, version, refs)):
        # The ConfigMap's text, repeated to restart agents: a caution tells what becomes of it.
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


def _cautions(values: CiliumValues, old: CiliumVersion, new: CiliumVersion) -> Iterator[str]:
    yield from _route(old, new)
    start, end = _MINORS.index(old.minor), _MINORS.index(new.minor)
    for minor in _MINORS[start + 1 : end + 1]:
        yield from (f"{minor}: {note}" for note in NOTES.get(minor, ()))
    if needs_config_map(old) and not needs_config_map(new):
        yield (
            "the same deployment deletes the ConfigMap kube-system/cni-configuration, after the release; "
            "agents that restart read the values"
        )
    if _MINORS.index(old.minor) < _MINORS.index(new.minor):
        yield (
            "to keep the old defaults of values that the deployment does not write, set upgradeCompatibility "
            "in the overrides to the minor that was installed first"
        )
    known = set(warnings(values, old))
    yield from (text for text in warnings(values, new) if text not in known)
    yield (
        "Helm gets every value again, as it must (never --reuse-values); agents restart node by node, "
        "running pods keep their addresses, and the version alone does not replace a node"
    )
    if values.image_registry is not None:
        yield f"copy the images of {new} to {values.image_registry} before you deploy"


def _route(old: CiliumVersion, new: CiliumVersion) -> Iterator[str]:
    steps = _MINORS.index(new.minor) - _MINORS.index(old.minor)
    if steps > 1:
        between = _MINORS[_MINORS.index(old.minor) + 1 : _MINORS.index(new.minor)]
        way = " -> ".join(str(CiliumVersion.newest_of(minor)) for minor in between)
        yield (
            f"Cilium supports one minor at a time: go {old} -> {way} -> {new}, and wait for "
            "`cilium status --wait` after each"
        )
    newest = CiliumVersion.newest_of(old.minor)
    if steps > 0 and old != newest and newest >= old:
        yield f"go to the newest patch of {old.minor} first: {newest}"
    if steps < 0:
        yield (
            f"this is a downgrade by {-steps} minor{'s' if steps < -1 else ''}: Cilium supports going back "
            "only to the minor that the cluster came from, and only before new features are used"
        )
    if steps == 1:
        yield (
            "run Cilium's pre-flight check first, which pulls the images and validates your policies: "
            "https://docs.cilium.io/en/stable/operations/upgrade/#running-pre-flight-check-required"
        )
