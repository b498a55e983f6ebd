"""Patterns of DNS names compared with each other."""

from __future__ import annotations

import re
from typing import Final

from cdk_eks_cilium.policy.model import FqdnSelector
from cdk_eks_cilium.policy_analysis.evaluation.names import is_every_name, matches_name
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

# No pattern has it, so that only a wildcard matches it.
_ANY: Final = "__any__"


def covers_name(wide: FqdnSelector, narrow: FqdnSelector, version: CiliumVersion | None) -> bool:
    """Whether every name that *narrow* means, *wide* means, too."""
    text = narrow.text.lower().rstrip(".")
    if wide.match_pattern is not None and is_every_name(wide.match_pattern, version):
        return True
    if narrow.match_name is not None:
        return matches_name(wide, text, version)
    if is_every_name(text, version):
        return False
    samples = [text]
    if behaviour.policy.SPANNING_WILDCARDS.holds(version) and re.match(r"\*{2,}\.", text):
        rest = text.lstrip("*")
        samples = [f"{_ANY}{rest}", f"{_ANY}.{_ANY}{rest}"]
    while any("**" in each for each in samples):
        samples = [each.replace("**", "*") for each in samples]
    return all(matches_name(wide, each.replace("*", _ANY), version) for each in samples)
