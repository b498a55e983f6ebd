"""Where in a NetworkPolicy is what Cilium makes of it: its author knows no other places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from cdk_eks_cilium.policy.model.ports import MAX_ITEMS

from .kubernetes import KubernetesEgressRule, KubernetesIngressRule, KubernetesNetworkPolicy

_SECTION: Final = re.compile(r"spec\.(ingress|egress)\[(\d+)\](?:\.(\w+)(.*))?")
_PORTS: Final = re.compile(r"(?:\[(\d+)\](?:\.ports(?:\[(\d+)\](.*))?)?)?")


class ItemSource(NamedTuple):
    """Where an item comes from.

    Attributes:
        rule: The rule, such as ``spec.egress[1]``.
        item: The rule, or one of several peers in it, such as ``spec.egress[1].to[0]``.
        peer: The peer, such as ``spec.egress[1].to[0].ipBlock``; for anyone the rule.
    """

    rule: str
    item: str
    peer: str


def item_sources(policy: KubernetesNetworkPolicy, section: str) -> Iterator[ItemSource]:
    """Where each item of a section comes from: there is one for each peer, and one for a rule without."""
    rules: Sequence[KubernetesIngressRule | KubernetesEgressRule] = getattr(policy.spec, section) or ()
    if not rules:
        yield ItemSource(*[f"spec.{section}"] * 3)
    for index, rule in enumerate(rules):
        where = f"spec.{section}[{index}]"
        name, peers = ("from", rule.from_) if isinstance(rule, KubernetesIngressRule) else ("to", rule.to)
        if not peers:
            yield ItemSource(*[where] * 3)
        for number, peer in enumerate(peers or ()):
            at = f"{where}.{name}[{number}]"
            item = at if len(peers or ()) > 1 else where
            yield ItemSource(where, item, f"{at}.ipBlock" if peer.ip_block is not None else at)


def source_path(path: str, sources: Mapping[str, Sequence[ItemSource]]) -> str:
    """The place in a NetworkPolicy for a place in what Cilium makes of it, with the sources of its items."""
    if path.startswith("spec.endpointSelector"):
        return path.replace("endpointSelector", "podSelector", 1)
    found = _SECTION.fullmatch(path)
    if found is None or int(found[2]) >= len(sources.get(found[1], ())):
        return path
    source = sources[found[1]][int(found[2])]
    if found[3] is None:
        return source.item
    return f"{source.rule}.ports{_port(found[4])}" if found[3] == "toPorts" else source.peer


def _port(rest: str) -> str:
    """A port in the list of a rule, which Cilium's lists of limited length hold in parts."""
    found = _PORTS.fullmatch(rest)
    if found is None or found[2] is None:
        return ""
    return f"[{int(found[1]) * MAX_ITEMS + int(found[2])}]{found[3]}"
