"""Tokens of service accounts, which the API hands out by the subresource ``token`` and knows again."""

# belief: K8S-token-requests

from __future__ import annotations

import base64
import datetime
import json
import secrets

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.model import Identity, Object

_SHORTEST_SECONDS = 600
_LONGEST_SECONDS = 1 << 32
_USUAL_SECONDS = 3600
_ISSUER = "https://kubernetes.default.svc"


class Tokens:
    """The tokens handed out so far."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Identity, datetime.datetime]] = {}

    def identify(self, token: str) -> Identity | None:
        """The service account of a token that is still good, or None."""
        identity, end = self._known.get(token, (None, None))
        return identity if end and datetime.datetime.now(datetime.UTC) < end else None

    # belief: K8S-token-requests
    def issue(self, account: Object, request: Object) -> Object:
        """A TokenRequest with its answer.

        Raises:
            ApiError: 422, the duration is too short or too long.
        """
        spec = request.get("spec") or {}
        seconds = spec.get("expirationSeconds", _USUAL_SECONDS)
        seconds = _USUAL_SECONDS if seconds is None else int(seconds)
        if seconds < _SHORTEST_SECONDS:
            raise _wrong_duration(seconds, "may not specify a duration less than 10 minutes")
        if seconds > _LONGEST_SECONDS:
            raise _wrong_duration(seconds, "may not specify a duration larger than 2^32 seconds")
        metadata = account["metadata"]
        username = f"system:serviceaccount:{metadata['namespace']}:{metadata['name']}"
        begin = datetime.datetime.now(datetime.UTC)
        end = begin + datetime.timedelta(seconds=seconds)
        audiences = spec.get("audiences") or [_ISSUER]
        token = _token(username, audiences, begin, end)
        self._known[token] = Identity(username), end
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
            "spec": {**spec, "audiences": audiences, "expirationSeconds": seconds},
            "status": {"token": token, "expirationTimestamp": end.strftime("%Y-%m-%dT%H:%M:%SZ")},
        }


def _token(username: str, audiences: list[str], begin: datetime.datetime, end: datetime.datetime) -> str:
    """A token in the form of a JWT, with random bytes for the signature: only this server reads it."""
    claims = {
        "iss": _ISSUER,
        "sub": username,
        "aud": audiences,
        "iat": int(begin.timestamp()),
        "exp": int(end.timestamp()),
    }
    parts = (json.dumps({"alg": "RS256"}).encode(), json.dumps(claims).encode(), secrets.token_bytes(32))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


# belief: K8S-token-requests
def _wrong_duration(seconds: int, problem: str) -> ApiError:
    group, kind, field = "authentication.k8s.io", "TokenRequest", "spec.expirationSeconds"
    words = f"Invalid value: {seconds}: {problem}"
    return ApiError(
        422,
        "Invalid",
        f'{kind}.{group} "" is invalid: {field}: {words}',
        group=group,
        kind=kind,
        causes=[{"reason": "FieldValueInvalid", "message": words, "field": field}],
    )
