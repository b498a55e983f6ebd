"""The webhook that a kube-apiserver asks about bearer tokens, as EKS's asks aws-iam-authenticator."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import trustme

from rehearsal.kubernetes import Identity
from rehearsal.kubernetes.server import TlsServer, server_context

Identify = Callable[[str], Identity | None]
API_VERSION = "authentication.k8s.io/v1"


def review(request: Any, identify: Identify) -> dict[str, Any]:
    """The TokenReview that answers one.

    Raises:
        ValueError: The request is no TokenReview of the version that the API server is told to send.
    """
    kind = (request.get("apiVersion"), request.get("kind")) if isinstance(request, dict) else None
    if kind != (API_VERSION, "TokenReview"):
        raise ValueError(f"must be a TokenReview of {API_VERSION}, got {kind}")
    identity = identify(str((request.get("spec") or {}).get("token") or ""))
    status: dict[str, Any] = {"authenticated": identity is not None}
    if identity is not None:
        status["user"] = {"username": identity.username, "groups": sorted(identity.groups)}
    return {"apiVersion": API_VERSION, "kind": "TokenReview", "status": status}


class TokenWebhook:
    """Serves reviews over TLS on a free port of this machine until it is stopped."""

    def __init__(self, identify: Identify, authority: trustme.CA) -> None:
        class Handler(_Handler):
            pass

        Handler.identify = staticmethod(identify)
        self._server = TlsServer(Handler, server_context(authority))
        self.url = f"https://127.0.0.1:{self._server.server_port}/authenticate"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening and hang up."""
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    identify: Identify

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self._send(200, review(json.loads(raw), self.identify))
        except ValueError as error:
            self._send(400, {"message": str(error)})

    def _send(self, status: int, body: dict[str, Any]) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the tests' output quiet."""
