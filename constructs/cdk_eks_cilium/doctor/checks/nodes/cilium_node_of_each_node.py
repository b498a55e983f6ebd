"""Whether each node has its CiliumNode, and each CiliumNode its node."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cluster_nodes import cluster_nodes
from cdk_eks_cilium.doctor.checks.views.eni_nodes import node_names
from cdk_eks_cilium.doctor.checks.views.moving_nodes import left_to_aws_node
from cdk_eks_cilium.doctor.checks.views.words import RESTART_AGENT, age, commands, counted, node_evidence
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, DAEMON_SETS, NODES
from cdk_eks_cilium.doctor.engine.seen import Seen

_LATE: Final = timedelta(minutes=10)
"""Twice the default of ``nodes-gc-interval``, at which the operator collects CiliumNodes without a node."""


@check(
    "cilium-node-of-each-node",
    "each node has its CiliumNode, and each CiliumNode its node",
    reads=(NODES, CILIUM_NODES, DAEMON_SETS),
    symptom="pods of a node get no address, or the operator says: Instance not found!",
    answers=("CILIUM-operator-registers-types",),
    links=(
        "https://docs.cilium.io/en/stable/network/concepts/ipam/eni/",
        "https://docs.cilium.io/en/stable/cmdref/cilium-operator-aws/",
    ),
    gate=True,
)
def cilium_node_of_each_node(seen: Seen) -> Iterator[Outcome]:
    """The agent of a node makes its CiliumNode, by which the operator gives the node interfaces and
    addresses.

    The operator collects CiliumNodes of nodes that are gone. One that stays is asked about in EC2 again and
    again.
    """
    if not seen.served(CILIUM_NODES):
        yield Unknown("the API does not know CiliumNodes: no operator of Cilium has run yet")
        return
    others, known = seen.derived(left_to_aws_node), seen.derived(node_names)
    nodes = [node for node in seen.derived(cluster_nodes) if node.name not in others]
    # What keeps other nodes is told of by nodes-ready.
    missing = [
        node.name
        for node in nodes
        if node.name not in known and node.ready and age(node.object, seen.now) > _LATE
    ]
    if missing:
        fix = "# The agent of the node makes it, unless it may not, or cannot reach the API.\n" + commands(
            RESTART_AGENT, missing
        )
        evidence = tuple(Evidence(f"CiliumNode {name}", "metadata.name", "", name) for name in missing)
        yield Finding(Severity.ERROR, f"{counted(len(missing), 'node')} without a CiliumNode", evidence, fix)
    names = {at(each, "metadata.name") for each in seen.list(NODES)}
    left = [name for name, node in known.items() if name not in names and age(node.object, seen.now) > _LATE]
    if left:
        yield Finding(
            Severity.WARNING,
            f"{counted(len(left), 'CiliumNode')} without a node",
            node_evidence(left, "metadata.name", "", "a node of this name"),
            commands("kubectl delete ciliumnode {}", left),
        )
    if not missing and not left:
        yield Fine(counted(len(nodes), "node"))
