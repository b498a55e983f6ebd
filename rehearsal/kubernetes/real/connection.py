"""A client of a real API server: calls with answers as they come, and objects for the model."""

# no belief: HTTP on this machine

from __future__ import annotations

import http.client
import json
import queue
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.model import Object

Headers = Sequence[tuple[str, str]]

_TIMEOUT: Final = 60.0
"""Seconds without a byte after which a call fails: the server itself gives up after that time."""
_CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Reply:
    """The answer to a call."""

    status: int
    headers: Headers
    content: bytes


class Connection:
    """Calls to one API server, from any thread.

    Args:
        endpoint: The server's URL.
        authority: The certificate of the server's authority, as PEM.
        token: The bearer token of calls for objects.
    """

    def __init__(self, endpoint: str, authority: str, token: str) -> None:
        where = urlsplit(endpoint)
        self._host, self._port = str(where.hostname), int(where.port or 443)
        self._tls = ssl.create_default_context(cadata=authority)
        self._token = token
        self._idle: queue.SimpleQueue[http.client.HTTPSConnection] = queue.SimpleQueue()

    def call(self, method: str, path: str, headers: Headers, body: bytes) -> Reply:
        """Make a call, with exactly these headers, and return the answer.

        Raises:
            OSError, http.client.HTTPException: The server cannot be reached, or hangs up.
        """
        while True:
            connection, fresh = self._connection()
            try:
                connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
                for name, value in [("Host", f"{self._host}:{self._port}"), *headers]:
                    connection.putheader(name, value)
                if body or method in _CHANGING:
                    connection.putheader("Content-Length", str(len(body)))
                connection.endheaders(body or None)
                response = connection.getresponse()
                reply = Reply(response.status, response.getheaders(), response.read())
            except (http.client.HTTPException, OSError):
                connection.close()
                # The server may have closed a connection that was idle; then nobody has seen the call.
                if fresh:
                    raise
                continue
            if response.will_close:
                connection.close()
            else:
                self._idle.put(connection)
            return reply

    def socket(self) -> socket.socket:
        """A new encrypted connection, for answers that have no end."""
        plain = socket.create_connection((self._host, self._port), timeout=_TIMEOUT)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._tls.wrap_socket(plain, server_hostname=self._host)

    @property
    def host(self) -> str:
        """Host and port, as the header has them."""
        return f"{self._host}:{self._port}"

    def ask(self, method: str, path: str, body: Any = None, *, accept: str = "application/json") -> Object:
        """Make a call for an object, with the token, and return the answer's body.

        Raises:
            ApiError: The server refuses, or cannot be reached.
        """
        headers = [("Authorization", f"Bearer {self._token}"), ("Accept", accept)]
        content = b"" if body is None else json.dumps(body).encode()
        if content:
            headers.append(("Content-Type", "application/json"))
        try:
            reply = self.call(method, path, headers, content)
        # no belief: the server of this machine is gone
        except (http.client.HTTPException, OSError) as error:
            message = f"the API server does not answer: {type(error).__name__}: {error}"
            raise ApiError(503, "ServiceUnavailable", message) from error
        try:
            answer: Object = json.loads(reply.content)
        except ValueError:
            answer = {"message": reply.content.decode(errors="replace").strip()}
        # belief: K8S-refusals-are-status
        if reply.status >= 400:
            raise ApiError(
                reply.status,
                str(answer.get("reason") or ""),
                str(answer.get("message") or ""),
                **(answer.get("details") or {}),
            )
        return answer

    def close(self) -> None:
        """Close the connections that are idle."""
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return

    def _connection(self) -> tuple[http.client.HTTPSConnection, bool]:
        """An idle connection, or a new one, and whether it is new."""
        try:
            return self._idle.get_nowait(), False
        except queue.Empty:
            new = http.client.HTTPSConnection(self._host, self._port, timeout=_TIMEOUT, context=self._tls)
            return new, True


def changes(method: str) -> bool:
    """Whether a call of this method may change something."""
    return method in _CHANGING


def query(path: str, parameters: Mapping[str, str]) -> str:
    """A path with parameters that need no escapes."""
    return path + "?" + "&".join(f"{name}={value}" for name, value in parameters.items())
