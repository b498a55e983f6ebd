"""Which typed values a version of Cilium has."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.problems import MISSING, Problem
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.model.marks import plain
from cdk_eks_cilium.values.model.typed_fields import FIRST, is_used, value_at
from cdk_eks_cilium.versions.cilium import CiliumVersion


def support_problems(values: CiliumValues, version: CiliumVersion, where: str) -> Iterator[Problem]:
    """The typed values that *version* does not have, or that the library does not know for it."""
    for path, known in FIRST.items():
        if not known.holds(version) and is_used(values, path):
            yield Problem(
                f"{where}.{path}",
                f"is for Cilium {known.since} and newer, not {version}",
                plain(value_at(values, path)) or MISSING,
                f"use Cilium {known.since} or newer, or leave it out",
                id="CEK2021",
            )
