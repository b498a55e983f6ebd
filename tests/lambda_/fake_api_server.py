"""A TLS server that plays a script: each request gets the next reply, the last one again and again."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: Set while a server keeps a client waiting without end; the clock of the test clears it and times out.
HANGING = threading.Event()


@dataclass(frozen=True)
class Reply:
    """One answer.

    Attributes:
        status: The HTTP status.
        body: Sent as JSON; bytes are sent as they are.
        headers: Further headers.
        manner: "whole"; "cut" promises more than it sends; "drop" closes before the first byte;
            "reset" closes with RST; "hang" never answers; "drip" sends a byte now and then, without end;
            "echo" puts the request's own Authorization header into the message.
    """

    status: int = 200
    body: object = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()
    manner: str = "whole"


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


def daemon_set(
    uid: str, *, deleting: bool = False, finalizers: Sequence[str] = (), name: str = "aws-node"
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": "kube-system", "uid": uid}
    if deleting:
        metadata["deletionTimestamp"] = "2026-11-23T06:00:00Z"
    if finalizers:
        metadata["finalizers"] = list(finalizers)
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": metadata}


def patched(
    *,
    seen: bool = True,
    wanted: int = 0,
    ready: int = 0,
    leaving: int = 0,
    selector: bool = True,
    name: str = "aws-node",
) -> Reply:
    """The DaemonSet after a patch: whether its controller has seen it, and how many pods there are."""
    body = daemon_set("one", name=name)
    body["metadata"]["generation"] = 2
    body["spec"] = {"template": {"spec": {"nodeSelector": {}}}}
    if selector:
        body["spec"]["template"]["spec"]["nodeSelector"] = {f"io.cilium/{name}-enabled": "true"}
    body["status"] = {
        "observedGeneration": 2 if seen else 1,
        "currentNumberScheduled": wanted,
        "desiredNumberScheduled": wanted,
        "numberMisscheduled": leaving,
        "numberReady": ready,
    }
    return Reply(body=body)


def deleted(uid: str = "one") -> Reply:
    """How the API server answers a DELETE it has carried out."""
    details = {"name": "aws-node", "group": "apps", "kind": "daemonsets", "uid": uid}
    return Reply(
        body={"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
    )


def failure(code: int, message: str = "", **headers: str) -> Reply:
    """How the API server refuses."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}
    return Reply(code, body, tuple((name.replace("_", "-"), value) for name, value in headers.items()))


GONE = failure(404, 'daemonsets.apps "aws-node" not found')


class FakeApiServer(ThreadingHTTPServer):
    """Listens on localhost once `start` is called; refuses connections before."""

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler, bind_and_activate=False)
        self.server_bind()
        self.port = int(self.server_address[1])
        self.requests: list[Request] = []
        self.stopping = threading.Event()
        self._started = False
        self._tls = tls
        self._script: list[Reply] = []
        self._lock = threading.Lock()

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.requests]

    def play(self, *script: Reply) -> None:
        self._script = list(script)

    def start(self) -> None:
        self._started = True
        self.server_activate()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self.stopping.set()
        if self._started:  # else shutdown() would wait for ever
            self.shutdown()
        self.server_close()

    def get_request(self) -> tuple[ssl.SSLSocket, Any]:
        connection, address = super().get_request()
        # The handshake belongs in the request's own thread: a client that stays silent must stop nobody.
        wrapped = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return wrapped, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the tests."""

    def next_reply(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            return self._script.pop(0) if len(self._script) > 1 else self._script[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeApiServer

    def do_GET(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the tests' output quiet."""

    def _answer(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = json.loads(raw) if raw else None
        reply = self.server.next_reply(Request(self.command, self.path, dict(self.headers), body))
        if reply.manner == "hang":
            HANGING.set()
            self.server.stopping.wait()
        if reply.manner == "reset":
            # Lingering for no time at all makes close() send RST instead of FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            socket.socket(fileno=self.connection.detach()).close()
        if reply.manner in ("hang", "drop", "reset"):
            self.close_connection = True
            return
        content = reply.body
        if reply.manner == "echo":
            content = {"kind": "Status", "message": f"refused: {self.headers['Authorization']}"}
        payload = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        missing = 1_000 if reply.manner in ("cut", "drip") else 0
        self.send_header("Content-Length", str(len(payload) + missing))
        self.end_headers()
        self.wfile.write(payload)
        if reply.manner == "drip":
            HANGING.set()
        while reply.manner == "drip" and not self.server.stopping.wait(0.05):
            self.wfile.write(b" ")
        if missing:
            self.close_connection = True
