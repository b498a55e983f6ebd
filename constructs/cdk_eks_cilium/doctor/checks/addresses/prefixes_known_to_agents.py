"""Whether agents know all addresses that their nodes have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cdk_eks_cilium.doctor.checks.views.addresses import PREFIX_BITS, Ranges
from cdk_eks_cilium.doctor.checks.views.cilium_config import NO_ENI, config, uses_eni
from cdk_eks_cilium.doctor.checks.views.eni_nodes import EniNode, eni_nodes
from cdk_eks_cilium.doctor.checks.views.words import RESTART_AGENT, commands, counted, named
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.seen import Seen


@dataclass(frozen=True)
class Gap:
    """What a node has and its agent cannot give to pods.

    Attributes:
        node: The node.
        field: Where the agent looks.
        missing: Prefixes, or single addresses, that are not there.
        attached: How many of them the node has.
        short: Whether the agent asks for more than it knows.
    """

    node: EniNode
    field: str
    missing: tuple[str, ...]
    attached: int
    short: bool


@check(
    "prefixes-known-to-agents",
    "agents know all prefixes of their nodes",
    reads=(CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="pods wait with: all CIDR ranges are exhausted",
    answers=("CILIUM-source-of-addresses", "prefixes-unknown-to-agents"),
    links=(
        "https://github.com/cilium/cilium/issues/47910",
        "https://github.com/cilium/cilium/issues/46598",
        "https://github.com/cilium/cilium/pull/45154",
    ),
)
def prefixes_known_to_agents(seen: Seen) -> Iterator[Outcome]:
    """The operator attaches prefixes to a node's interfaces and writes them into ``status.eni.enis``.

    Agents up to 1.19 give pods the addresses of ``spec.ipam.pool``, agents from 1.20 on the addresses of
    ``spec.ipam.pools.allocated``. What is attached and not there is lost to pods. It may be a matter of
    seconds while prefixes come; where the agent asks for more than it knows, pods wait.
    """
    if not uses_eni(config(seen)):
        yield Skip(NO_ENI)
        return
    gaps = seen.derived(gaps_of_nodes)
    if not gaps:
        yield Fine(counted(len(seen.derived(eni_nodes)), "node"))
        return
    names = list(gaps)
    evidence = tuple(
        Evidence(
            gap.node.object_name,
            gap.field,
            f"without {named(gap.missing)}",
            f"all {gap.attached} of status.eni.enis",
        )
        for gap in gaps.values()
    )
    fix = (
        "# Look again after a minute. Where the difference stays, restart the agent of the node:\n"
        + commands(RESTART_AGENT, names)
    )
    severity = Severity.ERROR if any(gap.short for gap in gaps.values()) else Severity.WARNING
    yield Finding(
        severity,
        f"{counted(len(names), 'agent')} without all addresses of the node: {named(names)}",
        evidence,
        fix,
        fault="prefixes-unknown-to-agents" if any("pools" in gap.field for gap in gaps.values()) else "",
    )


def gaps_of_nodes(seen: Seen) -> Mapping[str, Gap]:
    """What agents do not know, by node. Ask with ``seen.derived``; a check that asks reads `CILIUM_NODES`."""
    return {node.name: gap for node in seen.derived(eni_nodes) if (gap := _gap(node)) is not None}


def _gap(node: EniNode) -> Gap | None:
    attached = [
        each for interface in node.pod_interfaces for each in (*interface.prefixes, *interface.singles)
    ]
    if not attached:
        return None
    # Only agents from 1.20 on ask in this way, and an agent that went back to 1.19 writes what it uses again.
    if node.requested is not None and not node.used:
        known = Ranges(node.allocated)
        missing = tuple(each for each in attached if each.partition("/")[0] not in known)
        room = sum(_size(each) for each in node.allocated)
        short = node.requested > room
        field = "spec.ipam.pools.allocated"
    else:
        missing = tuple(each for each in attached if each.partition("/")[0] not in node.pool)
        short = len(node.used) >= len(node.pool)
        field = "spec.ipam.pool"
    return Gap(node, field, missing, len(attached), short) if missing else None


def _size(cidr: str) -> int:
    bits = cidr.partition("/")[2]
    return 1 << (32 - int(bits)) if bits.isdigit() and int(bits) <= 32 else 1 << PREFIX_BITS
