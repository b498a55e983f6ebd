"""Asks who reaches whom in each cluster of an account."""

# no belief: the questions are in `questions`

from __future__ import annotations

from collections.abc import Iterable

from rehearsal.aws.account import Account
from rehearsal.cloudformation.state import StackState
from rehearsal.reachability.answers import Reachability
from rehearsal.reachability.deployed import view
from rehearsal.reachability.questions import answers


def ask(account: Account, stacks: Iterable[StackState]) -> list[Reachability]:
    """Asks every question about each cluster, as the account is now: also while an update runs.

    Args:
        account: The account.
        stacks: The stacks that are deployed, or on their way.
    """
    deployed = list(stacks)
    views = [view(account, deployed, cluster) for cluster in list(account.clusters.values())]
    return [answers(each) for each in views if each is not None]
