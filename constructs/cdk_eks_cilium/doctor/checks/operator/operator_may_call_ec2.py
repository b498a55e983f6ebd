"""Whether EC2 lets cilium-operator do its work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.operator_log import LogLine
from cdk_eks_cilium.doctor.checks.views.operator_metrics import (
    CALLS,
    operation_of,
    operator_samples,
    response_of,
)
from cdk_eks_cilium.doctor.checks.views.operator_problems import (
    DENIED,
    encoded_message,
    lines_of,
    log_evidence,
    log_problems,
    operations_of,
)
from cdk_eks_cilium.doctor.checks.views.words import named, unread
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import OPERATOR_LOGS, OPERATOR_METRICS
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

_REFUSED: Final = ("401", "403")


@check(
    "operator-may-call-ec2",
    "EC2 refuses none of the operator's calls",
    reads=(OPERATOR_LOGS, OPERATOR_METRICS),
    symptom="no node gets addresses; the operator's log has UnauthorizedOperation",
    answers=("CILIUM-operator-calls", "IAM-operator-conditions"),
    links=(
        "https://docs.cilium.io/en/stable/network/concepts/ipam/eni/",
        "https://github.com/cilium/cilium/issues/13701",
        "https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html",
    ),
)
def operator_may_call_ec2(seen: Seen) -> Iterator[Outcome]:
    """Each release calls other actions of EC2: 1.18 and newer must also read route tables and instance types.

    A policy with conditions also refuses an allowed action on another subnet, or on an interface without the
    cluster's tag. EC2 hides the reason in an encoded message, which ``sts:DecodeAuthorizationMessage`` opens.
    """
    lines, why_no_lines = _lines(seen)
    counts, why_no_counts = _counts(seen)
    if why_no_lines and why_no_counts:
        yield unread(why_no_lines, why_no_counts)
        return
    actions = Counter(action for line in lines for action in operations_of(line.text) or ("ec2:?",))
    if lines:
        yield _finding(lines, actions)
    rest = {name: count for name, count in counts.items() if f"ec2:{name}" not in actions}
    if rest and not lines:
        evidence = tuple(
            Evidence(
                "metrics of cilium-operator",
                f"{CALLS}{{operation={name}, response_code=403}}",
                f"{count:.0f} since it started",
                "0",
            )
            for name, count in rest.items()
        )
        yield Finding(
            Severity.WARNING,
            f"EC2 has refused {named(f'ec2:{name}' for name in rest)}",
            evidence,
            "# The log of that time tells why. See whether the number grows:\n" + _policy(),
        )
    if not lines and not rest:
        yield Fine("by its log and metrics" if not (why_no_lines or why_no_counts) else "by what can be read")


def _lines(seen: Seen) -> tuple[list[LogLine], UnreadError | None]:
    try:
        return lines_of(seen.derived(log_problems), DENIED), None
    except UnreadError as error:
        return [], error


def _counts(seen: Seen) -> tuple[Counter[str], UnreadError | None]:
    refused: Counter[str] = Counter()
    try:
        samples = seen.derived(operator_samples)
    except UnreadError as error:
        return refused, error
    for each in samples:
        if each.name == CALLS and each.value and response_of(each).startswith(_REFUSED):
            refused[operation_of(each)] += int(each.value)
    return refused, None


def _finding(lines: list[LogLine], actions: Counter[str]) -> Finding:
    message = next((found for line in reversed(lines) if (found := encoded_message(line.text))), "")
    fix = _policy()
    if message:
        fix = f"aws sts decode-authorization-message --encoded-message {message}\n{fix}"
    names = named(action for action, _ in actions.most_common())
    return Finding(Severity.ERROR, f"EC2 refuses cilium-operator {names}", log_evidence(lines), fix)


def _policy() -> str:
    return (
        "# The policy of this library has each action of the release; a deploy brings it back. It\n"
        "# allows interfaces in the pod subnets alone, and changes of those with the cluster's tag.\n"
        "kubectl --namespace kube-system get serviceaccount cilium-operator --output yaml"
    )
