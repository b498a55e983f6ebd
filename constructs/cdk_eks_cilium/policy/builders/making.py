"""Parts of policies made in code, with errors in the project's grammar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from cdk_eks_cilium.policy.model import FqdnSelector, LabelSelector, PolicyPart, said

Made = TypeVar("Made", bound=PolicyPart)

Labels = Mapping[str, str] | LabelSelector
"""Labels that must all hold, or a selector with expressions."""


def make(model: type[Made], where: str, **fields: Any) -> Made:
    """Make a part of a policy of the *fields* that are not None.

    Args:
        model: The part.
        where: What to blame.
        fields: Its fields, under Python's names.

    Raises:
        InputError: For everything wrong with them.
    """
    return model.read(said(**fields), f"{where}: ", by_name=True)


def selector(labels: Labels | None, where: str, further: Mapping[str, str] | None = None) -> LabelSelector:
    """A selector of labels; of everything when there are none.

    Args:
        labels: Labels or a selector.
        where: What to blame.
        further: Labels that must hold, too.
    """
    if isinstance(labels, LabelSelector):
        together = {**(labels.match_labels or {}), **(further or {})}
        return make(
            LabelSelector,
            where,
            match_labels=together or None,
            match_expressions=labels.match_expressions,
        )
    together = {**(labels or {}), **(further or {})}
    return make(LabelSelector, where, match_labels=together or None)


def fqdn(name: str, where: str) -> FqdnSelector:
    """A name, or a pattern where it has a star."""
    if "*" in name:
        return make(FqdnSelector, where, match_pattern=name)
    return make(FqdnSelector, where, match_name=name)
