"""Exceptions that a policy makes for itself, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.evaluation import Place
from cdk_eks_cilium.policy_analysis.evaluation.compiled import policy_name

from .finding import Spot

ANNOTATION: Final = "cdk-eks-cilium/ignore"
"""The annotation of a policy: ``CNP016: reason; CNP026: reason``."""

_ENTRY: Final = re.compile(r"\s*([^:\s]*)\s*(?::\s*(.*?)\s*)?", re.DOTALL)


def spot_of(index: int, policy: Policy) -> Spot:
    """Where the annotation of a policy is."""
    return Spot(index, Place(policy_name(policy), f"metadata.annotations[{ANNOTATION!r}]"))


def entries(policy: Policy) -> Iterator[tuple[str, str]]:
    """Each id with its reason, which may be empty.

    A semicolon ends an entry only if an id follows, so a reason may have semicolons.
    """
    text = (policy.metadata.annotations or {}).get(ANNOTATION, "")
    for part in re.split(r";\s*(?=CNP)|;\s*$", text):
        found = _ENTRY.fullmatch(part)
        if found is not None and part.strip():
            yield found.group(1), found.group(2) or ""
