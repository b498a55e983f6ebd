"""A live cluster for commands: a small API server that tells a world, with its kubeconfig."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlsplit

from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Objects
from rehearsal.kubernetes.endpoint import Endpoint
from rehearsal.serving import Handler
from tests.unit.doctor.world import World


class Cluster(Endpoint):
    """Serves the lists of a world; the objects of one namespace under its path."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def start(self) -> None:
        """Listen; returns when connections are accepted."""
        outer = self

        class Lists(Handler):
            def do_GET(self) -> None:
                self.reply(200, json.dumps(outer.answer(urlsplit(self.path).path)).encode())

        self.listen(Lists)

    def answer(self, path: str) -> Any:
        """What the API says of a path."""
        if path == "/version":
            return self._world.things[ApiVersion()][0]
        before, _, plural = path.rpartition("/")
        namespace = before.partition("/namespaces/")[2]
        for reading, found in self._world.things.items():
            if isinstance(reading, Objects) and reading.plural == plural:
                spaces = [each for each in found if namespace in ("", each["metadata"].get("namespace"))]
                return {"kind": f"{reading.kind}List", "metadata": {}, "items": spaces}
        return {"kind": "List", "metadata": {}, "items": []}

    def kubeconfig(self) -> dict[str, Any]:
        """How clients reach it."""
        authority = base64.b64encode(self.certificate_authority_pem.encode()).decode()
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
            "clusters": [
                {
                    "name": "here",
                    "cluster": {"server": self.endpoint, "certificate-authority-data": authority},
                }
            ],
            "users": [{"name": "me", "user": {"token": "mine"}}],
        }
