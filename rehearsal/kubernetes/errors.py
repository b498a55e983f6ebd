"""Kubernetes' refusals: a ``Status`` object with a code, a reason and a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rehearsal.kubernetes.model import Object


class ApiError(Exception):
    """A refused request; ``status()`` is the body of the answer."""

    def __init__(self, code: int, reason: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.details = code, reason, message, details

    def status(self) -> Object:
        """The answer's body."""
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            **({"reason": self.reason} if self.reason else {}),
            "details": self.details,
            "code": self.code,
        }


# belief: K8S-refusals-are-status
def not_found(resource: str, name: str, group: str = "", plural: str = "") -> ApiError:
    """404 for one object; ``resource`` is the plural with its group, as in ``daemonsets.apps``."""
    return ApiError(
        404, "NotFound", f'{resource} "{name}" not found', name=name, group=group, kind=plural or resource
    )


# belief: K8S-refusals-are-status
def no_such_path() -> ApiError:
    """404 for an address without a resource type."""
    return ApiError(404, "NotFound", "the server could not find the requested resource")


# belief: K8S-refusals-are-status
def conflict(resource: str, name: str) -> ApiError:
    """409 for a write that is based on an old resource version."""
    return ApiError(
        409,
        "Conflict",
        f'Operation cannot be fulfilled on {resource} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again",
        name=name,
    )


# belief: K8S-refusals-are-status
def invalid(kind: str, group: str, name: str, problem: str, causes: Sequence[Object]) -> ApiError:
    """422 for an object that breaks rules of its type: all of them in one message."""
    qualified = f"{kind}.{group}" if group else kind
    return ApiError(
        422,
        "Invalid",
        f'{qualified} "{name}" is invalid: {problem}',
        name=name,
        group=group,
        kind=kind,
        causes=list(causes),
    )


# belief: K8S-refusals-are-status
def forbidden(resource: str, name: str, reason: str, group: str = "") -> ApiError:
    """403 for an object that admission refuses; ``resource`` is the plural."""
    qualified = f"{resource}.{group}" if group else resource
    text = f'{qualified} "{name}" is forbidden: {reason}' if name else f"{qualified} is forbidden: {reason}"
    return ApiError(403, "Forbidden", text, name=name, group=group, kind=resource)


# belief: K8S-refusals-are-status
def bad_request(message: str) -> ApiError:
    """400 for a body or query that cannot be read."""
    return ApiError(400, "BadRequest", message)
