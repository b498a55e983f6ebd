"""Let a DaemonSet that was kept off run again, and wait until it does."""

from __future__ import annotations

import itertools
from typing import Final

from api_server import Answer
from attempts import Call, is_final
from errors import PermanentError
from patching import count, has_seen, without_selector
from roll_back import is_rolling_back
from targets import Target

#: Seconds that the pods get to become ready, and the largest part of the remaining time that they get.
READY: Final = 120.0
SHARE: Final = 0.5


def bring_back(call: Call, target: Target, stack_id: str, region: str) -> str:
    """Take the selector off a DaemonSet that is needed again, and wait for its pods.

    A missing DaemonSet was never kept off. A person's change that needs it is then refused, before Cilium
    stops doing its work. A roll-back is not refused: the cluster lacked the DaemonSet before, and a refusal
    would leave the stack in UPDATE_ROLLBACK_FAILED.

    Returns:
        What is unexpected, in words; empty if nothing is. Slow pods do not fail the request: they start once
        their nodes can run them.

    Raises:
        PermanentError: If the DaemonSet is missing and this is not a roll-back, or if the API server refuses
            for a permanent reason.
        DeadlineError: If the API server does not take the selector off by the deadline.
    """
    answer = without_selector(call, target, gone_after=None)
    if answer is not None:
        return _wait(call, target, answer)
    rolling_back = is_rolling_back(stack_id, region)
    if rolling_back is True:
        return f"nothing to bring back: {target.name} is not there, and this is the roll-back of an update"
    install = f"aws eks create-addon --cluster-name {call.cluster_name} --addon-name {target.name}"
    problem = f"{target.of(call.cluster_name)}: must exist to run again, and is missing; install it first"
    if rolling_back is False:
        raise PermanentError(f"{problem} ({install}), then deploy again")
    raise PermanentError(
        f"{problem} ({install}), then deploy again, or go on with a roll-back (aws cloudformation "
        f"continue-update-rollback --stack-name {stack_id}); whether this is a roll-back is unknown, "
        f"{rolling_back}"
    )


def _wait(call: Call, target: Target, answer: Answer) -> str:
    """Wait until every node that should run a pod has a ready pod; else say how many nodes have one."""
    part = call.within(min(READY, call.deadline.remaining * SHARE))
    for attempt in itertools.count(1):
        wanted, ready = count(answer, "desiredNumberScheduled"), count(answer, "numberReady")
        if answer.ok and has_seen(answer) and ready >= wanted:
            return ""
        if is_final(answer) or not part.deadline.pause(attempt, answer.retry_after):
            break
        answer = part.ask("GET", target.path, attempt)
    if not answer.ok:
        state = f"GET got {answer}"
    elif not has_seen(answer):
        state = "its controller has not seen that its selector is gone"
    else:
        state = f"it is ready on {ready} of {wanted} nodes"
    return f"{target.name} is not back on every node yet: {state} {part.spent(attempt)}; look ({target.look})"
