"""Exports of deployed stacks, which CloudFormation keeps as they are while another stack imports them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html. Only an
`Fn::ImportValue` counts: `Fn::GetStackOutput`, CDK's weak reference, locks nothing. The refusals have the
words of CloudFormation's events, as these show them:

- deletion: https://github.com/aws/aws-cdk/issues/33395
- change: https://github.com/aws-samples/generative-ai-use-cases/issues/1232
- twice: https://github.com/aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws/issues/845
"""

# belief: CFN-export-in-use

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rehearsal.cloudformation.state import StackState


def refused_change(
    state: StackState, new: Mapping[str, Any], stacks: Iterable[StackState]
) -> Iterator[tuple[str, str]]:
    """Yield each export for which CloudFormation refuses a stack's new exports, and the reason.

    Args:
        state: The stack, with the exports that it has now.
        new: The exports that it would have, by name.
        stacks: All deployed stacks.
    """
    others = [other for other in stacks if other is not state]
    for name, value in state.exports.items():
        if not (users := _users(name, others)):
            continue
        if name not in new:
            yield name, f"Delete canceled. Cannot delete export {name} as it is in use by {users}."
        elif new[name] != value:
            yield name, f"Update canceled. Cannot update export {name} as it is in use by {users}."
    for other in others:
        for name in sorted(new.keys() & other.exports.keys()):
            yield name, f"Export with name {name} is already exported by stack {other.stack.name}"


def refused_deletion(state: StackState, stacks: Iterable[StackState]) -> dict[str, str]:
    """The exports for which CloudFormation refuses to delete a stack, with the reasons."""
    return dict(refused_change(state, {}, stacks))


def _users(name: str, others: Iterable[StackState]) -> str:
    """The names of the stacks that import an export."""
    return ", ".join(sorted(other.stack.name for other in others if name in other.imports))
