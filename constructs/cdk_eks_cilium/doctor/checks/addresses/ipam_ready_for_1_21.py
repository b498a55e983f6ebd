"""Whether every agent takes addresses in the way that remains with 1.21."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium_config import NO_ENI, config, release, text_of, uses_eni
from cdk_eks_cilium.doctor.checks.views.eni_nodes import eni_nodes
from cdk_eks_cilium.doctor.checks.views.words import RESTART_AGENT, commands, counted, named
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip, Unknown
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, DAEMON_SETS, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.seen import Seen

# belief: CILIUM-source-of-addresses
_NEW: Final = (1, 20, 0)
_OLD_ENDS: Final = (1, 21, 0)


@check(
    "ipam-ready-for-1-21",
    "every agent takes addresses from ranges, as from Cilium 1.21 on all must",
    reads=(CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS, DAEMON_SETS),
    symptom="after the upgrade to Cilium 1.21 pods of some nodes get no address",
    answers=("CILIUM-source-of-addresses",),
    links=(
        "https://github.com/cilium/cilium/pull/45110",
        "https://github.com/cilium/cilium/pull/45124",
        "https://github.com/cilium/cilium/pull/45154",
    ),
)
def ipam_ready_for_1_21(seen: Seen) -> Iterator[Outcome]:
    """Agents of 1.19 take single addresses from ``spec.ipam.pool``, agents of 1.20 ranges.

    Operators of 1.20 serve both, so that the upgrade and the way back work. That ends with 1.21. An agent of
    1.20 asks in ``spec.ipam.pools.requested`` and no longer writes ``status.ipam.used``.
    """
    if not uses_eni(config(seen)):
        yield Skip(NO_ENI)
        return
    number = release(seen)
    if number is None:
        yield Unknown("no image of the agents tells its release")
        return
    if number < _NEW:
        yield Skip(f"Cilium {text_of(number)} takes addresses in the old way alone")
        return
    nodes = seen.derived(eni_nodes)
    old = [node for node in nodes if node.requested is None or node.used]
    if not old:
        yield Fine(counted(len(nodes), "node"))
        return
    names = [node.name for node in old]
    evidence = tuple(
        Evidence(
            node.object_name,
            "spec.ipam.pools.requested" if node.requested is None else "status.ipam.used",
            "" if node.requested is None else f"{len(node.used)} addresses",
            "the demand of the default pool" if node.requested is None else "nothing",
        )
        for node in old
    )
    fix = (
        "# An agent of this minor must run on each node before the operator of the next one does.\n"
        + commands(RESTART_AGENT, names)
    )
    severity = Severity.ERROR if number >= _OLD_ENDS else Severity.WARNING
    yield Finding(
        severity,
        f"{counted(len(old), 'agent')} of {len(nodes)} in the way that 1.21 ends: {named(names)}",
        evidence,
        fix,
    )
