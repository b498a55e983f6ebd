"""HTTPS in front of the API: a thread for each connection, a certificate authority of its own."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import trustme

from rehearsal.kubernetes.api import Api
from rehearsal.kubernetes.calls import ApiAnswer, Call
from rehearsal.kubernetes.errors import ApiError, unauthorized
from rehearsal.kubernetes.model import Identity, Object, Request

# Kubernetes lets everyone see these, so that load balancers can probe and clients can negotiate.
_PUBLIC = ("/healthz", "/livez", "/readyz", "/version")
_NOBODY = Identity("system:anonymous")

Fault = Callable[[str, str], tuple[int, str] | None]
"""Asked before each request with method and path; a status and message to fail it with, or None."""


class TlsServer(ThreadingHTTPServer):
    """A threading HTTP server that shakes hands in the connection's own thread; port 0 is a free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext, port: int = 0) -> None:
        self._context = context
        super().__init__(("127.0.0.1", port), handler)
        self._open: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        secure = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._open.add(secure)
        return secure, address

    def shutdown_request(self, request: object) -> None:
        if isinstance(request, socket.socket):
            self._open.discard(request)
            super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up in mid-answer are everyday business of watches: no traceback for them."""

    def close_connections(self) -> None:
        """Hang up on everybody, so that nobody waits for a server that is gone."""
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


def server_context(authority: trustme.CA) -> ssl.SSLContext:
    """The server's side of TLS, with a certificate for this machine's own names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


class ApiServer:
    """Serves an API on a free port of this machine.

    Attributes:
        endpoint: ``https://localhost:PORT``, once started.
        certificate_authority_pem: What clients must trust.
        requests: Every answered request, oldest first.
        fault: An optional hook that makes requests fail.
    """

    def __init__(self, api: Api, identify: Callable[[str], Identity | None]) -> None:
        authority = trustme.CA()
        self.certificate_authority_pem = authority.cert_pem.bytes().decode()
        self.requests: list[Request] = []
        self.fault: Fault | None = None
        self._api, self._identify, self._authority = api, identify, authority
        self._server: TlsServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def endpoint(self) -> str:
        if self._server is None:
            raise RuntimeError("the API server is not started; call start() first")
        return f"https://localhost:{self._server.server_port}"

    def start(self) -> None:
        """Listen; returns when connections are accepted."""
        outer = self

        class Handler(CallHandler):
            owner = outer

        self._server = TlsServer(Handler, server_context(self._authority))
        run = self._server.serve_forever
        self._thread = threading.Thread(target=run, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and hang up."""
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join()
            self._server.close_connections()
            self._server.server_close()
            self._server = self._thread = None

    def answer(self, call: Call, authorization: str) -> ApiAnswer:
        """Answer a call and note it down."""
        identity: Identity | None = None
        try:
            fault = self.fault(call.method, call.path) if self.fault else None
            if fault:
                raise ApiError(fault[0], "InternalError", fault[1])
            identity = self._identity(call, authorization)
            answer = self._api.answer(call, identity)
        except ApiError as error:
            answer = ApiAnswer(error.code, error.status())
        except Exception as error:  # a bug here must reach the client as an answer, not as a hang-up
            message = f"the embedded API server failed: {type(error).__name__}: {error}"
            answer = ApiAnswer(500, ApiError(500, "InternalError", message).status())
        username = identity.username if identity else None
        self.requests.append(Request(call.method, call.path, answer.status, username))
        return answer

    def _identity(self, call: Call, authorization: str) -> Identity:
        scheme, _, token = authorization.partition(" ")
        identity = self._identify(token) if scheme == "Bearer" else None
        if identity is None and not authorization and call.path.startswith(_PUBLIC):
            return _NOBODY
        if identity is None:
            raise unauthorized()
        return identity


class CallHandler(BaseHTTPRequestHandler):
    """Reads calls for its owner, and writes the answers."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # headers and body leave as one packet
    timeout = 3600
    owner: ApiServer

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        call = Call(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            content_type=(self.headers.get("Content-Type") or "").partition(";")[0].strip(),
            body=self._chunks()
            if self.headers.get("Transfer-Encoding") == "chunked"
            else self.rfile.read(length),
        )
        answer = self.owner.answer(call, self.headers.get("Authorization") or "")
        if isinstance(answer.body, Iterator):
            self._stream(answer.body)
        elif isinstance(answer.body, str):
            self._send(answer.status, "text/plain", answer.body.encode())
        else:
            self._send(answer.status, "application/json", json.dumps(answer.body).encode())

    def __getattr__(self, name: str) -> Callable[[], None]:
        """The standard library looks for do_GET, do_POST and so on; all are answered alike."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            continue
        return body

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _stream(self, events: Iterator[Object]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        for event in events:
            line = json.dumps(event).encode() + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Requests are kept as data, not printed."""
