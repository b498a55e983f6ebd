"""Whether the operator keeps up with what nodes need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from cdk_eks_cilium.doctor.checks.views import operator_metrics
from cdk_eks_cilium.doctor.checks.views.cilium_config import config
from cdk_eks_cilium.doctor.checks.views.operator_metrics import ATTEMPTS, NODES, operator_samples
from cdk_eks_cilium.doctor.checks.views.subnets import optional, pod_subnets
from cdk_eks_cilium.doctor.checks.views.words import OPERATOR_LOG, counted, named
from cdk_eks_cilium.doctor.engine.aws_kinds import INTERFACES, SUBNETS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS, OPERATOR_METRICS
from cdk_eks_cilium.doctor.engine.seen import Seen

_METRICS: Final = "metrics of cilium-operator"
_MUCH: Final = 0.1
"""The part of nodes, or of attempts, from which on it is more than a moment of a new node."""

_PREFIX: Final = 16
"""The addresses of a prefix."""

# The statuses of attempts: https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/eni/node.go.
FAILURES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unableToDetermineLimits": "the type of an instance is unknown",
        "unableToGetSecurityGroups": "no security group was found",
        "unableToCreateENI": "EC2 did not make an interface",
        "unableToAttachENI": "EC2 did not attach an interface",
        "unableToMarkENIForDeletion": "EC2 did not let an interface end with its instance",
        "unableToFindSubnet": "no subnet was found",
        "failed": "EC2 did not assign addresses",
    }
)
"""What failed, by the status of an attempt."""


@check(
    "operator-keeps-up",
    "the operator keeps up with what nodes need",
    reads=(OPERATOR_METRICS, KUBE_SYSTEM_CONFIG_MAPS, CILIUM_NODES, SUBNETS, INTERFACES),
    symptom="pods of full nodes stay in ContainerCreating, or new nodes wait for addresses",
    answers=("CILIUM-operator-metrics", "CILIUM-watermarks"),
    links=(
        "https://docs.cilium.io/en/stable/observability/metrics/",
        "https://github.com/cilium/cilium/blob/v1.19.1/pkg/ipam/node_manager.go",
    ),
)
def operator_keeps_up(seen: Seen) -> Iterator[Outcome]:
    """The operator counts nodes that need addresses, and nodes that use all the addresses they can have.

    It also counts attempts, by what failed; the numbers of attempts are since the operator started. What is
    free in pod subnets counts here where EC2 cannot be asked: free-prefixes counts better.
    """
    if not config(seen).get("operator-prometheus-serve-addr"):
        yield Skip("the operator serves no metrics: operator.prometheus is off")
        return
    nodes: Counter[str] = Counter()
    attempts: Counter[str] = Counter()
    for each in seen.derived(operator_samples):
        if each.name == NODES:
            category = each.labels.get("category", "")
            # Operators that do not lead count nothing.
            nodes[category] = max(nodes[category], int(each.value))
        elif each.name == ATTEMPTS:
            attempts[each.labels.get("status", "")] += int(each.value)
    told = False
    for finding in (_full(nodes), _short(nodes), _failing(attempts), _used_up(seen)):
        if finding is not None:
            told = True
            yield finding
    if not told:
        yield Fine(f"{counted(nodes['total'], 'node')}, {counted(attempts['success'], 'attempt')}")


def _full(nodes: Counter[str]) -> Finding | None:
    full = nodes["at-capacity"]
    if not full:
        return None
    evidence = (Evidence(_METRICS, f"{NODES}{{category=at-capacity}}", str(full), "0"),)
    fix = (
        "# They have all interfaces and addresses that they can have, and use each of them. Which they are:\n"
        "kubectl get ciliumnodes --output yaml\n"
        "# See max-pods-addressable and nodes-get-prefixes; else use larger types, or more nodes."
    )
    summary = f"{counted(full, 'node')} of {nodes['total']} without any further address"
    return Finding(Severity.WARNING, summary, evidence, fix)


def _short(nodes: Counter[str]) -> Finding | None:
    short, total = nodes["in-deficit"], nodes["total"]
    if short <= 1 or short <= _MUCH * total:
        return None
    evidence = (Evidence(_METRICS, f"{NODES}{{category=in-deficit}}", str(short), f"at most {_MUCH:.0%}"),)
    fix = (
        "# Look again after a minute: while many nodes start, this is normal for a while.\n"
        f"{OPERATOR_LOG} | grep 'Resolving IP deficit'"
    )
    return Finding(Severity.WARNING, f"{counted(short, 'node')} of {total} need addresses", evidence, fix)


def _used_up(seen: Seen) -> Finding | None:
    """Pod subnets without room for a prefix, where EC2 cannot be asked."""
    subnets = None
    if optional(seen, SUBNETS) is None or optional(seen, INTERFACES) is None:
        subnets = seen.derived(pod_subnets)
    free = {
        each.labels.get("subnet_id", ""): int(each.value)
        for each in seen.derived(operator_samples)
        if each.name == operator_metrics.SUBNETS
    }
    full = {
        name: count for name, count in free.items() if subnets and name in subnets.ids and count < _PREFIX
    }
    if not full:
        return None
    evidence = tuple(
        Evidence(
            _METRICS, f"{operator_metrics.SUBNETS}{{subnet_id={name}}}", str(count), f"{_PREFIX} or more"
        )
        for name, count in full.items()
    )
    fix = "# Each zone gets a further pod subnet by network.further_pod_cidrs.\ncdk-eks-cilium plan"
    summary = f"no prefix fits into {counted(len(full), 'pod subnet')}: {named(full)}"
    return Finding(Severity.WARNING, summary, evidence, fix)


def _failing(attempts: Counter[str]) -> Finding | None:
    failed = {status: count for status, count in attempts.items() if status in FAILURES and count}
    total = sum(attempts.values())
    if not total or sum(failed.values()) <= _MUCH * total:
        return None
    evidence = tuple(
        Evidence(_METRICS, f"{ATTEMPTS}{{status={status}}}", f"{count}: {FAILURES[status]}", "0")
        for status, count in failed.items()
    )
    parts = ", ".join(f"{FAILURES[status]} ({count} times)" for status, count in failed.items())
    fix = f"{OPERATOR_LOG} | grep -i unable"
    return Finding(
        Severity.WARNING, f"{sum(failed.values())} of {total} attempts failed: {parts}", evidence, fix
    )
