"""Creates, updates and deletes stacks with CloudFormation's semantics."""

# no belief: the operations are in the modules beside it

from __future__ import annotations

from collections.abc import Mapping

from rehearsal.aws.account import Account
from rehearsal.aws.runtime import Runtime
from rehearsal.cloudformation.assembly import Stack
from rehearsal.cloudformation.core import Core
from rehearsal.cloudformation.create import create
from rehearsal.cloudformation.delete import delete
from rehearsal.cloudformation.state import Recorder, StackState
from rehearsal.cloudformation.update import StackUpdate


class Engine:
    """Plays stack operations in an account and keeps the deployed stacks.

    Each operation raises `StackError` when a resource fails, after CloudFormation's way back.
    """

    def __init__(self, account: Account, runtime: Runtime, recorder: Recorder) -> None:
        self._core = Core(account, runtime, recorder)

    @property
    def stacks(self) -> Mapping[str, StackState]:
        """The deployed stacks by name, in the order of creation."""
        return self._core.stacks

    def create(self, stack: Stack) -> StackState:
        """Creates a stack; on a failure rolls it back."""
        return create(self._core, stack)

    def update(self, stack: Stack) -> StackState:
        """Changes a deployed stack to a new template; on a failure goes back to the old one."""
        return StackUpdate(self._core, stack).run()

    def delete(self, name: str) -> StackState:
        """Deletes a stack in the reverse order of its creation."""
        return delete(self._core, name)
