"""The lint about denials of the Admin tier that cut what every pod needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cdk_eks_cilium.policy_analysis.evaluation import Direction, Endpoint
from cdk_eks_cilium.policy_analysis.evaluation.labels import Labels, endpoint_labels
from cdk_eks_cilium.policy_analysis.evaluation.ports import gates

from .context import LintContext
from .definition import lint
from .dns_servers import DNS_SERVER
from .finding import Hit
from .tier_views import TierView, before, tier_views


@dataclass(frozen=True)
class _Need:
    """A flow that every pod needs.

    Attributes:
        direction: The pod's side of it.
        other: The other side.
        protocol: Its protocol.
        port: Its port.
        name: What it is, in words.
        fix: How to spare it, as a clause.
    """

    direction: Direction
    other: Endpoint
    protocol: str
    port: int
    name: str
    fix: str


_NEEDS: Final = (
    _Need(
        "egress",
        Endpoint.pod(DNS_SERVER),
        "UDP",
        53,
        "DNS",
        "accept port 53 of the pods with the label k8s-app=kube-dns in kube-system in a rule before it",
    ),
    _Need(
        "egress",
        Endpoint.entity("kube-apiserver"),
        "TCP",
        443,
        "the API server",
        "accept TCP port 443 of the networks of its addresses in a rule before it",
    ),
    _Need(
        "ingress",
        Endpoint.entity("host"),
        "TCP",
        10250,
        "the kubelet, whose probes come from the node",
        "use pods with the same namespaceSelector, which means pods alone",
    ),
)


@lint(
    "CNP069",
    "Denials of the Admin tier leave DNS, the API server and the kubelet alone",
    "warning",
    "No policy of a namespace can allow what the Admin tier denies, so such a denial must make its "
    "exceptions itself, in rules before it.",
    "https://network-policy-api.sigs.k8s.io/api-overview/",
)
def _cut(context: LintContext) -> Iterator[Hit]:
    views = tier_views(context)
    for view in views:
        if view.compiled.tier != "Admin" or view.rule.action != "Deny":
            continue
        for need in _NEEDS:
            # The DNS servers themselves ask others.
            served = need.other.workload is not None and view.subject.exact.get("k8s-app") == "kube-dns"
            labels = endpoint_labels(need.other, context.around.inventory)
            if not served and _means(view, need, labels) and not _is_spared(view, views, need, labels):
                got = f"a denial of {need.protocol} {need.port}"
                yield view.spot.hit(f"must not cut {need.name}", need.fix, got=got)


def _means(view: TierView, need: _Need, labels: Labels) -> bool:
    return view.direction == need.direction and any(
        (need.protocol, need.port) in gate.ports
        for item in view.compiled.items
        if item.peers.means(need.other, labels).matches
        for gate in gates(item.item, need.other.workload)
    )


def _is_spared(view: TierView, views: Sequence[TierView], need: _Need, labels: Labels) -> bool:
    """Whether a rule before it keeps the flow away from it, for all that it selects.

    For a pod's own node any rule does: only denials of the first rank keep it out (`evaluation.tiers`).
    """
    if need.other.is_own_node:
        return any(
            each.selects_all_of(view) and each.compiled.order[:2] < view.compiled.order[:2]
            for each in before(view, views)
        )
    return any(
        each.rule.action != "Deny" and each.selects_all_of(view) and _means(each, need, labels)
        for each in before(view, views)
    )
