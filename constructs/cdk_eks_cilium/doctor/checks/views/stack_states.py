"""What the states of stacks mean."""

from __future__ import annotations

from typing import Final

from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Severity
from cdk_eks_cilium.doctor.engine.reader import Object

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html, "Stack status codes"
_GOOD: Final = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
        # A change set was made, and nothing was deployed.
        "REVIEW_IN_PROGRESS",
    }
)
_ONLY_DELETED: Final = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"})


def stack_finding(stack: Object, region: str) -> Finding | None:
    """What is wrong with a stack, for its next deploy; None if all is well.

    Args:
        stack: An element of ``Stacks`` of DescribeStacks.
        region: Its region.
    """
    name, status = str(stack.get("StackName")), str(stack.get("StackStatus"))
    if status in _GOOD:
        return None
    reason = str(stack.get("StackStatusReason") or "")
    evidence = (
        Evidence(f"cloudformation {name}", "StackStatus", status, "a state that ends with COMPLETE"),
        *((Evidence(f"cloudformation {name}", "StackStatusReason", reason),) if reason else ()),
    )
    events = (
        f"aws cloudformation describe-stack-events --region {region} --stack-name {name} "
        "--query 'StackEvents[?ends_with(ResourceStatus,`FAILED`)]"
        ".[LogicalResourceId,ResourceStatusReason]' --output text"
    )
    if status in _ONLY_DELETED:
        fix = (
            f"# See what failed, then delete the stack: it can do nothing else.\n{events}\n"
            f"aws cloudformation delete-stack --region {region} --stack-name {name}"
        )
        return Finding(Severity.ERROR, f"the stack {name} can only be deleted: {status}", evidence, fix)
    if status == "UPDATE_ROLLBACK_FAILED":
        fix = (
            f"# See what failed and repair it, then let the rollback go on.\n{events}\n"
            f"aws cloudformation continue-update-rollback --region {region} --stack-name {name}"
        )
        return Finding(Severity.ERROR, f"the rollback of the stack {name} failed", evidence, fix)
    fix = (
        "# Wait until the operation ends.\n"
        f"aws cloudformation describe-stacks --region {region} --stack-name {name} "
        "--query 'Stacks[0].StackStatus' --output text"
    )
    return Finding(Severity.WARNING, f"an operation of the stack {name} runs: {status}", evidence, fix)
