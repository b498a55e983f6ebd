"""Requests to an embedded cluster as HTTP has them, for what no client would send."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from rehearsal.kubernetes import KubernetesCluster

JSON = "application/json"
YAML = "application/yaml"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


@dataclass(frozen=True)
class Answer:
    """The answer of the server."""

    code: int
    body: Any
    warnings: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """The message of a refusal."""
        return str(self.body["message"])


def ask(
    cluster: KubernetesCluster, method: str, path: str, body: Any = None, content_type: str = JSON
) -> Answer:
    """Send a request as an administrator; a body that is not bytes goes as JSON."""
    tls = ssl.create_default_context(cadata=cluster.certificate_authority_pem)
    where = urlsplit(cluster.endpoint)
    connection = http.client.HTTPSConnection(where.hostname or "", where.port, timeout=60, context=tls)
    try:
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        headers = {"Authorization": "Bearer admin", "Content-Type": content_type, "User-Agent": "test/1"}
        connection.request(method, path, body=content, headers=headers)
        answer = connection.getresponse()
        warnings = tuple(answer.headers.get_all("Warning") or ())
        return Answer(answer.status, json.loads(answer.read()), warnings)
    finally:
        connection.close()
