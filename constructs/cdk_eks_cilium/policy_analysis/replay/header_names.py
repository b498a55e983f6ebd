"""The headers that policies are about: others differ with each request, and no rule tells them apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cdk_eks_cilium.policy.model import Policy


def header_names(policies: Iterable[Policy]) -> frozenset[str]:
    """The names of headers in the HTTP rules of policies, in lower case."""
    return frozenset(name.lower() for policy in policies for name in _names(policy.manifest()))


def _names(data: Any) -> Iterator[str]:
    if isinstance(data, Mapping):
        for each in data.get("headers") or ():
            # 'X-Token: 1' and 'X-Token 1' name X-Token, and 'X-Token:1' names itself (CNP040).
            yield str(each).partition(" ")[0].rstrip(":")
        for each in data.get("headerMatches") or ():
            yield str(each.get("name", ""))
        for value in data.values():
            yield from _names(value)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from _names(value)
