"""Whether the stacks take the next deploy."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.stack_states import stack_finding
from cdk_eks_cilium.doctor.checks.views.words import named
from cdk_eks_cilium.doctor.engine.aws_kinds import STACKS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Fine, Outcome
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "stacks-settled",
    "the stacks of the cluster take the next deploy",
    reads=(STACKS,),
    symptom="the next deploy is refused: the stack is in UPDATE_ROLLBACK_FAILED state",
    links=(
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
        "using-cfn-updating-stacks-continueupdaterollback.html",
    ),
)
def stacks_settled(seen: Seen) -> Iterator[Outcome]:
    """A rollback that failed leaves a stack between two states, until somebody repairs what failed and lets
    the rollback go on.
    """
    stacks = seen.list(STACKS)
    findings = [
        each for stack in stacks if (each := stack_finding(stack, seen.plan.region or "")) is not None
    ]
    yield from findings
    if not findings:
        yield Fine(named(str(each.get("StackName")) for each in stacks) or "no stack")
