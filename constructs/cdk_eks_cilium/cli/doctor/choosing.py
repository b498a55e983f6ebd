"""The checks that a call asks for."""

from __future__ import annotations

from collections.abc import Sequence

from cdk_eks_cilium.cli.answer import UsageError
from cdk_eks_cilium.doctor.checks import CATEGORIES
from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.problems import did_you_mean


def chosen(checks: Sequence[Check], only: Sequence[str], skip: Sequence[str]) -> tuple[Check, ...]:
    """The checks of *only*, or all, without the checks of *skip*; each name is of a check or a category.

    Raises:
        UsageError: A name is neither, or no check is left.
    """
    known = {*CATEGORIES, *(each.id for each in checks)}
    for option, names in (("--only", only), ("--skip", skip)):
        for name in names:
            if name not in known:
                hint = did_you_mean(name, known) or "--list lists all"
                raise UsageError(f"{option}: unknown check or category {name!r}; {hint}")
    found = tuple(
        each for each in checks if (not only or _named(each, only)) and not (skip and _named(each, skip))
    )
    if not found:
        raise UsageError("--only and --skip leave no check")
    return found


def _named(check: Check, names: Sequence[str]) -> bool:
    return check.id in names or check.category in names
