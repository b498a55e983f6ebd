"""Whether every node has a prefix: the gate's own, as `nodes-get-prefixes` needs EC2's facts of types."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.cilium_config import NO_ENI, config, is_on, uses_eni
from cdk_eks_cilium.doctor.checks.views.eni_nodes import EniNode, eni_nodes
from cdk_eks_cilium.doctor.checks.views.words import counted, named
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "nodes-have-prefixes",
    "each node has a prefix",
    reads=(CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="a node runs out of addresses although its kubelet takes more pods",
    answers=("prefixes-fall-back-stays",),
    links=("https://github.com/cilium/cilium/issues/46644",),
    gate=True,
)
def nodes_have_prefixes(seen: Seen) -> Iterator[Outcome]:
    """Where a pod subnet has no free /28, or aws-node ran before, cilium-operator gives a new node single
    addresses, and the node keeps them for good.

    Types that are not on Nitro get single addresses, too: EC2 gives them no prefix.
    Nodes without any address are the business of nodes-have-addresses.
    """
    options = config(seen)
    if not uses_eni(options):
        yield Skip(NO_ENI)
        return
    if not is_on(options, "aws-enable-prefix-delegation"):
        yield Skip("prefix delegation is off")
        return
    nodes = [each for each in seen.derived(eni_nodes) if not _excused(each)]
    bare = [each for each in nodes if _singles(each) and not any(one.prefixes for one in each.pod_interfaces)]
    if not bare:
        yield Fine(counted(len(nodes), "node"))
        return
    evidence = tuple(
        Evidence(
            node.object_name,
            f"status.eni.enis[{node.pod_interfaces[0].id}].prefixes",
            f"{counted(_singles(node), 'single address', 'single addresses')} and no prefix",
            f"a /28 of {node.pod_interfaces[0].subnet}",
        )
        for node in bare
    )
    yield Finding(
        Severity.ERROR,
        f"{counted(len(bare), 'node')} of {len(nodes)} without a prefix: {named(each.name for each in bare)}",
        evidence,
        "# Free a /28 in the pod subnets, or give pods a larger range; then replace these nodes.",
        fault="prefixes-fall-back-stays",
    )


def _singles(node: EniNode) -> int:
    return sum(len(each.singles) for each in node.pod_interfaces)


def _excused(node: EniNode) -> bool:
    return bool(at(node.object, "spec.eni.disable-prefix-delegation"))
