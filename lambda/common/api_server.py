"""A client for the Kubernetes API server of one EKS cluster, in the standard library alone.

One connection per request: the caller pauses for seconds between two requests, so keeping a
connection alive would gain little and would add the case of the server having closed it.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final

from errors import PermanentError
from redaction import redact

#: Seconds a request may take, from name lookup to the last byte of the answer.
REQUEST_TIMEOUT: Final = 10.0
#: Seconds to reach one address. An EKS endpoint has several: when the first is dead, the next gets its turn.
CONNECT_TIMEOUT: Final = 4.0
#: The most seconds of Retry-After that are obeyed.
RETRY_AFTER_CAP: Final = 30.0


@dataclass(frozen=True)
class Answer:
    """What came back from one request.

    Attributes:
        status: The HTTP status; 0 without an answer.
        body: The JSON object in the body; empty when it is missing.
        retry_after: Seconds the server wants us to wait, at most `RETRY_AFTER_CAP`.
        problem: Why the answer cannot be used; empty for a complete answer.
    """

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    retry_after: float = 0.0
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether the server did what it was asked, and its answer is complete."""
        return 200 <= self.status < 300 and not self.problem

    def get(self, *path: str) -> Any:
        """The value at *path* in the body; None where the body has another shape."""
        value: Any = self.body
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def __str__(self) -> str:
        if self.status == 0:
            return f"no answer ({self.problem})"
        message = self.problem or ("" if self.ok else redact(str(self.get("message") or "")))
        return f"{self.status} ({message})" if message else str(self.status)


def tls_context(pem: str) -> ssl.SSLContext:
    """TLS that trusts the cluster's certificate authority alone and checks the host name.

    Raises:
        ValueError: If *pem* holds no certificate, or one that cannot be read.
    """
    # An empty cadata would make create_default_context fall back to the system's authorities.
    if "-----BEGIN CERTIFICATE-----" not in pem:
        raise ValueError("no certificate")
    try:
        context = ssl.create_default_context(cadata=pem)
    except ssl.SSLError as error:
        raise ValueError(str(error)) from error
    # On by default from Python 3.13, and EKS's authorities lack the key identifiers it asks for:
    # https://github.com/kubernetes-client/python/issues/2394. Chain, dates and name stay checked.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


class ApiServer:
    """The API server of one cluster."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext, token: Callable[[], str]) -> None:
        """Make a client; nothing is sent yet.

        Args:
            host: The endpoint's host name, as in its certificate.
            port: The endpoint's port.
            tls: Trusts the cluster; see `tls_context`.
            token: Makes a bearer token. Called for every request, because tokens are short-lived.
        """
        self.host = host
        self._port = port
        self._tls = tls
        self._token = token

    def request(
        self,
        method: str,
        path: str,
        *,
        timeout: float,
        body: Mapping[str, Any] | Sequence[Any] | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """Send one request and wait for the whole answer.

        Args:
            timeout: Seconds for everything, at most `REQUEST_TIMEOUT`.
            body: JSON to send along.
            content_type: What the body is; patches have types of their own.

        Returns:
            The answer, also when it is an error or missing.

        Raises:
            PermanentError: If the certificate authority did not sign the server's certificate.
        """
        seconds = min(timeout, REQUEST_TIMEOUT)
        headers = {
            "Authorization": f"Bearer {self._token()}",
            "Accept": "application/json",
            "Connection": "close",
            "User-Agent": "cdk-eks-cilium",
        }
        if body is not None:
            headers["Content-Type"] = content_type
        try:
            return _within(seconds, lambda: self._exchange(method, path, headers, body))
        except ssl.SSLCertVerificationError as error:
            raise PermanentError(
                f"Endpoint {self.host}: must prove that it is the cluster's API server, "
                f"got a certificate that does not ({error.verify_message}); "
                "pass Endpoint and CertificateAuthorityData of the same cluster"
            ) from error
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, problem=redact(f"{type(error).__name__}: {error}"))

    def _exchange(
        self, method: str, path: str, headers: dict[str, str], body: Mapping[str, Any] | Sequence[Any] | None
    ) -> Answer:
        connection = http.client.HTTPSConnection(
            self.host, self._port, timeout=CONNECT_TIMEOUT, context=self._tls
        )
        try:
            connection.connect()
            connection.sock.settimeout(REQUEST_TIMEOUT)
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            return _read(response.status, response.read(), response.getheader("Retry-After", ""))
        finally:
            connection.close()


def _read(status: int, raw: bytes, retry_after: str) -> Answer:
    seconds = float(retry_after) if re.fullmatch(r"[0-9]{1,9}", retry_after.strip()) else 0.0
    seconds = min(seconds, RETRY_AFTER_CAP)
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        return Answer(status, body, seconds)
    # Proxies and a starting server refuse in plain text, and the status is enough there.
    problem = "the body is not a JSON object" if 200 <= status < 300 else ""
    return Answer(status, {}, seconds, problem)


def _within(seconds: float, call: Callable[[], Answer]) -> Answer:
    """What *call* returns or raises, or TimeoutError after *seconds*.

    A socket's timeout starts anew with every byte and every address, and a name lookup has no timeout,
    so only a second thread can keep to the seconds. That thread ends later, by the socket's timeout.
    """
    future: Future[Answer] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    thread = threading.Thread(target=run, name="api-server-request", daemon=True)
    thread.start()
    thread.join(seconds)
    if not future.done():
        raise TimeoutError(f"nothing whole within {seconds:.1f} s")
    return future.result()
