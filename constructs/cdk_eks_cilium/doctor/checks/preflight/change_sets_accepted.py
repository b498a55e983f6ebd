"""Whether CloudFormation accepts the synthesized stacks."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.engine.account_kinds import CHANGE_SETS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip, Unknown
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "change-sets-accepted",
    "CloudFormation accepts a change set of each synthesized stack",
    reads=(CHANGE_SETS,),
    symptom="a deploy fails at its change set",
    links=(
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html",
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeEvents.html",
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html",
    ),
)
def change_sets_accepted(seen: Seen) -> Iterator[Outcome]:
    """CloudFormation validates a change set before anything is deployed: the properties by its schemas, names
    that are taken, quotas, and the hooks of the account.

    Each change set is deleted again, and so is a stack that was not there before. `--change-set` asks for
    this.
    """
    for stack in seen.list(CHANGE_SETS):
        yield from _of_stack(stack)


def _of_stack(stack: Object) -> Iterator[Outcome]:
    name = str(stack["stack"])
    for reason in stack.get("unknown") or ():
        yield Unknown(f"{name}: {reason}")
    if stack.get("skipped"):
        yield Skip(f"{name}: {stack['skipped']}")
        return
    events = [each for each in stack.get("events") or () if each["failed"]]
    warnings = [each for each in stack.get("events") or () if not each["failed"]]
    reason = str(stack.get("reason") or "")
    look = f"cdk synth {name}"
    if stack.get("status") == "FAILED" and not stack.get("unchanged"):
        evidence = (
            Evidence(f"cloudformation {name}", "StatusReason", reason or "missing", "a change set"),
            *_evidence(name, events),
        )
        yield Finding(
            Severity.ERROR,
            f"CloudFormation refuses {name}",
            evidence,
            f"# Correct the settings or the code of the resource, then synthesize again:\n{look}",
        )
        return
    if events or warnings:
        severity = Severity.ERROR if events else Severity.WARNING
        yield Finding(
            severity,
            f"CloudFormation finds something wrong in {name}",
            tuple(_evidence(name, [*events, *warnings])),
            f"# Correct the settings or the code of the resource, then synthesize again:\n{look}",
        )
        return
    if stack.get("status"):
        yield Fine(f"{name}: {'unchanged' if stack.get('unchanged') else stack['status']}")


def _evidence(name: str, events: list[Object]) -> Iterator[Evidence]:
    for event in events:
        where = f"{event.get('resource') or 'stack'} {event.get('path') or ''}".strip()
        yield Evidence(f"cloudformation {name}", where, str(event.get("reason")), "valid")
