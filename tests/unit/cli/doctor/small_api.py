"""Clusters for the command: a small API that lists nothing but what a test gives it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rehearsal.serving import Handler, LocalServer

AWS_NODE = {
    "metadata": {"name": "aws-node", "namespace": "kube-system"},
    "spec": {"template": {"spec": {}}},
    "status": {"numberReady": 1},
}
NODE = {"metadata": {"name": "ip-10-0-0-1", "labels": {}}, "spec": {"providerID": "aws:///eu-west-1a/i-0"}}


class Cluster:
    """A server of lists.

    Attributes:
        lists: The objects of each list by its path.
        status: What every request is answered with, if it is not 200.
        asked: The paths that were asked for.
        hangs_after: How many requests are answered, before others hang; by default all.
        hanging: Set when a request hangs.
    """

    def __init__(self) -> None:
        self.lists: dict[str, list[Any]] = {"/api/v1/nodes": [NODE], "/apis/apps/v1/daemonsets": []}
        self.status = 200
        self.asked: list[str] = []
        self.hangs_after: int | None = None
        self.hanging = threading.Event()
        self.over = threading.Event()
        self.kubeconfig = Path()

    def break_it(self) -> None:
        """Let aws-node run."""
        self.lists["/apis/apps/v1/daemonsets"] = [AWS_NODE]

    def mend_it(self) -> None:
        """Remove aws-node."""
        self.lists["/apis/apps/v1/daemonsets"] = []


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """A cluster that is up, with a kubeconfig in a folder."""
    cluster = Cluster()

    class Lists(Handler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            cluster.asked.append(path)
            if cluster.hangs_after is not None and len(cluster.asked) > cluster.hangs_after:
                cluster.hanging.set()
                cluster.over.wait(60)
            found: Any = {"kind": "List", "items": cluster.lists.get(path, [])}
            if path == "/version":
                found = {"major": "1", "minor": "35"}
            self.reply(cluster.status, json.dumps(found).encode())

    server = LocalServer(Lists)
    server.start()
    cluster.kubeconfig = folder / "kubeconfig"
    cluster.kubeconfig.write_text(
        json.dumps(
            {
                "current-context": "prod",
                "contexts": [{"name": "prod", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [
                    {
                        "name": "c",
                        "cluster": {"server": f"http://127.0.0.1:{server.server_port}"},
                    }
                ],
                "users": [{"name": "u", "user": {"token": "s3cret"}}],
            }
        )
    )
    try:
        yield cluster
    finally:
        cluster.over.set()
        server.stop()
