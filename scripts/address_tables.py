"""The tables of docs/addressing.md: designs side by side, quotas, the ways out of the VPC and the ways in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cdk_eks_cilium.addressing import QUOTAS, PlannedGroup, Quota, compare, propose, quota_uses
from cdk_eks_cilium.settings import Way, WayIn, address_plan, parse
from scripts.schema_words import table

TYPE: Final = "m6i.large"
NODES: Final = 100

ZONES: Final = ("eu-west-1a", "eu-west-1b", "eu-west-1c")
GROUPS: Final = (
    PlannedGroup(name="workers", instance_types=("m6i.large",), min_size=3, max_size=60),
    PlannedGroup(name="batch", instance_types=("m6i.8xlarge", "m6i.16xlarge"), min_size=0, max_size=20),
)
"""The node groups of the page's example."""

_TRANSIT_GATEWAY: Final = "tgw-0123456789abcdef0"
_VARIANTS: Final[Mapping[str, tuple[str, bool]]] = {
    "`node`": ("node", False),
    "`pod`": ("pod", False),
    "`pod`, with `private_nat`": ("pod", True),
}
"""The columns of the ways out: egress, and whether there are private NAT gateways."""


def comparison() -> str:
    """Each design with full nodes of one type."""
    head = ["Design", "Pods per node", "Pods", "Routable addresses", "Addresses of the pod range"]
    rows = [
        [
            f"[{design.name}]({design.source})",
            *(f"{count:,}" for count in (design.pods_per_node, design.pods)),
            *(f"{count:,}" for count in (design.routable, design.secondary)),
        ]
        for design in compare(TYPE, NODES)
    ]
    return table(head, rows)


def quotas() -> str:
    """Each quota, and how the example stands against it."""
    proposal = propose(GROUPS, ZONES)
    rows = [
        [*_quota(use.quota), f"{use.used:,}", "" if use.nodes is None else f"{use.nodes:,}"]
        for use in quota_uses(proposal.plan, cidr_blocks=len(proposal.cidrs))
    ]
    named = {row[0] for row in rows}
    rows += [[*_quota(quota), "", ""] for quota in QUOTAS if _quota(quota)[0] not in named]
    return table(["Quota", "Default", "At most", "The example", "Binds at nodes"], rows)


def _quota(quota: Quota) -> list[str]:
    most = "not published" if quota.maximum is None else f"{quota.maximum:,}"
    return [f"[{quota.name}]({quota.source})", f"{quota.default:,}", most]


def ways_out() -> str:
    """What pods reach, by which way, with which address, for each egress."""
    columns = [_ways(*variant) for variant in _VARIANTS.values()]
    rows = [[destination, *(_words(column[destination]) for column in columns)] for destination in columns[0]]
    return table(["To", *_VARIANTS], rows)


def ways_in() -> str:
    """How clients reach pods, for each egress; and without kube-proxy, where that changes something."""
    node, pod = (_ways_in(egress=egress) for egress in ("node", "pod"))
    replaced = _ways_in(kube_proxy_replacement=True)
    rows = []
    for client, way in node.items():
        rows.append([client, _answer(way), _answer(pod[client]) if pod[client] != way else "the same"])
        if replaced[client] != way:
            with_it = f"{client}; with `kube_proxy_replacement`"
            rows.append([with_it, _answer(replaced[client]), "the same"])
    return table(["From", "`node`", "`pod`"], rows)


def _ways_in(**cilium: Any) -> dict[str, WayIn]:
    return {way.client: way for way in address_plan(parse({"cilium": cilium})).ways_in}


def _answer(way: WayIn) -> str:
    return f"{'yes' if way.works else '**no**'}: {way.why}"


def _ways(egress: str, private_nat: bool) -> dict[str, Way]:
    settings: dict[str, Any] = {
        "cilium": {"egress": egress},
        "network": {
            "gateway_endpoints": ["s3"],
            "on_premises": {
                "cidrs": ["192.168.0.0/16"],
                "transit_gateway_id": _TRANSIT_GATEWAY,
                "private_nat": private_nat,
            },
        },
    }
    # The ranges and ids belong to an example.
    return {way.destination.partition(" (")[0]: way for way in address_plan(parse(settings)).ways}


def _words(way: Way) -> str:
    via = way.via.replace(f"transit gateway {_TRANSIT_GATEWAY}", "the transit gateway")
    return f"{via}; as {way.source}"
