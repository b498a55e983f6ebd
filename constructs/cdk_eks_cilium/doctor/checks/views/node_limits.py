"""How many addresses Cilium can give a node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from cdk_eks_cilium.addressing import (
    InstanceType,
    NodeAddressing,
    agent_addresses_per_node,
    find,
    row_from_api,
)
from cdk_eks_cilium.addressing.instance_types import parse_row
from cdk_eks_cilium.doctor.engine.aws_kinds import INSTANCE_TYPES
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.problems import InputError

from .cilium_config import config, is_on, release
from .eni_nodes import EniNode, eni_nodes

Facts = Callable[[str], InstanceType | None]

# With one of these the agent takes an address for its proxy: `allocateIngressIPs` in
# https://github.com/cilium/cilium/blob/v1.16.0/daemon/cmd/ipam.go.
_PROXY_OPTIONS: Final = ("enable-ingress-controller", "enable-gateway-api", "enable-envoy-config")

# https://github.com/cilium/cilium/pull/39678
_BARE_METAL_PREFIXES: Final = (1, 18, 0)


def facts_of_types(seen: Seen) -> Facts:
    """What gives the facts of an instance type: EC2's answer, else the library's table, else None.

    Ask with ``seen.derived``; a check that asks reads `INSTANCE_TYPES`.
    """
    asked: dict[str, InstanceType] = {}
    try:
        for each in seen.list(INSTANCE_TYPES):
            try:
                asked[each["InstanceType"]] = parse_row(row_from_api(each))
            except (AttributeError, KeyError, StopIteration, TypeError, ValueError):
                continue
    except UnreadError:
        # Without credentials the table has to do.
        asked.clear()
    known: dict[str, InstanceType | None] = {**asked}

    def facts(name: str) -> InstanceType | None:
        if name not in known:
            known[name] = _from_table(name)
        return known[name]

    return facts


def addressing_of(seen: Seen, options: Mapping[str, str], node: EniNode) -> NodeAddressing:
    """How Cilium gives addresses to a node, by the live configuration and its CiliumNode.

    A check that asks reads `DAEMON_SETS`.
    """
    eni = at(node.object, "spec.eni") or {}
    prefixes = is_on(options, "aws-enable-prefix-delegation") and not eni.get("disable-prefix-delegation")
    number = seen.derived(release)
    return NodeAddressing(
        first_interface_index=node.first_index,
        prefix_delegation=prefixes,
        bare_metal_prefixes=number is None or number >= _BARE_METAL_PREFIXES,
        max_allocate=at(node.object, "spec.ipam.max-allocate") or None,
        agent_addresses=agent_addresses_per_node(
            ingress=any(is_on(options, each) for each in _PROXY_OPTIONS)
        ),
    )


def addressable(seen: Seen) -> Mapping[str, int]:
    """How many addresses for pods each node can have at most, by name; without nodes of unknown types.

    A node that fell back to single addresses counts as if it had not. Ask with ``seen.derived``; a check that
    asks reads `CILIUM_NODES`, `KUBE_SYSTEM_CONFIG_MAPS`, `DAEMON_SETS` and `INSTANCE_TYPES`.

    Raises:
        UnreadError: One of them, other than the types, cannot be read.
    """
    options, facts = config(seen), seen.derived(facts_of_types)
    found: dict[str, int] = {}
    for node in seen.derived(eni_nodes):
        instance = facts(node.instance_type)
        if instance is not None:
            addressing = addressing_of(seen, options, node)
            found[node.name] = max(0, addressing.allocatable_ipv4(instance) - addressing.agent_addresses)
    return found


def _from_table(name: str) -> InstanceType | None:
    try:
        return find(name)
    except InputError:
        return None
