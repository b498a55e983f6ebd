"""Whether CloudFormation takes a deploy of the stacks."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.stack_states import stack_finding
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.account_kinds import STACKS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Fine, Outcome
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "stacks-can-be-deployed",
    "CloudFormation takes a deploy of the stacks",
    reads=(STACKS,),
    symptom="the stack is in ROLLBACK_COMPLETE state and can not be updated",
    links=(
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html",
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html",
    ),
)
def stacks_can_be_deployed(seen: Seen) -> Iterator[Outcome]:
    """A stack whose first deploy failed can only be deleted, and one whose rollback failed must go on first.
    While an operation runs, CloudFormation takes no other.
    """
    fine = True
    stacks = seen.list(STACKS)
    for stack in stacks:
        finding = stack_finding(stack, str(seen.plan.region))
        if finding is not None:
            fine = False
            yield finding
    if fine:
        yield Fine(f"{counted(len(stacks), 'stack')} of {len(seen.plan.stacks or ())} exist already")
