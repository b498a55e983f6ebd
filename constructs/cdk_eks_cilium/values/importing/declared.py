"""The fields whose declaration names their chart value, read back from it."""

from __future__ import annotations

from typing import Any

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.model.marks import Chart
from cdk_eks_cilium.values.model.typed_fields import TYPED_FIELDS, TypedField, value_at
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.values.rendering.merge import same
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .remaining import Remaining
from .wanted import Wanted, Wish


def take_declared(rest: Remaining, wanted: Wanted, version: CiliumVersion) -> None:
    """Take every chart value that the declaration of a field of *version* names."""
    ours, chart = CiliumValues(), EffectiveValues({}, version)
    off: list[str] = []
    for field in TYPED_FIELDS:
        mark = next((each for each in field.marks if isinstance(each, Chart)), None)
        if mark is None or not (field.known is None or field.known.holds(version)):
            continue
        above = field.path.rpartition(".")[0]
        if field.whole and above in off:
            for key in mark.keys.split():
                rest.drop("unread", key, f"has no effect: {_switch(above)} is off")
            continue
        value, key, given = _read(rest, mark)
        if given is MISSING and mark.always:
            # Where the file leaves it out, the chart's default runs, which is not always the library's.
            value, key = chart.get(key), key
            if value is MISSING or same(value, value_at(ours, field.path)):
                continue
        if value is MISSING or (value is None and not _is_section(field)):
            continue
        if value is None:
            off.append(field.path)
            rest.find("same", key, "is off, as in the typed values", given)
            continue
        wanted.wishes[field.path] = Wish(value, key, given, raw=not mark.owned)
    _without_section(rest, wanted, version)


def _read(rest: Remaining, mark: Chart) -> tuple[Any, str, Any]:
    """The field's value, the key that it comes from, and the chart value; all keys of a field must agree."""
    keys = mark.keys.split()
    given = [rest.get(*key.split(".")) for key in keys]
    if given[0] is MISSING or given[0] is None or any(not same(each, given[0]) for each in given):
        if given[0] is None:
            rest.take(keys[0])
        return MISSING, keys[0], MISSING
    for key in keys:
        rest.take(key)
    return mark.back(given[0]), mark.keys, given[0]


def _is_section(field: TypedField) -> bool:
    return any(each.whole and each.path.rpartition(".")[0] == field.path for each in TYPED_FIELDS)


def _without_section(rest: Remaining, wanted: Wanted, version: CiliumVersion) -> None:
    """Drop the fields of sections that nothing turns on: the chart reads them only where it is on."""
    for path, wish in list(wanted.wishes.items()):
        field = next(each for each in TYPED_FIELDS if each.path == path)
        above = path.rpartition(".")[0]
        if field.whole and not any(
            each == above or each.startswith(f"{above}.type") for each in wanted.wishes
        ):
            del wanted.wishes[path]
            rest.find("unread", wish.key, f"has no effect: {_switch(above)} is off", wish.given)


def _switch(path: str) -> str:
    """The chart value that turns a section on."""
    field = next(each for each in TYPED_FIELDS if each.path == path)
    return next((mark.keys for mark in field.marks), path)
