"""Whether nodes get prefixes, and not single addresses."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.addresses.no_interfaces_of_aws_node import leftovers
from cdk_eks_cilium.doctor.checks.views.cilium_config import NO_ENI, config, is_on, uses_eni
from cdk_eks_cilium.doctor.checks.views.eni_nodes import EniNode, eni_nodes
from cdk_eks_cilium.doctor.checks.views.node_limits import addressing_of, facts_of_types
from cdk_eks_cilium.doctor.checks.views.words import counted, named, replacements
from cdk_eks_cilium.doctor.engine.aws_kinds import INSTANCE_TYPES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, DAEMON_SETS, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "nodes-get-prefixes",
    "nodes get prefixes",
    reads=(CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS, DAEMON_SETS, INSTANCE_TYPES),
    symptom="a node runs out of addresses although its kubelet takes more pods",
    answers=("prefixes-fall-back-stays", "prefixes-fall-back-deadlock", "EC2-prefixes-on-nitro"),
    links=(
        "https://github.com/cilium/cilium/issues/46644",
        "https://github.com/cilium/cilium/issues/38499",
        "https://github.com/cilium/cilium/pull/20822",
    ),
)
def nodes_get_prefixes(seen: Seen) -> Iterator[Outcome]:
    """Where a pod subnet has no free /28, cilium-operator gives a node single addresses instead.

    From then on the node gets single addresses only, also when there are free /28 again: each slot of its
    interfaces then holds one address in place of 16.
    """
    options = config(seen)
    if not uses_eni(options):
        yield Skip(NO_ENI)
        return
    if not is_on(options, "aws-enable-prefix-delegation"):
        yield Skip("prefix delegation is off")
        return
    facts, left = seen.derived(facts_of_types), seen.derived(leftovers)
    nodes = []
    for node in seen.derived(eni_nodes):
        instance = facts(node.instance_type)
        able = instance is None or addressing_of(seen, options, node).gives_prefixes(instance)
        if able and node.name not in left:
            nodes.append(node)
    fallen = {node.name: found for node in nodes if (found := list(_singles(node)))}
    if not fallen:
        yield Fine(counted(len(nodes), "node"))
        return
    names = list(fallen)
    fix = (
        "# First see that the pod subnets have free /28 blocks: free-prefixes counts them.\n"
        + replacements(names)
    )
    yield Finding(
        Severity.WARNING,
        f"{counted(len(names), 'node')} of {len(nodes)} on single addresses for good: {named(names)}",
        tuple(each for found in fallen.values() for each in found),
        fix,
        fault="prefixes-fall-back-stays",
    )


def _singles(node: EniNode) -> Iterator[Evidence]:
    for each in node.pod_interfaces:
        # `IsPrefixDelegated`: an interface with addresses and without prefixes.
        if each.singles and not each.prefixes:
            yield Evidence(
                node.object_name,
                f"status.eni.enis[{each.id}].prefixes",
                f"{counted(len(each.singles), 'single address', 'single addresses')} and no prefix",
                "prefixes",
            )
