"""Parts of policies made in code, with errors in the project's grammar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from cdk_eks_cilium.policy.model import FqdnSelector, LabelSelector, PolicyPart, not_none

Made = TypeVar("Made", bound=PolicyPart)

Labels = Mapping[str, str] | LabelSelector
"""Labels that must all hold, or a selector with expressions."""


def make(model: type[Made], where: str, **fields: Any) -> Made:
    """Make a part of a policy from the *fields* that are not None; *where* is the place that errors name.

    Raises:
        InputError: For everything wrong with them.
    """
    return model.read(not_none(**fields), f"{where}: ", by_name=True)


def selector(labels: Labels | None, where: str, further: Mapping[str, str] | None = None) -> LabelSelector:
    """Make a selector of labels and *further* labels. Without labels it selects everything."""
    given = labels.match_labels if isinstance(labels, LabelSelector) else labels
    expressions = labels.match_expressions if isinstance(labels, LabelSelector) else None
    together = {**(given or {}), **(further or {})}
    return make(LabelSelector, where, match_labels=together or None, match_expressions=expressions)


def fqdn(name: str, where: str) -> FqdnSelector:
    """A name, or a pattern if it has a star."""
    return make(FqdnSelector, where, **{"match_pattern" if "*" in name else "match_name": name})
