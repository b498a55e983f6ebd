"""Delete a DaemonSet and wait until it is really gone."""

from __future__ import annotations

import itertools
import json
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from api_server import Answer, ApiServer
from errors import DeadlineError, PermanentError

#: Seconds of the first pause; each further one doubles, up to `PAUSE_CAP`, less up to half of it by chance.
PAUSE_BASE: Final = 0.5
PAUSE_CAP: Final = 8.0
#: Seconds kept for one more request: pauses are cut short so that the last attempt is at the very end.
LAST_ATTEMPT: Final = 1.0

# 401 and 403 pass: an access entry and its group take a while to reach the API server.
_PASSING: Final = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}
)
_COLLECTION: Final = "/apis/apps/v1/namespaces/kube-system/daemonsets"
# Background: the object goes at once and its pods follow. Foreground would wait for the pods of dead nodes.
_DELETE_OPTIONS: Final = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}

log = logging.getLogger("aws_node_removal")


@dataclass(frozen=True)
class Clock:
    """Time and chance, so that tests need wait for neither.

    Attributes:
        now: Seconds on a clock that only goes forward.
        sleep: Waits a number of seconds.
        jitter: A number from 0 up to 1.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


class Deadline:
    """The time there is, spent in attempts and pauses."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._clock = clock
        self._start = clock.now()
        self._end = self._start + seconds

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._clock.now() - self._start

    @property
    def remaining(self) -> float:
        """Seconds left; below zero once it has passed."""
        return self._end - self._clock.now()

    def pause(self, attempt: int, at_least: float) -> bool:
        """Wait before the attempt that follows *attempt*; False, at once, when no time is left for it."""
        spare = self.remaining - LAST_ATTEMPT
        if spare <= 0:
            return False
        backoff = min(PAUSE_CAP, PAUSE_BASE * 2 ** min(attempt - 1, 10)) * (1 - self._clock.jitter() / 2)
        self._clock.sleep(min(max(backoff, at_least), spare))
        return True


@dataclass
class _Progress:
    """Where the removal of one DaemonSet stands.

    Attributes:
        method: What to ask next: DELETE until it is accepted, then GET.
        uid: Of the object whose deletion was accepted last.
        deleted: Whether any deletion was accepted.
        re_created: How often another object came back under the name.
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


def remove(server: ApiServer, cluster_name: str, name: str, deadline: Deadline) -> bool:
    """Delete a DaemonSet in kube-system and return when the API server no longer knows it.

    Returns:
        True if this call deleted it, False if it was gone already.

    Raises:
        PermanentError: If the API server refuses for a reason that does not pass.
        DeadlineError: If it is still there, or the API server still not answering, at the deadline.
    """
    where = f"DaemonSet kube-system/{name} of cluster {cluster_name}"
    progress = _Progress()
    for attempt in itertools.count(1):
        method = progress.method
        answer = _ask(server, method, name, attempt, deadline)
        if answer.status == HTTPStatus.NOT_FOUND:
            return progress.deleted
        if answer.ok:
            progress.advance(answer)
            if method == "DELETE":
                continue  # mostly it is gone by now: look at once
        elif 300 <= answer.status < 500 and answer.status not in _PASSING:
            raise PermanentError(
                f"{where}: must be deletable, {method} got {answer}; "
                f"check that {server.host} is the cluster's API server and that nothing forbids it"
            )
        if not deadline.pause(attempt, answer.retry_after):
            raise DeadlineError(
                f"{where}: must be gone before the function's time is up, "
                f"{_state(method, answer, progress)} after {attempt} attempts in {deadline.elapsed:.0f} s; "
                f"{_fix(server, cluster_name, name, answer, progress)}"
            )
    raise AssertionError("unreachable: count() does not end")


def _ask(server: ApiServer, method: str, name: str, attempt: int, deadline: Deadline) -> Answer:
    """Send one request and log one line about it, without anything secret."""
    path = f"{_COLLECTION}/{name}"
    start = deadline.elapsed
    timeout = max(deadline.remaining, 0.1)
    answer = server.request(
        method, path, timeout=timeout, body=_DELETE_OPTIONS if method == "DELETE" else None
    )
    line: dict[str, Any] = {
        "method": method,
        "path": path,
        "status": answer.status,
        "attempt": attempt,
        "elapsed": round(deadline.elapsed - start, 3),
        "remaining": round(deadline.remaining, 1),
    }
    if not answer.ok:
        line["answer"] = str(answer)
    log.info(json.dumps(line))
    return answer


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


def _fix(server: ApiServer, cluster_name: str, name: str, answer: Answer, progress: _Progress) -> str:
    """What to do about it, in words; every sentence ends in a deployment."""
    again = "then deploy again"
    if answer.status == 0:
        return (
            f"let the function reach {server.host}: subnets routed to the endpoint, a security group "
            f"that the cluster's admits on 443, and DNS for a private endpoint, {again}"
        )
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return (
            f"give the function's role an access entry on cluster {cluster_name} under the role's exact ARN "
            f"(an entry dies with its role, also when the role is created anew), {again}"
        )
    if answer.status == HTTPStatus.FORBIDDEN:
        return (
            "put the function's access entry in a Kubernetes group, and bind that group in kube-system to a "
            f"Role with the verbs get and delete on daemonsets.apps {name}, {again}"
        )
    if answer.status == HTTPStatus.CONFLICT:
        return f"find who else changes it (kubectl -n kube-system get daemonset {name} -o yaml), {again}"
    if not answer.ok:
        return f"wait until the API server of cluster {cluster_name} is healthy, {again}"
    if progress.re_created:
        return (
            "stop what brings it back, most likely the vpc-cni add-on "
            f"(aws eks delete-addon --cluster-name {cluster_name} --addon-name vpc-cni), {again}"
        )
    if _finalizers(answer):
        return f"let the owner of the finalizers finish, or take them off the DaemonSet, {again}"
    return f"see what holds it (kubectl -n kube-system get daemonset {name} -o yaml), {again}"
