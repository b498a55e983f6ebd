"""Stands before moto's application: answers what IAM denies, and lets everything else through."""

# belief: IAM-denial-words

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

from rehearsal.aws.iam.access import Access, Caller, Denial
from rehearsal.aws.iam.operations import operation, signer

REASON: Final = "x-rehearsal-denial"
"""The header of a denial with the role, action, resource and condition, which AWS's message does not tell."""

_Start = Callable[..., Any]
_Application = Callable[[dict[str, Any], _Start], Iterable[bytes]]


class Gate:
    """A WSGI application around another one.

    Args:
        application: What answers the calls that are allowed, one after the other: moto walks through what it
            stores without a lock, and a change in the meantime is an error of its server.
        access: IAM of the account.
        callers: Sessions by access key; calls with other keys are not judged.
    """

    def __init__(self, application: _Application, access: Access, callers: Mapping[str, Caller]) -> None:
        self._application = application
        self._access = access
        self._callers = callers
        self._one_at_a_time = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: _Start) -> Iterable[bytes]:
        key, service = signer(environ)
        caller = self._callers.get(key)
        denial = self._access.judge(caller, operation(environ, service)) if caller is not None else None
        if denial is None:
            with self._one_at_a_time:
                return self._application(environ, start_response)
        status, kind, content = _answer(service, "HTTP_X_AMZ_TARGET" in environ, denial)
        headers = [
            ("Content-Type", kind),
            ("Content-Length", str(len(content))),
            (REASON, str(denial).encode("ascii", "backslashreplace").decode()),
            *([("x-amzn-ErrorType", "AccessDeniedException")] if kind == "application/json" else []),
        ]
        start_response(status, headers)
        return [content]


def _answer(service: str, targeted: bool, denial: Denial) -> tuple[str, str, bytes]:
    """Status, type and content of an error, in the protocol of the service."""
    text = escape(denial.message)
    match service:
        case "ec2":
            # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
            content = (
                "<Response><Errors><Error><Code>UnauthorizedOperation</Code>"
                f"<Message>You are not authorized to perform this operation. {text}</Message>"
                "</Error></Errors><RequestID>0</RequestID></Response>"
            )
        case "s3":
            content = f"<Error><Code>AccessDenied</Code><Message>{text}</Message></Error>"
        case "cloudformation" | "iam" | "sts":
            content = (
                "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
                f"<Message>{text}</Message></Error><RequestId>0</RequestId></ErrorResponse>"
            )
        case _:
            body = {"__type": "AccessDeniedException", "message": denial.message}
            status = "400 Bad Request" if targeted else "403 Forbidden"
            return status, "application/json", json.dumps(body).encode()
    return "403 Forbidden", "text/xml", content.encode()
