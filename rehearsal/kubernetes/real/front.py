"""The endpoint that clients reach: it passes every call on to the API server behind it, unchanged.

It stands between clients and server so that the model of nodes and workloads can run after each change,
before anybody sees the next answer. That keeps a rehearsal the same every time. Answers without an end
(watches, upgraded connections) go through as bytes.
"""

# no belief: HTTP on this machine

from __future__ import annotations

import contextlib
import http.client
import json
import select
import socket
import ssl
from collections.abc import Callable
from email.message import Message
from typing import Final
from urllib.parse import parse_qs, urlsplit

from rehearsal.kubernetes.endpoint import Endpoint
from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.model import Identity, Request
from rehearsal.kubernetes.real.connection import Connection, Headers, Reply
from rehearsal.serving import Handler

Exchange = Callable[[str, str, Headers, bytes], Reply]
"""Makes a call: method, path with query, headers, body."""

# They are about one connection (https://www.rfc-editor.org/rfc/rfc9110.html#name-connection), or made anew.
_OF_THE_CONNECTION: Final = frozenset(
    {"connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
_PIECE: Final = 1 << 16


class Known:
    """Finds identities, and remembers the user names of tokens.

    Args:
        identify: Finds the identity of a bearer token; None for an unknown token.
    """

    def __init__(self, identify: Callable[[str], Identity | None]) -> None:
        self._identify = identify
        self._names: dict[str, str | None] = {}

    def identify(self, token: str) -> Identity | None:
        """The identity of a token."""
        identity = self._identify(token)
        self._names[token] = identity.username if identity else None
        return identity

    def introduce(self, token: str, name: str) -> None:
        """Tell the user name of a token that the server knows by itself."""
        self._names[token] = name

    def name(self, authorization: str) -> str | None:
        """The user name behind a header, once somebody judged it; None for an unknown token."""
        return self._names.get(authorization.removeprefix("Bearer "))


class Front(Endpoint):
    """Serves an API server's API.

    Args:
        exchange: Makes a call whose answer has an end.
        behind: The server, for answers without an end.
        known: Tells the user names of tokens.
    """

    def __init__(self, exchange: Exchange, behind: Connection, known: Known) -> None:
        super().__init__()
        self.behind = behind
        self.known = known
        self._exchange = exchange

    def start(self) -> None:
        """Listen; returns when connections are accepted."""
        outer = self

        class Calls(_Calls):
            front = outer

        self.listen(Calls)

    def answer(self, method: str, path: str, headers: Headers, body: bytes) -> Reply:
        """The answer to a call that ends, whoever gives it."""
        try:
            self.fail_on_purpose(method, path)
            return self._exchange(method, path, headers, body)
        except ApiError as error:
            return _refusal(error)
        # no belief: a bug here, or the server of this machine is gone
        except Exception as error:  # it must reach the client as an answer, not as a hang-up
            message = f"the rehearsal behind the API server failed: {type(error).__name__}: {error}"
            return _refusal(ApiError(500, "InternalError", message))

    def record(self, method: str, path: str, status: int, authorization: str) -> None:
        """Remember an answered request."""
        name = None if status == 401 else self.known.name(authorization)
        self.requests.append(Request(method, urlsplit(path).path, status, name))


class _Calls(Handler):
    """Reads calls for its front, and writes the answers."""

    timeout = 3600
    front: Front

    def _answer(self) -> None:
        if _has_no_end(self.path, self.headers):
            self._stream()
            return
        headers = [(k, v) for k, v in self.headers.items() if k.lower() not in _OF_THE_CONNECTION]
        reply = self.front.answer(self.command, self.path, headers, self.body())
        self._record(reply.status)
        self._write(reply)

    def _write(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers:
            if name.lower() not in {*_OF_THE_CONNECTION, "date", "server"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.content)))
        self.end_headers()
        self.wfile.write(reply.content)

    def _stream(self) -> None:
        """Pass bytes on in both directions until one side hangs up."""
        self.close_connection = True
        try:
            self.front.fail_on_purpose(self.command, self.path)
            behind = self.front.behind.socket()
        # no belief: a fault on purpose, or the server of this machine is gone
        except (ApiError, OSError) as error:
            refused = (
                error if isinstance(error, ApiError) else ApiError(503, "ServiceUnavailable", str(error))
            )
            self._record(refused.code)
            self._write(_refusal(refused))
            return
        with behind:
            behind.sendall(self._head())
            beginning = _beginning(behind)
            self._record(_status(beginning))
            self.connection.sendall(beginning)
            with contextlib.suppress(OSError):
                _relay(behind, self.connection)

    def _head(self) -> bytes:
        """The request's line and headers; the connection behind is for this request alone."""
        upgrade = "Upgrade" in self.headers
        lines = [f"{self.command} {self.path} HTTP/1.1", f"Host: {self.front.behind.host}"]
        lines += [f"{k}: {v}" for k, v in self.headers.items() if k.lower() not in {"host", "connection"}]
        lines.append("Connection: Upgrade" if upgrade else "Connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _record(self, status: int) -> None:
        self.front.record(self.command, self.path, status, self.headers.get("Authorization") or "")

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Answer do_GET, do_POST and so on, for which the standard library looks, all in the same way."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)


def _has_no_end(path: str, headers: Message) -> bool:
    """Whether the answer to a request is a stream: https://kubernetes.io/docs/reference/using-api/api-concepts/."""
    parts = urlsplit(path)
    asked = parse_qs(parts.query)
    watches = asked.get("watch", [""])[-1] in ("true", "1") or "/watch/" in parts.path
    return watches or "Upgrade" in headers or asked.get("follow", [""])[-1] == "true"


def _refusal(error: ApiError) -> Reply:
    content = json.dumps(error.status()).encode()
    return Reply(error.code, [("Content-Type", "application/json")], content)


def _beginning(connection: socket.socket) -> bytes:
    """What comes until the headers are complete, and perhaps some of what follows."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(_PIECE)
        if not piece:
            break
        received += piece
    return received


def _status(beginning: bytes) -> int:
    line = beginning.partition(b"\r\n")[0].split()
    return int(line[1]) if len(line) > 1 and line[1].isdigit() else http.client.BAD_GATEWAY


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Pass on what comes from either side until one of them ends."""
    targets = {one: other, other: one}
    for each in targets:
        each.setblocking(False)
    while True:
        # What an encrypted connection has already read is not seen by select.
        waiting = [each for each in targets if isinstance(each, ssl.SSLSocket) and each.pending()]
        for source in waiting or select.select(list(targets), [], [])[0]:
            try:
                piece = source.recv(_PIECE)
            except (ssl.SSLWantReadError, BlockingIOError):
                continue
            if not piece:
                return
            target = targets[source]
            target.settimeout(60)
            target.sendall(piece)
            target.setblocking(False)
