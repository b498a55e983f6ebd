"""DNS names against the names and patterns of rules."""

from __future__ import annotations

import re
from functools import lru_cache

from cdk_eks_cilium.policy.expressions import matches
from cdk_eks_cilium.policy.model import FqdnSelector
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

#: What a ``*`` in a pattern stands for, `pkg/fqdn/matchpattern`: no dot, so a label or a part of a label.
_IN_LABEL = "[-a-zA-Z0-9_]*"


def matches_name(selector: FqdnSelector, name: str, version: CiliumVersion | None = None) -> bool:
    """Whether a name or pattern of a rule means *name*, in lower case and without the dot at its end."""
    if selector.match_name is not None:
        return selector.match_name.lower().rstrip(".") == name
    pattern = (selector.match_pattern or "").lower()
    spanning = behaviour.policy.SPANNING_WILDCARDS.holds(version)
    return matches(expression(pattern, spanning), name) is True


def is_every_name(pattern: str, version: CiliumVersion | None = None) -> bool:
    """Whether a pattern means every name: ``*`` does, and ``**`` and so on if wildcards span labels."""
    if behaviour.policy.SPANNING_WILDCARDS.holds(version):
        return re.fullmatch(r"\*+\.?", pattern) is not None
    return pattern == "*"


@lru_cache(maxsize=4096)
def expression(pattern: str, spanning: bool = True) -> str:
    """The regular expression that Cilium makes of a pattern in lower case, in the syntax of RE2.

    If *spanning*, two or more stars at the start stand for one or more labels.
    """
    # Python's own `re` would go back for ever on a pattern with many stars.
    if re.fullmatch(r"\*+\.?", pattern) if spanning else pattern == "*":
        return ".*"
    pattern = pattern.rstrip(".")
    prefix = ""
    if spanning and re.match(r"\*{2,}\.", pattern):
        prefix, pattern = "(?:[-a-zA-Z0-9_]+[.])+", pattern.lstrip("*")[1:]
    return prefix + _IN_LABEL.join(part.replace(".", "[.]") for part in re.split(r"\*+", pattern))
