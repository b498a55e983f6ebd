"""A client for tests: one connection, one bearer, JSON in and out."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True)
class Reply:
    """What came back; the warnings are headers of their own."""

    status: int
    body: dict[str, Any]
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def __str__(self) -> str:
        return f"{self.status} {self.body.get('message', '')}"


class Client:
    """Asks an API server as the bearer of one token. Threads may share it; they take turns."""

    def __init__(self, endpoint: str, certificate_authority_pem: str, token: str) -> None:
        parts = urlsplit(endpoint)
        self._connection = http.client.HTTPSConnection(
            str(parts.hostname),
            parts.port,
            timeout=30,
            context=ssl.create_default_context(cadata=certificate_authority_pem),
        )
        self._token = token
        self._lock = threading.Lock()

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request and read the whole answer, whatever it is."""
        sent = {"Authorization": f"Bearer {self._token}", "Accept": "application/json", **(headers or {})}
        payload = None
        if body is not None:
            payload, sent["Content-Type"] = json.dumps(body), content_type
        with self._lock:
            self._connection.request(method, path, payload, sent)
            response = self._connection.getresponse()
            raw = response.read()
        try:
            read = json.loads(raw)
        except ValueError:
            read = {"message": raw.decode(errors="replace")}
        return Reply(response.status, read, tuple(response.headers.get_all("Warning") or ()))

    def get(self, path: str) -> dict[str, Any] | None:
        """The object at *path*, or None."""
        reply = self.ask("GET", path)
        if reply.status == 404:
            return None
        return _done(reply, path)

    def create(self, path: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Make an object in the collection at *path*."""
        return _done(self.ask("POST", path, manifest), path)

    def merge(self, path: str, patch: Mapping[str, Any]) -> dict[str, Any]:
        """Change the object at *path*, or a subresource of one, by a merge patch."""
        return _done(self.ask("PATCH", path, patch, content_type=MERGE_PATCH), path)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def _done(reply: Reply, path: str) -> dict[str, Any]:
    if not reply.ok:
        raise AssertionError(f"{path}: must be done for the administrator, got {reply}")
    return reply.body
