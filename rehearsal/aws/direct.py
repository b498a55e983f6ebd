"""Answers the calls of boto3 clients by an application of this process, without sockets and threads."""

# no belief: how requests of this process reach moto

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from urllib3 import HTTPResponse
from werkzeug.test import create_environ, run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Direct:
    """A handler of botocore's event ``before-send``, whose answer botocore takes in place of the network's.

    The event is what moto's own mocks use: `moto/core/botocore_stubber.py` of moto 5.

    Args:
        application: What answers, as it answers through a server.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def listen_to(self, client: Any) -> None:
        """Answer all further calls of a boto3 client."""
        client.meta.events.register("before-send", self._answer)

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        place = urlsplit(request.url)
        environ = create_environ(
            place._replace(scheme="", netloc="").geturl(),
            f"{place.scheme}://{place.netloc}",
            method=request.method,
            headers=[(name, _text(value)) for name, value in request.headers.items()],
            input_stream=io.BytesIO(_body(request)),
        )
        content, status, headers = run_wsgi_app(self._application, environ, buffered=True)
        raw = HTTPResponse(io.BytesIO(b"".join(content)), preload_content=False)
        return AWSResponse(request.url, int(status.split()[0]), dict(headers), raw)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _body(request: AWSPreparedRequest) -> bytes:
    body = request.body or b""
    if isinstance(body, str):
        return body.encode()
    return bytes(body if isinstance(body, bytes | bytearray) else body.read())
