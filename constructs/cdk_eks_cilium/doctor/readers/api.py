"""Requests to a Kubernetes API: few at once, again where that helps, and within bounds of time and size."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote, urlencode, urlsplit

from cdk_eks_cilium.doctor.engine.reader import UnreadError

from .access import Access
from .unreachable import UnreachableError

AT_ONCE: Final = 4
"""Requests at the same time. The API server shares its seats among its clients:
https://kubernetes.io/docs/concepts/cluster-administration/flow-control/."""
_ATTEMPTS: Final = 5
_LONGEST_PAUSE: Final = 30.0
_CONNECT_SECONDS: Final = 10.0
_PIECE: Final = 1 << 18
_LARGEST: Final = 256 << 20
_LONGEST_MESSAGE: Final = 200
# A server that answers so could not answer now, and may soon:
# https://kubernetes.io/docs/reference/using-api/api-concepts/ and its priorities and fairness for 429.
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_ANSWERS: Final = frozenset({200, 403, 404, 410})


@dataclass(frozen=True)
class Reply:
    """An answer.

    Attributes:
        status: 200, 403, 404 or 410.
        body: Its text, without compression.
    """

    status: int
    body: bytes

    def as_json(self) -> dict[str, Any]:
        """The body as an object.

        Raises:
            UnreadError: It is something else.
        """
        try:
            found = json.loads(self.body)
        except ValueError:
            raise UnreadError("the API's answer is not JSON: is something else in front of it?") from None
        if not isinstance(found, dict):
            raise UnreadError("the API's answer is not an object: is something else in front of it?")
        return found


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds.

    Attributes:
        request: For one attempt.
        total: From the first request to the last.
        pause: Before the second attempt; before each later one twice as long.
    """

    request: float = 30.0
    total: float = 120.0
    pause: float = 0.5


class Api:
    """Asks an API. Threads may share it."""

    def __init__(self, access: Access, patience: Patience = Patience()) -> None:
        import urllib3

        options: dict[str, Any] = {"retries": False, "maxsize": AT_ONCE}
        if access.tls is not None:
            options["ssl_context"] = access.tls
        if access.server_name:
            options["server_hostname"] = access.server_name
        self._access = access
        self._patience = patience
        self._pool: Any = (
            urllib3.ProxyManager(access.proxy, proxy_headers=_of_proxy(access.proxy), **options)
            if access.proxy
            else urllib3.PoolManager(**options)
        )
        self._free = threading.BoundedSemaphore(AT_ONCE)
        self._deadline: float | None = None

    def get(
        self, path: str, query: Mapping[str, str | int] | None = None, *, attempts: int = _ATTEMPTS
    ) -> Reply:
        """Get a path.

        Args:
            path: From the root of the API, with each part quoted as `path_of` does.
            query: Its parameters.
            attempts: The most attempts.

        Raises:
            UnreachableError: Nothing answers there, or it does not know the caller.
            UnreadError: It answers with an error, too late, or with too much.
        """
        url = f"{self._access.host}{path}" + (f"?{urlencode(query)}" if query else "")
        with self._free:
            if self._deadline is None:
                self._deadline = time.monotonic() + self._patience.total
            for attempt in range(1, attempts + 1):
                reply, problem, wait = self._once(url)
                if reply is not None:
                    return reply
                pause = max(wait, self._patience.pause * 2 ** (attempt - 1) * random.uniform(0.75, 1.25))  # noqa: S311
                if attempt == attempts or time.monotonic() + pause > self._deadline:
                    break
                time.sleep(min(pause, _LONGEST_PAUSE))
            raise problem or UnreadError("the API was not asked")

    def _once(self, url: str) -> tuple[Reply | None, UnreadError | None, float]:
        """One attempt: an answer; or what went wrong, and for how many seconds the server wants to rest.

        Raises:
            UnreadError: Another attempt would end in the same way.
        """
        import urllib3
        from urllib3.exceptions import HTTPError

        until = min(time.monotonic() + self._patience.request, self._deadline or 0)
        left = until - time.monotonic()
        if left <= 0:
            raise UnreadError(f"the API was given {self._patience.total:.0f} seconds in all, which are over")
        try:
            response = self._pool.request(
                "GET",
                url,
                headers=self._headers(),
                preload_content=False,
                redirect=False,
                timeout=urllib3.Timeout(connect=min(left, _CONNECT_SECONDS), read=left),
            )
            read = False
            try:
                if response.status in _AGAIN:
                    return None, _refused(response.status), _wanted_pause(response)
                body = _body(response, until)
                read = True
                return _known(Reply(response.status, body)), None, 0.0
            finally:
                # A connection with an answer that nobody read to the end serves no other request.
                if not read:
                    response.close()
                response.release_conn()
        except (HTTPError, OSError) as error:
            found = _words(error, self._access)
            if isinstance(found, _FinalError):
                raise UnreachableError(str(found)) from None
            return None, found, 0.0

    def _headers(self) -> dict[str, str]:
        headers = {
            "Accept": "application/json, */*",
            "Accept-Encoding": "gzip",
            "User-Agent": "cdk-eks-cilium-doctor",
        }
        if self._access.tls is not None and (token := self._access.authorize()):
            headers["Authorization"] = token
        return headers


def _of_proxy(proxy: str) -> dict[str, str]:
    """The headers for a proxy: who we are, if its address says it."""
    import urllib3

    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return dict(urllib3.make_headers(proxy_basic_auth=user))


def path_of(*parts: str) -> str:
    """A path of an API from its parts, without the empty ones."""
    return "".join(f"/{quote(part, safe=':')}" for part in parts if part)


class _FinalError(UnreachableError):
    """Another attempt would fail in the same way."""


def _known(reply: Reply) -> Reply:
    """The same reply.

    Raises:
        UnreachableError: The API does not know the caller.
        UnreadError: Its status says that this request is wrong.
    """
    if reply.status == 401:
        raise UnreachableError(
            "the API does not know these credentials (401): log in again, or check the context"
        )
    if reply.status not in _ANSWERS:
        try:
            message = str(reply.as_json().get("message") or "")[:_LONGEST_MESSAGE]
        except UnreadError:
            message = ""
        raise UnreadError(f"the API answered with {reply.status}{message and f': {message}'}")
    return reply


def _refused(status: int) -> UnreadError:
    if status == 429:
        return UnreadError("the API has too much to do (429): run it again later")
    return UnreadError(f"the API failed ({status}): run it again later")


def _wanted_pause(response: Any) -> float:
    """The header ``Retry-After``; the API writes it in seconds."""
    text = response.headers.get("Retry-After", "")
    return min(float(text), _LONGEST_PAUSE) if text.isdecimal() else 0.0


def _body(response: Any, until: float) -> bytes:
    """The whole body, piece by piece: a server that sends a byte now and then would else never end."""
    pieces = []
    size = 0
    while piece := response.read1(_PIECE, decode_content=True):
        pieces.append(piece)
        size += len(piece)
        if time.monotonic() > until:
            raise TimeoutError
        if size > _LARGEST:
            raise UnreadError(f"an answer of the API has more than {_LARGEST >> 20} MiB")
    return b"".join(pieces)


def _words(error: Exception, access: Access) -> UnreadError:
    """A failed connection in words. The texts of errors are left out: addresses can hold passwords."""
    from urllib3 import exceptions

    host = access.host.partition("://")[2]
    inner = error.__cause__ or error
    match error:
        case exceptions.ProxyError():
            return _FinalError(
                "the proxy does not answer: correct HTTPS_PROXY, or the kubeconfig's proxy-url"
            )
        case exceptions.SSLError():
            reason = getattr(error.args[0] if error.args else None, "verify_message", "") or "TLS failed"
            return _FinalError(
                f"{host} does not show a certificate that the kubeconfig's authority made: {reason}"
            )
        case exceptions.NameResolutionError():
            return _FinalError(f"{host} is not known: is the cluster deleted, or its endpoint private?")
        case exceptions.NewConnectionError():
            return UnreachableError(f"nothing answers at {host}: is the address right?")
        case exceptions.ConnectTimeoutError():
            return UnreachableError(f"{host} cannot be reached: is its endpoint private, or closed to you?")
        case exceptions.TimeoutError() | TimeoutError():
            return UnreadError("the API does not answer in time")
    return UnreadError(f"the connection broke: {type(inner).__name__}")
