"""The webhook that a kube-apiserver asks about bearer tokens, as EKS's asks aws-iam-authenticator."""

# belief: K8S-token-webhook

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import trustme

from rehearsal.kubernetes.endpoint import server_context
from rehearsal.kubernetes.model import Identity
from rehearsal.serving import Handler, LocalServer

Identify = Callable[[str], Identity | None]
API_VERSION = "authentication.k8s.io/v1"


# belief: EKS-cluster-admin-policy
def groups_of(identity: Identity) -> list[str]:
    """The groups that the API server takes an identity for.

    On EKS the policy for administrators is not a group: an authorizer beside RBAC allows everything. A bare
    kube-apiserver does so for `system:masters`.
    """
    return sorted({*identity.groups} | ({"system:masters"} if identity.cluster_admin else set()))


def review(request: Any, identify: Identify) -> dict[str, Any]:
    """The TokenReview that answers a request.

    Raises:
        ValueError: The request is not a TokenReview of the version that the API server is told to send.
    """
    kind = (request.get("apiVersion"), request.get("kind")) if isinstance(request, dict) else None
    if kind != (API_VERSION, "TokenReview"):
        raise ValueError(f"must be a TokenReview of {API_VERSION}, got {kind}")
    identity = identify(str((request.get("spec") or {}).get("token") or ""))
    status: dict[str, Any] = {"authenticated": identity is not None}
    if identity is not None:
        status["user"] = {"username": identity.username, "groups": groups_of(identity)}
    return {"apiVersion": API_VERSION, "kind": "TokenReview", "status": status}


class TokenWebhook:
    """Serves reviews over TLS on a free port of this machine until it is stopped."""

    def __init__(self, identify: Identify, authority: trustme.CA) -> None:
        class Reviews(Handler):
            def do_POST(self) -> None:
                try:
                    status, answer = 200, review(json.loads(self.body()), identify)
                except ValueError as error:
                    status, answer = 400, {"message": str(error)}
                self.reply(status, json.dumps(answer).encode())

        self._server = LocalServer(Reviews, server_context(authority))
        self.url = f"https://127.0.0.1:{self._server.server_port}/authenticate"
        self._server.start()

    def stop(self) -> None:
        """Stop listening and hang up."""
        self._server.stop()
