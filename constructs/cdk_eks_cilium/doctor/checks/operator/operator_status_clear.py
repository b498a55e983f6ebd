"""Whether the operator wrote no error into a CiliumNode."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.eni_nodes import EniNode, eni_nodes
from cdk_eks_cilium.doctor.checks.views.operator_problems import problem_of
from cdk_eks_cilium.doctor.checks.views.words import counted, named
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "operator-status-clear",
    "the operator wrote no error into a CiliumNode",
    reads=(CILIUM_NODES,),
    symptom="a node gets no more addresses",
    links=(
        "https://github.com/cilium/cilium/blob/v1.19.1/pkg/ipam/types/types.go",
        "https://docs.cilium.io/en/stable/network/concepts/ipam/multi-pool/",
    ),
)
def operator_status_clear(seen: Seen) -> Iterator[Outcome]:
    """``status.ipam.operator-status.error`` of a CiliumNode is what the operator could not do for the node.

    Operators write it where they share out ranges. In ENI mode up to 1.19 we found nothing that writes it, so
    an error there may come from another IPAM mode in the past.
    """
    nodes = seen.derived(eni_nodes)
    by_error: dict[str, list[EniNode]] = defaultdict(list)
    for node in nodes:
        if node.error:
            by_error[node.error].append(node)
    for error, found in by_error.items():
        problem = problem_of(error)
        names = named(node.name for node in found)
        evidence = tuple(
            Evidence(node.object_name, "status.ipam.operator-status.error", error, "no error")
            for node in found
        )
        meaning = problem.meaning if problem is not None else error
        fix = problem.fix if problem is not None and problem.fix else ""
        yield Finding(
            Severity.ERROR,
            f"the operator could not serve {counted(len(found), 'node')} ({names}): {meaning}",
            evidence,
            fix or f"kubectl get ciliumnode {found[0].name} --output yaml",
        )
    if not by_error:
        yield Fine(counted(len(nodes), "node"))
