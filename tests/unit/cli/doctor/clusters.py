"""A cluster for commands: a small API server that answers by path, with its kubeconfig."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import trustme

from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Objects
from rehearsal.kubernetes.endpoint import server_context
from rehearsal.serving import Handler, LocalServer
from tests.unit.doctor.world import World

Answers = Callable[[str], Any]
"""What the API says of a path."""


@cache
def _authority() -> tuple[trustme.CA, ssl.SSLContext]:
    """The certificate authority of all clusters, and the server's side of TLS with its certificate."""
    made = trustme.CA()
    return made, server_context(made)


class Cluster:
    """An API server.

    Attributes:
        status: What every request is answered with, if it is not 200.
        asked: The paths that were asked for.
        hangs_after: How many requests are answered, before others hang; by default all.
        hanging: Set when a request hangs.
        kubeconfig: The file that tells how clients reach it, while it is up.
    """

    def __init__(self, answer: Answers) -> None:
        self.status = 200
        self.asked: list[str] = []
        self.hangs_after: int | None = None
        self.hanging = threading.Event()
        self.kubeconfig = Path()
        self._answer = answer
        self._over = threading.Event()

    @contextmanager
    def running(self, folder: Path, context: str = "here") -> Iterator[Self]:
        """Have it up, with a kubeconfig in a folder whose current context has this name."""
        cluster = self

        class Told(Handler):
            def do_GET(self) -> None:
                self.reply(cluster.status, json.dumps(cluster._asked_for(urlsplit(self.path).path)).encode())

        authority, tls = _authority()
        server = LocalServer(Told, tls)
        server.start()
        given = {
            "server": f"https://localhost:{server.server_port}",
            "certificate-authority-data": base64.b64encode(authority.cert_pem.bytes()).decode(),
        }
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": context,
                    "contexts": [{"name": context, "context": {"cluster": "c", "user": "u"}}],
                    "clusters": [{"name": "c", "cluster": given}],
                    "users": [{"name": "u", "user": {"token": "s3cret"}}],
                }
            )
        )
        try:
            yield self
        finally:
            self._over.set()
            server.stop()

    def _asked_for(self, path: str) -> Any:
        self.asked.append(path)
        if self.hangs_after is not None and len(self.asked) > self.hangs_after:
            self.hanging.set()
            self._over.wait(60)
        return self._answer(path)


def lists_of(world: World) -> Answers:
    """The lists of a world; the objects of one namespace under its path."""

    def answer(path: str) -> Any:
        if path == "/version":
            return world.things[ApiVersion()][0]
        before, _, plural = path.rpartition("/")
        namespace = before.partition("/namespaces/")[2]
        for reading, found in world.things.items():
            if isinstance(reading, Objects) and reading.plural == plural:
                spaces = [each for each in found if namespace in ("", each["metadata"].get("namespace"))]
                return {"kind": f"{reading.kind}List", "metadata": {}, "items": spaces}
        return {"kind": "List", "metadata": {}, "items": []}

    return answer
