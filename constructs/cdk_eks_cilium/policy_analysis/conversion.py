"""A policy of another kind in terms that Cilium enforces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from cdk_eks_cilium.policy.documents import dump
from cdk_eks_cilium.policy.model import Policy

PolicyT = TypeVar("PolicyT", bound=Policy, covariant=True)


@dataclass(frozen=True)
class Conversion(Generic[PolicyT]):
    """A converted policy.

    Attributes:
        policy: The policy in terms that Cilium enforces.
        remarks: Places where a plain copy would mean something else, or Kubernetes leaves the meaning
            open, each with the difference.
    """

    policy: PolicyT
    remarks: tuple[str, ...]


def as_yaml(conversions: Sequence[Conversion[Policy]]) -> str:
    """The policies as YAML, each under its remarks as comments."""
    texts = []
    for conversion in conversions:
        comments = "".join(f"# {remark}\n" for remark in conversion.remarks)
        texts.append(f"{comments}{dump([conversion.policy])}")
    return "---\n".join(texts)


def own_annotations(annotations: dict[str, str] | None) -> dict[str, str] | None:
    """Annotations without kubectl's copy of the whole object."""
    kept = {
        key: value
        for key, value in (annotations or {}).items()
        if key != "kubectl.kubernetes.io/last-applied-configuration"
    }
    return kept or None
