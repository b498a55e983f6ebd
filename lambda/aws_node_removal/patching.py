"""Keep a DaemonSet off every node by a node selector, and take the selector off again."""

from __future__ import annotations

import itertools
from http import HTTPStatus
from typing import Final

from api_server import Answer
from attempts import Call, is_final
from deadline import Deadline
from errors import DeadlineError, PermanentError
from targets import Target

# belief: EKS-patch-outlasts-updates

#: Attempts in a row without any answer after which a cluster whose resource is deleted counts as gone.
GONE_AFTER: Final = 5

_MERGE_PATCH: Final = "application/merge-patch+json"


def keep_off(call: Call, target: Target, patience: Deadline | None = None) -> bool:
    """Give the pods of a DaemonSet the selector, and return when no node has a pod of it.

    Args:
        patience: How long a DaemonSet that is missing may still appear. By default not at all.

    Returns:
        True once no pod of it runs, False if the DaemonSet is missing.

    Raises:
        PermanentError: If the API server refuses for a permanent reason.
        DeadlineError: If a pod still runs, or the API server still does not answer, at the deadline.
    """
    where = target.of(call.cluster_name)
    method = "PATCH"
    for attempt in itertools.count(1):
        answer = _ask(call, method, target, attempt, "true")
        if answer.status == HTTPStatus.NOT_FOUND:
            if patience is not None and patience.pause(attempt):
                continue
            return False
        if answer.ok:
            if _runs_nowhere(answer, target):
                return True
            # The add-on or a person may take the selector off again; then it is set again.
            method = "GET" if _has_selector(answer, target) else "PATCH"
        elif is_final(answer):
            raise PermanentError(
                f"{where}: must be patchable, {method} got {answer}; {call.final_fix(answer)}"
            )
        if not call.deadline.pause(attempt, answer.retry_after):
            state = _state(answer, target) if answer.ok else f"{method} got {answer}"
            raise DeadlineError(
                f"{where}: must run on no node before the function's time is up, {state} "
                f"{call.spent(attempt)}; {_fix(call, target, answer)}"
            )
    raise AssertionError("unreachable: count() does not end")


def restore(call: Call, target: Target) -> bool:
    """Take the selector off, if there is a DaemonSet.

    Returns:
        True if the DaemonSet is without it, False if the DaemonSet or the cluster is gone.

    Raises:
        PermanentError: If the API server refuses for a permanent reason.
        DeadlineError: If the API server does not take it off by the deadline.
    """
    return without_selector(call, target, gone_after=GONE_AFTER) is not None


def without_selector(call: Call, target: Target, gone_after: int | None) -> Answer | None:
    """Take the selector off.

    Args:
        gone_after: Attempts in a row without any answer after which the cluster counts as gone; None: never.

    Returns:
        The DaemonSet without it; None if the DaemonSet or the cluster is gone.

    Raises:
        PermanentError: If the API server refuses for a permanent reason.
        DeadlineError: If the API server does not take it off by the deadline.
    """
    where = target.of(call.cluster_name)
    silent = 0
    for attempt in itertools.count(1):
        answer = _ask(call, "PATCH", target, attempt, None)
        silent = silent + 1 if answer.status == 0 else 0
        if answer.status == HTTPStatus.NOT_FOUND or silent == gone_after:
            return None
        if answer.ok:
            return answer
        if is_final(answer):
            raise PermanentError(f"{where}: must be patchable, PATCH got {answer}; {by_hand(target)}")
        if not call.deadline.pause(attempt, answer.retry_after):
            raise DeadlineError(
                f"{where}: must lose its selector in time, PATCH got {answer} {call.spent(attempt)}; "
                f"{by_hand(target)}"
            )
    raise AssertionError("unreachable: count() does not end")


def by_hand(target: Target) -> str:
    """How a person takes the selector off, in words."""
    path = f"/spec/template/spec/nodeSelector/{target.selector.replace('/', '~1')}"
    patch = f'[{{"op":"remove","path":"{path}"}}]'
    return (
        f"take it off by hand where the cluster lives on without Cilium (kubectl -n kube-system patch "
        f"{target.kind.lower()} {target.name} --type=json -p='{patch}')"
    )


def _ask(call: Call, method: str, target: Target, attempt: int, value: str | None) -> Answer:
    if method == "GET":
        return call.ask("GET", target.path, attempt)
    body = {"spec": {"template": {"spec": {"nodeSelector": {target.selector: value}}}}}
    return call.ask("PATCH", target.path, attempt, body, _MERGE_PATCH)


def _has_selector(answer: Answer, target: Target) -> bool:
    return bool(answer.get("spec", "template", "spec", "nodeSelector", target.selector) == "true")


def count(answer: Answer, field: str) -> int:
    """A number of the status; 0 where it is missing, because the API server leaves out zeros."""
    value = answer.get("status", field)
    return value if isinstance(value, int) else 0


def has_seen(answer: Answer) -> bool:
    """Whether the controller has seen the DaemonSet as it is, so that its numbers are current."""
    generation = answer.get("metadata", "generation")
    return isinstance(generation, int) and count(answer, "observedGeneration") >= generation


def _runs_nowhere(answer: Answer, target: Target) -> bool:
    """Whether the controller has seen the selector, and no node has or should have a pod."""
    if not _has_selector(answer, target) or not has_seen(answer):
        return False
    # Pods that must go but have not gone yet are "misscheduled".
    return count(answer, "desiredNumberScheduled") == 0 == count(answer, "numberMisscheduled")


def _state(answer: Answer, target: Target) -> str:
    if not _has_selector(answer, target):
        return "somebody takes its selector off again"
    if count(answer, "desiredNumberScheduled"):
        return f"{count(answer, 'desiredNumberScheduled')} nodes carry the label {target.selector}=true"
    if count(answer, "numberMisscheduled"):
        return f"its pods have not left {count(answer, 'numberMisscheduled')} nodes"
    return "its controller has not seen the selector yet"


def _fix(call: Call, target: Target, answer: Answer) -> str:
    again = "then deploy again"
    if not answer.ok:
        return call.fix(answer, target.grant("get and patch"))
    if _has_selector(answer, target) and count(answer, "desiredNumberScheduled"):
        label = f"{target.selector}-"
        return f"take the label off (kubectl label nodes --all {label}) or replace those nodes, {again}"
    return f"see what holds it ({target.look}), {again}"
