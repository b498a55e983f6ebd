"""Whether EC2 answers the operator without throttling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.operator_metrics import (
    CALLS,
    operation_of,
    operator_samples,
    response_of,
)
from cdk_eks_cilium.doctor.checks.views.operator_problems import (
    THROTTLED,
    lines_of,
    log_evidence,
    log_problems,
)
from cdk_eks_cilium.doctor.checks.views.words import counted, named, unread
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import OPERATOR_LOGS, OPERATOR_METRICS
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

_THROTTLED: Final = ("429", "503")
"""EC2 counts RequestLimitExceeded among its server errors, which have a status of the 500 series."""
_MUCH: Final = 0.01
"""The part of calls from which on it hurts: the SDK has tried each several times by then."""

_FIX: Final = (
    "# The quota is shared by everything in the account and the region. See who calls, in CloudWatch:\n"
    "aws cloudwatch list-metrics --namespace AWS/EC2/API --metric-name RequestLimitExceeded\n"
    "# Fewer calls: prefixes instead of single addresses, and a lower limit-ipam-api-qps of the operator.\n"
    "kubectl --namespace kube-system get configmap cilium-config --output yaml | grep limit-ipam-api"
)


@check(
    "operator-not-throttled",
    "EC2 does not throttle the operator",
    reads=(OPERATOR_LOGS, OPERATOR_METRICS),
    symptom="nodes take minutes to get addresses while many nodes start",
    answers=("CILIUM-operator-metrics", "CILIUM-operator-log-texts"),
    links=(
        "https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html",
        "https://github.com/cilium/cilium/pull/21387",
        "https://github.com/cilium/cilium/issues/33654",
    ),
)
def operator_not_throttled(seen: Seen) -> Iterator[Outcome]:
    """EC2 limits calls for each account and region, whoever makes them.

    The operator then waits and tries again, so that new nodes wait, too. Interfaces that it could not delete
    stay for a while.
    """
    why: list[UnreadError] = []
    evidence: list[Evidence] = []
    operations: list[str] = []
    try:
        lines = lines_of(seen.derived(log_problems), THROTTLED)
        evidence += log_evidence(lines)
        operations += [f"{counted(len(lines), 'line')} of its log"] if lines else []
    except UnreadError as error:
        why.append(error)
    try:
        for name, throttled, calls in _shares(seen):
            operations.append(f"{100 * throttled / calls:.0f} % of {name}")
            field = f"{CALLS}{{operation={name}, response_code=503}}"
            evidence.append(
                Evidence(
                    "metrics of cilium-operator", field, f"{throttled} of {calls}", f"less than {_MUCH:.0%}"
                )
            )
    except UnreadError as error:
        why.append(error)
    if evidence:
        yield Finding(
            Severity.WARNING, f"EC2 throttles cilium-operator: {named(operations)}", tuple(evidence), _FIX
        )
    elif len(why) > 1:
        yield unread(*why)
    else:
        yield Fine("by its log and metrics" if not why else "by what can be read")


def _shares(seen: Seen) -> Iterator[tuple[str, int, int]]:
    calls: Counter[str] = Counter()
    throttled: Counter[str] = Counter()
    for each in seen.derived(operator_samples):
        if each.name != CALLS:
            continue
        calls[operation_of(each)] += int(each.value)
        if response_of(each).startswith(_THROTTLED):
            throttled[operation_of(each)] += int(each.value)
    for name, count in throttled.items():
        if count > _MUCH * calls[name]:
            yield name, count, calls[name]
