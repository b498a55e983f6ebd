"""Which typed value an unknown chart key means: people know many names for one thing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.problems import nearest
from cdk_eks_cilium.values.model.typed_fields import TYPED_FIELDS, TypedField
from cdk_eks_cilium.versions.cilium import CiliumVersion

#: How alike a misspelt name must be: shorter words that differ in one letter mean something else.
_ALIKE: Final = 0.88
#: Names that many sections have tell nothing without their section.
_SHORTEST: Final = 7


def our_name(path: str, version: CiliumVersion, *, misspelt: bool = False) -> str | None:
    """The typed value that the key *path* means, by its dotted path; None if several could be meant.

    A key means a typed value by the last part of its name, which may be the chart's word or ours in any
    spelling (``preAllocate``, ``pre-allocate``), in the same section or under a name that only one field has.

    Args:
        path: The key.
        version: The chart's; its typed values count.
        misspelt: Whether to allow for a letter or two.
    """
    section, _, leaf = path.rpartition(".")
    found: dict[str, set[str]] = {}
    for field in TYPED_FIELDS:
        if field.known is None or field.known.holds(version):
            for name in _names(field):
                if _plain(name) == _plain(path):
                    return field.path
                found.setdefault(_plain(name.rpartition(".")[2]), set()).add(field.path)
    leaf = _plain(leaf)
    if misspelt and leaf not in found:
        leaf = next(iter(nearest(leaf, found, cutoff=_ALIKE)), leaf)
    fields = found.get(leaf, set())
    inside = {each for each in fields if _plain(section.partition(".")[0]) == _plain(each.partition(".")[0])}
    chosen = inside or (fields if len(leaf) >= _SHORTEST else set())
    return next(iter(chosen)) if len(chosen) == 1 else None


def _names(field: TypedField) -> Iterator[str]:
    """Every name of a field: its own, and its chart values'."""
    yield field.path
    for mark in field.marks:
        yield from mark.keys.split()


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")
