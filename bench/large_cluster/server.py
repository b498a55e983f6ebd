"""Runs as a process of its own: serves a large cluster over TLS, until its standard input ends.

Argument: the number of nodes. It first makes every page, compressed as the API server does it, so that this
work does not count. Then it prints a kubeconfig as one line of JSON.
"""

from __future__ import annotations

import base64
import gzip
import json
import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from bench.large_cluster import every_kind, system
from bench.large_cluster.objects import API_VERSION, SYSTEM, Thing
from rehearsal.kubernetes.endpoint import Endpoint
from rehearsal.serving import Handler

LIMIT: Final = 500
"""Objects of a page, as clients ask for them."""
# defaultGzipThresholdBytes and defaultGzipContentEncodingLevel of
# https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/handlers/responsewriters/writers.go
_COMPRESSED_FROM: Final = 128 * 1024
_LEVEL: Final = 1
_GZIP: Final = b"\x1f\x8b"

Pages = Mapping[str, list[bytes]]


def pages(nodes: int) -> Pages:
    """The pages of every list by its path."""
    found = {}
    for (path, kind), objects in every_kind(nodes).items():
        chunks = list(_chunks(objects()))
        found[path] = [_page(kind, chunk, number, len(chunks)) for number, chunk in enumerate(chunks)]
    return found


def _texts(nodes: int) -> Mapping[str, str]:
    """Logs and metrics by their path."""
    pods = f"/api/v1/namespaces/{SYSTEM}/pods"
    found = {f"{pods}/{pod}/log": text for (pod, _), text in system.logs(nodes).items()}
    of_ports = system.metrics(nodes).items()
    return found | {f"{pods}/{pod}:{port}/proxy/metrics": text for (pod, port), text in of_ports}


def _chunks(items: Iterator[Thing]) -> Iterator[list[Thing]]:
    """The objects of each page; an empty list has a page, too."""
    yield list(islice(items, LIMIT))
    while chunk := list(islice(items, LIMIT)):
        yield chunk


def _page(kind: str, items: list[Thing], number: int, count: int) -> bytes:
    metadata: dict[str, Any] = {"resourceVersion": "1000000"}
    if number + 1 < count:
        metadata |= {"continue": str(number + 1), "remainingItemCount": (count - number - 1) * LIMIT}
    body = json.dumps({"kind": f"{kind}List", "apiVersion": "v1", "metadata": metadata, "items": items})
    content = body.encode()
    return gzip.compress(content, _LEVEL) if len(content) >= _COMPRESSED_FROM else content


class Server(Endpoint):
    """Serves pages, the pods of a selector, logs, metrics and `/version`, and knows no other kind."""

    def __init__(self, nodes: int) -> None:
        super().__init__()
        self._pages = pages(nodes)
        self._selected = list(system.system_pods(nodes))
        self._texts = _texts(nodes)

    def start(self) -> None:
        """Listen; returns when connections are accepted."""
        outer = self

        class Lists(Handler):
            def do_GET(self) -> None:  # noqa: N802  (the standard library looks for this name)
                parts = urlsplit(self.path)
                status, body = outer.answer(unquote(parts.path), parse_qs(parts.query))
                coding = [("Content-Encoding", "gzip")] if body.startswith(_GZIP) else []
                self.reply(status, body, headers=coding)

        self.listen(Lists)

    def answer(self, path: str, query: Mapping[str, list[str]]) -> tuple[int, bytes]:
        """The status and the body for a path."""
        if path == "/version":
            return 200, json.dumps({"major": "1", "minor": "35", "gitVersion": API_VERSION}).encode()
        if path in self._texts:
            return 200, self._texts[path].encode()
        if "labelSelector" in query:
            key, _, value = query["labelSelector"][0].partition("=")
            found = [each for each in self._selected if each["metadata"]["labels"].get(key) == value]
            return 200, _page("Pod", found[:LIMIT], 0, 1)
        if path in self._pages:
            return 200, self._pages[path][int(query.get("continue", ["0"])[0])]
        return 404, b'{"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}'

    def kubeconfig(self) -> dict[str, Any]:
        """How clients reach it."""
        authority = base64.b64encode(self.certificate_authority_pem.encode()).decode()
        cluster = {"server": self.endpoint, "certificate-authority-data": authority}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "large",
            "contexts": [{"name": "large", "context": {"cluster": "large", "user": "reader"}}],
            "clusters": [{"name": "large", "cluster": cluster}],
            "users": [{"name": "reader", "user": {"token": "reader"}}],
        }


def main() -> None:
    """Serve until standard input ends."""
    server = Server(int(sys.argv[1]))
    server.start()
    print(json.dumps(server.kubeconfig()), flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
