"""Small servers that answer as told, in place of a Kubernetes API."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from cdk_eks_cilium.doctor.readers.access import Access
from cdk_eks_cilium.doctor.readers.api import Patience
from rehearsal.serving import Handler, LocalServer

#: Short pauses; its ends are for a busy machine.
QUICK = Patience(request=60.0, total=60.0, pause=0.01)

Answer = Callable[[Handler], None]


class Served:
    """A server that is up.

    Attributes:
        access: How to reach it.
        asked: The path of each request, with its query.
        headers: The headers of each request.
    """

    def __init__(self, port: int) -> None:
        self.access = Access(f"http://127.0.0.1:{port}", "demo", "test")
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []


@contextmanager
def serving(*answers: Answer) -> Iterator[Served]:
    """A server that gives these answers, the last one again and again."""
    left = list(answers)

    class Told(Handler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            served.headers.append(dict(self.headers))
            (left.pop(0) if len(left) > 1 else left[0])(self)

    server = LocalServer(Told)
    server.start()
    served = Served(server.server_port)
    try:
        yield served
    finally:
        server.stop()


def says(body: Any, status: int = 200, **headers: str) -> Answer:
    """An answer of JSON."""
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return lambda handler: handler.reply(status, json.dumps(body).encode(), headers=named)


def fails(status: int, message: str = "", **headers: str) -> Answer:
    """The Status that the API answers with."""
    reasons = {403: "Forbidden", 404: "NotFound", 410: "Expired"}
    body = {"kind": "Status", "code": status, "message": message, "reason": reasons.get(status, "")}
    return says(body, status, **headers)


def listed(*names: str, token: str = "") -> Answer:
    """A page of objects."""
    metadata = {"resourceVersion": "1", **({"continue": token} if token else {})}
    return says({"kind": "List", "metadata": metadata, "items": [{"metadata": {"name": n}} for n in names]})


def hangs_up(handler: Handler) -> None:
    """Begin an answer, and close the connection within its body."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"items": [')
    handler.wfile.flush()
    handler.close_connection = True


def trickles(handler: Handler) -> None:
    """Send a byte now and then, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    with suppress(OSError):
        for _ in range(2_000):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)
