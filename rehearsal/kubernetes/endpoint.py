"""HTTPS on a port of this machine, with a certificate authority of its own."""

# no belief: HTTP on this machine

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

import trustme

from rehearsal.kubernetes.backend import Fault
from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.model import Request
from rehearsal.serving import Handler, LocalServer


def server_context(authority: trustme.CA) -> ssl.SSLContext:
    """The server's side of TLS, with a certificate for this machine's own names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


class Endpoint:
    """Where clients reach a Kubernetes API, on a free port of this machine.

    Attributes:
        endpoint: ``https://localhost:PORT``, once started.
        certificate_authority_pem: The certificate that clients must trust.
        requests: Every answered request, oldest first.
        fault: An optional hook that makes requests fail.
    """

    def __init__(self) -> None:
        self._authority = trustme.CA()
        self.certificate_authority_pem = self._authority.cert_pem.bytes().decode()
        self.requests: list[Request] = []
        self.fault: Fault | None = None
        self._server: LocalServer | None = None

    @property
    def endpoint(self) -> str:
        if self._server is None:
            raise RuntimeError("the API server is not started; call start() first")
        return f"https://localhost:{self._server.server_port}"

    def listen(self, handler: type[Handler]) -> None:
        """Answer by this handler; returns when connections are accepted."""
        self._server = LocalServer(handler, server_context(self._authority))
        self._server.start()

    def stop(self) -> None:
        """Stop listening and hang up."""
        if self._server:
            self._server.stop()
            self._server = None

    def fail_on_purpose(self, method: str, path: str) -> None:
        """Ask the hook, with the path without its query.

        Raises:
            ApiError: The hook lets the request fail.
        """
        # no belief: a fault on purpose
        if found := self.fault(method, urlsplit(path).path) if self.fault else None:
            raise ApiError(found[0], "InternalError", found[1])
