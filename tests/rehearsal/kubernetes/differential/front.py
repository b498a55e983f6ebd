"""A proxy before a kube-apiserver whose OpenAPI documents cannot be read.

A kube-apiserver that somebody builds with a newer Go than its release was made for can write documents that
kubectl cannot read, and then refuses to create anything. Its source has the documents as files, in
`api/openapi-spec/v3`; the proxy serves these, and passes every other request on.
"""

from __future__ import annotations

import http.client
import json
import ssl
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import trustme

from rehearsal.kubernetes.server import server_context
from rehearsal.serving import Handler, LocalServer

#: Names the folder with the documents.
VARIABLE = "OPENAPI_DOCUMENTS"
_HOP = ("connection", "transfer-encoding", "keep-alive", "content-length", "accept-encoding")


class Upstream(Protocol):
    """The server behind the proxy."""

    @property
    def endpoint(self) -> str: ...

    @property
    def certificate_authority_pem(self) -> str: ...


class Front:
    """Serves *upstream* with the documents of a folder until it is stopped.

    Attributes:
        endpoint: The proxy's URL.
        certificate_authority_pem: What clients must trust.
    """

    def __init__(self, upstream: Upstream, documents: Path) -> None:
        authority = trustme.CA()
        front = self

        class Passing(Handler):
            def answer(self) -> None:
                front._answer(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        self.certificate_authority_pem = authority.cert_pem.bytes().decode()
        self._documents = documents
        self._port = urlsplit(upstream.endpoint).port
        self._trust = ssl.create_default_context(cadata=upstream.certificate_authority_pem)
        self._server = LocalServer(Passing, server_context(authority))
        self._server.start()
        self.endpoint = f"https://localhost:{self._server.server_port}"

    def stop(self) -> None:
        """Stop serving; what is behind goes on."""
        self._server.stop()

    def _answer(self, handler: Handler) -> None:
        body = handler.body()
        path = handler.path.partition("?")[0].strip("/")
        if path == "openapi/v2":
            # kubectl asks for protobuf, for what version 3 lacks: no bytes are an empty document.
            handler.reply(200, b"", "application/octet-stream")
        elif path.startswith("openapi/v3/"):
            found = self._document(path.removeprefix("openapi/v3/"), handler)
            handler.reply(200, json.dumps(found).encode())
        else:
            self._pass_on(handler, body)

    def _open(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection("localhost", self._port, timeout=120, context=self._trust)

    def _pass_on(self, handler: Handler, body: bytes) -> None:
        connection = self._open()
        try:
            connection.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
            for name, value in handler.headers.items():  # some come twice, such as Impersonate-Group
                if name.lower() not in _HOP:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            handler.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP:
                    handler.send_header(name, value)
            if answer.status in (204, 304):
                handler.end_headers()
                return
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            while piece := answer.read1(1 << 16):
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                handler.wfile.flush()
            handler.wfile.write(b"0\r\n\r\n")
        finally:
            connection.close()

    def _document(self, root: str, handler: Handler) -> dict[str, Any]:
        path = self._documents / f"{root.replace('/', '__')}_openapi.json"
        if path.is_file():
            found: dict[str, Any] = json.loads(path.read_text())
            return found
        return self._of_custom_types(root, handler.headers.get("Authorization") or "")

    def _of_custom_types(self, root: str, authorization: str) -> dict[str, Any]:
        """A document without schemas, which says that the server validates the group's fields itself."""
        connection = self._open()
        try:
            connection.request("GET", f"/{root}", headers={"Authorization": authorization})
            resources = json.loads(connection.getresponse().read()).get("resources") or []
        finally:
            connection.close()
        group, _, version = root.removeprefix("apis/").partition("/")
        paths = {
            f"/{root}/{each['name']}/{{name}}": {"patch": _patch(group, version, each["kind"])}
            for each in resources
        }
        info = {"title": "Kubernetes", "version": "v1"}
        return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": {}}}


def is_broken(upstream: Upstream, token: str) -> bool:
    """Whether kubectl cannot read what a server says of its group v1."""
    context = ssl.create_default_context(cadata=upstream.certificate_authority_pem)
    port = urlsplit(upstream.endpoint).port
    connection = http.client.HTTPSConnection("localhost", port, timeout=120, context=context)
    try:
        connection.request("GET", "/openapi/v3/api/v1", headers={"Authorization": f"Bearer {token}"})
        paths = json.loads(connection.getresponse().read())["paths"]
    finally:
        connection.close()
    return "parameters" not in paths["/api/v1/namespaces/{namespace}/configmaps/{name}"].get("patch", {})


def _patch(group: str, version: str, kind: str) -> dict[str, Any]:
    return {
        "x-kubernetes-action": "patch",
        "x-kubernetes-group-version-kind": {"group": group, "version": version, "kind": kind},
        "parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}],
        "responses": {"200": {"description": "OK"}},
    }
