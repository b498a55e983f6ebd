"""Patterns of DNS names compared with each other."""

from __future__ import annotations

from typing import Final

from cdk_eks_cilium.policy.evaluation.names import matches_name
from cdk_eks_cilium.policy.model import FqdnSelector
from cdk_eks_cilium.versions.cilium import CiliumVersion

# In no pattern, so that only a wildcard can take it.
_ANY: Final = "__any__"


def spans_labels(version: CiliumVersion | None) -> bool:
    """Whether ``**.`` stands for more than one label, as it does from Cilium 1.19 on."""
    return version is None or version.at_least("1.19")


def covers_name(wide: FqdnSelector, narrow: FqdnSelector, version: CiliumVersion | None) -> bool:
    """Whether every name that *narrow* means, *wide* means, too."""
    text = narrow.text.lower().rstrip(".")
    if wide.match_pattern == "*":
        return True
    if narrow.match_name is not None:
        return matches_name(wide, text, version)
    if text == "*":
        return False
    samples = [text]
    if spans_labels(version) and text.startswith("**."):
        samples = [f"{_ANY}.{text[3:]}", f"{_ANY}.{_ANY}.{text[3:]}"]
    while any("**" in each for each in samples):
        samples = [each.replace("**", "*") for each in samples]
    return all(matches_name(wide, each.replace("*", _ANY), version) for each in samples)
