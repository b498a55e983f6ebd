"""Requests to the API server: repeated where that may help, with a line in the log for every attempt."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from api_server import Answer, ApiServer
from deadline import Deadline
from denials import fix_of
from errors import DeadlineError, PermanentError
from logs import Log

# belief: EKS-access-entry-late
# 401 and 403 pass: an access entry and its group take a while to reach the API server. A denial does not.
_PASSING: Final = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}
)

log = Log("kubernetes_api")


@dataclass(frozen=True)
class Call:
    """A cluster's API server, and the time for its requests."""

    server: ApiServer
    cluster_name: str
    deadline: Deadline

    def within(self, seconds: float) -> Call:
        """The same server with a part of the time."""
        return Call(self.server, self.cluster_name, self.deadline.part(seconds))

    def ask(
        self,
        method: str,
        path: str,
        attempt: int,
        body: Mapping[str, Any] | Sequence[Any] | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """Send one request and log one line about it, without anything secret."""
        start = self.deadline.elapsed
        timeout = max(self.deadline.remaining, 0.1)
        answer = self.server.request(method, path, timeout=timeout, body=body, content_type=content_type)
        line: dict[str, Any] = {
            "method": method,
            "path": path,
            "status": answer.status,
            "attempt": attempt,
            "elapsed": round(self.deadline.elapsed - start, 3),
            "remaining": round(self.deadline.remaining, 1),
        }
        if not answer.ok:
            line["answer"] = str(answer)
        log.info(line)
        return answer

    def get(self, path: str, where: str, grant: str) -> Answer:
        """Ask for *path* until the answer is ok or 404.

        Args:
            grant: How the function's group gets the right to it, in words.

        Raises:
            PermanentError: If the API server refuses for a permanent reason.
            DeadlineError: If it does not answer in time.
        """
        answer = self.settle("GET", path, f"{where}: must be readable", grant)
        if answer.ok or answer.status == HTTPStatus.NOT_FOUND:
            return answer
        raise PermanentError(f"{where}: must be readable, GET got {answer}; {self.final_fix(answer)}")

    def settle(
        self,
        method: str,
        path: str,
        must: str,
        grant: str,
        body: Mapping[str, Any] | Sequence[Any] | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """Send a request until the answer is ok or final.

        Args:
            must: What the error is about, and the rule.
            grant: How the function's group gets the right to it, in words.

        Raises:
            DeadlineError: If such an answer does not come in time.
        """
        for attempt in itertools.count(1):
            answer = self.ask(method, path, attempt, body, content_type)
            if answer.ok or is_final(answer):
                return answer
            if not self.deadline.pause(attempt, answer.retry_after):
                raise DeadlineError(
                    f"{must} before the function's time is up, {method} got {answer} "
                    f"{self.spent(attempt)}; {self.fix(answer, grant)}"
                )
        raise AssertionError("unreachable: count() does not end")

    def spent(self, attempt: int) -> str:
        """The attempts and seconds that were spent, in words."""
        return f"after {attempt} attempts in {self.deadline.elapsed:.0f} s"

    def final_fix(self, answer: Answer) -> str:
        """The fix for a final answer, in words."""
        return fix_of(answer) or (
            f"check that {self.server.host} is the cluster's API server and that nothing forbids it"
        )

    def fix(self, answer: Answer, grant: str) -> str:
        """The fix for an answer that is not ok, in words; every fix ends with a new deployment."""
        again = "then deploy again"
        if answer.status == 0:
            return (
                f"let the function reach {self.server.host}: subnets routed to the endpoint, a security "
                f"group that the cluster's admits on 443, and DNS for a private endpoint, {again}"
            )
        if answer.status == HTTPStatus.UNAUTHORIZED:
            return (
                f"give the function's role an access entry on cluster {self.cluster_name} under the role's "
                "exact ARN (an entry dies with its role, also when the role is created anew), " + again
            )
        if answer.status == HTTPStatus.FORBIDDEN:
            return f"put the function's access entry in a Kubernetes group, and {grant}, {again}"
        return f"wait until the API server of cluster {self.cluster_name} is healthy, {again}"


def is_final(answer: Answer) -> bool:
    """Whether asking again would get the same refusal."""
    if 300 <= answer.status < 500 and answer.status not in _PASSING:
        return True
    return bool(fix_of(answer))
