"""The fields whose declaration names their chart value."""

from __future__ import annotations

from typing import Any

from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.model.marks import Chart
from cdk_eks_cilium.values.model.typed_fields import TYPED_FIELDS, is_used, value_at


def plain_values(values: CiliumValues) -> dict[str, Any]:
    """The chart values of every field with a `Chart` in its declaration.

    The rules have refused before what a version does not have, so every used field can be written.
    """
    rendered: dict[str, Any] = {}
    for field in TYPED_FIELDS:
        value = value_at(values, field.path)
        wanted = value is not None and (field.whole or is_used(values, field.path))
        for mark in field.marks:
            if isinstance(mark, Chart) and (wanted or mark.always):
                for key in mark.keys.split():
                    _put(rendered, key, mark.to(value))
    return rendered


def _put(rendered: dict[str, Any], key: str, value: Any) -> None:
    *sections, name = key.split(".")
    for section in sections:
        rendered = rendered.setdefault(section, {})
    rendered[name] = value
