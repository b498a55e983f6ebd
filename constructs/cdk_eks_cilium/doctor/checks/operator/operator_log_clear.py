"""Whether the operator's log tells of no other problem with addresses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdk_eks_cilium.doctor.checks.addresses.nodes_have_addresses import nodes_without_addresses
from cdk_eks_cilium.doctor.checks.views.cluster_nodes import nodes_by_name
from cdk_eks_cilium.doctor.checks.views.operator_log import LogLine, operator_lines
from cdk_eks_cilium.doctor.checks.views.operator_problems import OTHER, log_evidence, log_problems
from cdk_eks_cilium.doctor.checks.views.words import counted, named
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, NODES, OPERATOR_LOGS
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "operator-log-clear",
    "the operator's log tells of no problem with addresses",
    reads=(OPERATOR_LOGS, NODES, CILIUM_NODES),
    symptom="single nodes get no more addresses",
    answers=("CILIUM-operator-log-texts", "prefixes-fall-back-stays", "CILIUM-subnet-choice"),
    links=(
        "https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/eni/node.go",
        "https://github.com/cilium/cilium/blob/v1.19.1/pkg/ipam/node.go",
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html",
    ),
)
def operator_log_clear(seen: Seen) -> Iterator[Outcome]:
    """The operator says what it could not do in its log, and nowhere else.

    The last lines of the last hour are read. Refused calls, throttling and credentials have checks of their
    own. What it says about nodes that are gone is left out: it tries for a while after a node ends.
    """
    found = seen.derived(log_problems)
    gone = _gone(seen)
    told = False
    for problem, lines in found.items():
        if problem.kind != OTHER:
            continue
        here = [line for line in lines if not line.node or line.node not in gone]
        if not here:
            continue
        told = True
        severity = Severity.ERROR if problem.error else Severity.WARNING
        yield Finding(severity, _summary(problem.meaning, here), log_evidence(here), problem.fix)
    if not told:
        yield Fine(f"{counted(len(seen.derived(operator_lines)), 'line')} of the last hour")


def _gone(seen: Seen) -> frozenset[str]:
    """Nodes that are gone, or that nodes-have-addresses tells of: their lines do not count."""
    names = {line.node for line in seen.derived(operator_lines) if line.node}
    try:
        told = {node.name for node in seen.derived(nodes_without_addresses)}
        return frozenset((names - set(seen.derived(nodes_by_name))) | told)
    except UnreadError:
        return frozenset()


def _summary(meaning: str, lines: Sequence[LogLine]) -> str:
    nodes = list(dict.fromkeys(line.node for line in lines if line.node))
    where = f" ({named(nodes)})" if nodes else ""
    return f"{meaning}{where}, {counted(len(lines), 'line')} of the operator's log"
