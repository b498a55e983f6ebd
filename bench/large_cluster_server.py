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
from urllib.parse import parse_qs, urlsplit

from bench.large_cluster import every_kind
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


def _chunks(items: Iterator[Any]) -> Iterator[list[Any]]:
    while chunk := list(islice(items, LIMIT)):
        yield chunk


def _page(kind: str, items: list[Any], number: int, count: int) -> bytes:
    metadata: dict[str, Any] = {"resourceVersion": "1000000"}
    if number + 1 < count:
        metadata |= {"continue": str(number + 1), "remainingItemCount": (count - number - 1) * LIMIT}
    body = json.dumps({"kind": f"{kind}List", "apiVersion": "v1", "metadata": metadata, "items": items})
    content = body.encode()
    return gzip.compress(content, _LEVEL) if len(content) >= _COMPRESSED_FROM else content


class Server(Endpoint):
    """Serves pages, `/version`, and empty lists of everything else."""

    def __init__(self, served: Pages) -> None:
        super().__init__()
        self._pages = served

    def start(self) -> None:
        """Listen; returns when connections are accepted."""
        outer = self

        class Lists(Handler):
            def do_GET(self) -> None:  # noqa: N802  (the standard library looks for this name)
                parts = urlsplit(self.path)
                if parts.path == "/version":
                    self.reply(200, b'{"major": "1", "minor": "35", "gitVersion": "v1.35.2-eks-0000000"}')
                    return
                known = outer._pages.get(parts.path)
                if known is None:
                    self.reply(200, b'{"kind": "List", "metadata": {}, "items": []}')
                    return
                page = known[int(parse_qs(parts.query).get("continue", ["0"])[0])]
                coding = [("Content-Encoding", "gzip")] if page.startswith(_GZIP) else []
                self.reply(200, page, headers=coding)

        self.listen(Lists)

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
    server = Server(pages(int(sys.argv[1])))
    server.start()
    print(json.dumps(server.kubeconfig()), flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
