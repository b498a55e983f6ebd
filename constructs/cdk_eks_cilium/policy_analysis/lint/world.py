"""Lints about peers outside the cluster: everyone, and the addresses that hand out credentials."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from cdk_eks_cilium.policy.agent_options import IPV6

from .context import ItemView, LintContext
from .definition import lint
from .finding import Hit, listed
from .peers import denied_address, entities, meets_address, spans
from .port_rules import has_ports, lets

_ENTITIES: Final = "https://docs.cilium.io/en/stable/security/policy/language/#entities-based"
_IMDS: Final = ("169.254.169.254", "fd00:ec2::254")
_AGENT: Final = ("169.254.170.23", "fd00:ec2::23")


def _everyone(view: ItemView) -> str:
    """The peer of an item that means the whole world, in words; empty without such a peer."""
    if view.item.peer_kind is None:
        return "" if view.item.is_empty else "any peer"
    named = entities(view) & {"all", "world"}
    if named:
        return f"the entity {min(named)}"
    whole = [str(span.network) for span in spans(view) if span.network.prefixlen == 0 and not span.holes]
    return listed(whole) if whole else ""


def _open_ports(view: ItemView) -> bool:
    """Whether an item is for every port of a transport, without conditions."""
    return any(
        each.limit is None and lets([each], protocol, 1) and lets([each], protocol, 65535)
        for each in view.port_rules
        for protocol in ("TCP", "UDP")
    )


@lint(
    "CNP026",
    "Not everyone may reach pods",
    "warning",
    "An allow for everyone on every port is the same as no policy. On single ports it may be intended.",
    _ENTITIES,
)
def _ingress(context: LintContext) -> Iterator[Hit]:
    for view in context.items("ingress"):
        who = _everyone(view)
        if not who or not any(map(has_ports, view.port_rules)) or view.item.icmps:
            continue
        if _open_ports(view):
            yield view.peers_spot.hit(
                "must not let everyone in on every port",
                "name the peers, or at least the ports",
                got=who,
            )
        else:
            yield view.peers_spot.hit(
                "lets everyone in, from inside the cluster and from outside"
                if "world" not in who and "/" not in who
                else "lets everyone outside the cluster in",
                "name the peers, unless the port is public",
                got=who,
                severity="note",
            )


@lint(
    "CNP027",
    "Pods may not reach everyone",
    "warning",
    "An attacker in a pod can send anything anywhere.",
    _ENTITIES,
)
def _egress(context: LintContext) -> Iterator[Hit]:
    for view in context.items("egress"):
        who = _everyone(view)
        every_name = [
            each for each in getattr(view.item, "to_fqdns", None) or () if each.match_pattern == "*"
        ]
        if every_name:
            who = "the pattern '*'"
        if who and _open_ports(view):
            yield view.peers_spot.hit(
                "must not let pods out to everyone on every port",
                "name the peers or their names (toFQDNs), or at least the ports",
                got=who,
            )


@lint(
    "CNP028",
    "Pods do not reach the metadata of their node",
    "warning",
    "The service hands out the credentials of the node's role. A hop limit of 1 stops pods, too; a "
    "policy is the second lock, and with a limit of 2 the only lock.",
    "https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",
)
def _metadata(context: LintContext) -> Iterator[Hit]:
    for view in context.items("egress"):
        if not lets(view.port_rules, "TCP", 80) or view.kind == "fqdns":
            continue
        reached = [
            address
            for address in _IMDS
            if _is_possible(address, view, context)
            and meets_address(view, address)
            and not denied_address(view, context, address, 80)
        ]
        if reached:
            yield view.peers_spot.hit(
                "must leave out the instance metadata service, which hands out the node's credentials",
                _without(view, reached),
                got=f"{listed(reached)} port 80",
            )


def _is_possible(address: str, view: ItemView, context: LintContext) -> bool:
    """Whether pods can have a way to an address: to one of IPv6 only where the agents know IPv6.

    Where nobody described the agents, a policy that names addresses of IPv6 tells. EC2 itself answers there
    only on instances that switch it on
    (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html).
    """
    if ip_address(address).version == 4:
        return True
    if context.options is not None:
        return context.options.has(IPV6)
    return "world-ipv6" in entities(view) or any(span.network.version == 6 for span in spans(view))


def _without(view: ItemView, addresses: list[str]) -> str:
    """How an item leaves out addresses that it means."""
    fixes, left = [], []
    for address in addresses:
        found = ip_address(address)
        network = next((each.network for each in spans(view) if found in each), None)
        single = f"{address}/{found.max_prefixlen}"
        if network is None:
            left.append(single)
        elif network.prefixlen == 0:
            hole = "169.254.0.0/16" if found.version == 4 else single
            fixes.append(f"put cidr {network} into toCIDRSet, with {hole} under except")
        else:
            fixes.append(f"add {single} under except, or leave the range out")
    if left:
        fixes.append(f"deny toCIDR {listed(left)} under egressDeny, or use toCIDRSet with an exception")
    return "; ".join(fixes)


@lint(
    "CNP029",
    "Pods reach the agent of Pod Identity as the host",
    "warning",
    "The agent's address is the node's own, which Cilium knows as the entity host. A range never "
    "means the host.",
    "https://github.com/cilium/cilium/issues/34387",
)
def _agent(context: LintContext) -> Iterator[Hit]:
    for view in context.items("egress"):
        named = [
            str(span.network)
            for span in spans(view)
            if span.network.prefixlen >= 16 and any(ip_address(address) in span for address in _AGENT)
        ]
        if named and lets(view.port_rules, "TCP", 80):
            yield view.peers_spot.hit(
                "must not be how pods reach the agent of EKS Pod Identity, which is on the node",
                "write 'toEntities: [host]' with TCP port 80",
                got=listed(named),
            )
