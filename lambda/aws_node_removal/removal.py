"""Delete an object and wait until it is gone."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from api_server import Answer
from attempts import Call, is_final
from deadline import Deadline
from errors import DeadlineError, PermanentError
from targets import Target

# belief: EKS-aws-node-stays-gone, CILIUM-aws-node-spoils-prefixes

# Background: the object goes at once and its pods follow. Foreground would wait for the pods of dead nodes.
_DELETE_OPTIONS: Final = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}


@dataclass
class _Progress:
    """The state of the removal of one object.

    Attributes:
        method: What to ask next: DELETE until it is accepted, then GET.
        uid: Of the object whose deletion was accepted last.
        deleted: Whether any deletion was accepted.
        re_created: How often a new object appeared under the name.
    """

    method: str = "DELETE"
    uid: str | None = None
    deleted: bool = False
    re_created: int = 0

    def advance(self, answer: Answer) -> None:
        """Take in an answer that is ok."""
        if self.method == "DELETE":
            # The answer is a Status that names the object, or the object itself while finalizers hold it.
            self.uid = answer.get("metadata", "uid") or answer.get("details", "uid")
            self.deleted = True
            self.method = "GET"
            return
        uid = answer.get("metadata", "uid")
        if uid != self.uid and self.uid is not None:
            self.re_created += 1
        if uid != self.uid or not answer.get("metadata", "deletionTimestamp"):
            self.method = "DELETE"


def remove(call: Call, target: Target, patience: Deadline | None = None) -> bool:
    """Delete an object and return when the API server no longer knows it.

    Args:
        patience: How long an object that is missing may still appear. By default not at all.

    Returns:
        True if this call deleted it, False if it was gone already.

    Raises:
        PermanentError: If the API server refuses for a permanent reason.
        DeadlineError: If it still exists, or the API server still does not answer, at the deadline.
    """
    where = target.of(call.cluster_name)
    progress = _Progress()
    for attempt in itertools.count(1):
        method = progress.method
        body = _DELETE_OPTIONS if method == "DELETE" else None
        answer = call.ask(method, target.path, attempt, body)
        if answer.status == HTTPStatus.NOT_FOUND:
            if not progress.deleted and patience is not None and patience.pause(attempt):
                continue
            return progress.deleted
        if answer.ok:
            progress.advance(answer)
            if method == "DELETE":
                continue  # it is usually gone by now: look at once
        elif is_final(answer):
            raise PermanentError(
                f"{where}: must be deletable, {method} got {answer}; {call.final_fix(answer)}"
            )
        if not call.deadline.pause(attempt, answer.retry_after):
            raise DeadlineError(
                f"{where}: must be gone before the function's time is up, "
                f"{_state(method, answer, progress)} {call.spent(attempt)}; "
                f"{_fix(call, target, answer, progress)}"
            )
    raise AssertionError("unreachable: count() does not end")


def _finalizers(answer: Answer) -> str:
    names = answer.get("metadata", "finalizers")
    return ", ".join(str(name) for name in names) if isinstance(names, list) else ""


def _state(method: str, answer: Answer, progress: _Progress) -> str:
    if not answer.ok:
        return f"{method} got {answer}"
    if progress.re_created and progress.method == "DELETE":
        return f"it was re-created {progress.re_created} times"
    since = answer.get("metadata", "deletionTimestamp")
    if not since:
        return "it is still there"
    held = _finalizers(answer)
    return f"it is terminating since {since}" + (f", held by finalizers {held}" if held else "")


def _fix(call: Call, target: Target, answer: Answer, progress: _Progress) -> str:
    """The fix, in words; every fix ends with a new deployment."""
    again = "then deploy again"
    if answer.status == HTTPStatus.CONFLICT:
        return f"find who else changes it ({target.look}), {again}"
    if not answer.ok:
        return call.fix(answer, target.grant("get and delete"))
    if progress.re_created:
        return (
            "stop what brings it back, most likely the vpc-cni add-on "
            f"(aws eks delete-addon --cluster-name {call.cluster_name} --addon-name vpc-cni), {again}"
        )
    if _finalizers(answer):
        return f"let the owner of the finalizers finish, or take them off the {target.kind}, {again}"
    return f"see what holds it ({target.look}), {again}"
