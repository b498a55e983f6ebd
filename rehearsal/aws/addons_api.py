"""Answers EKS's calls about add-ons, which moto does not know, before moto sees them."""

# belief: EKS-add-on-calls

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final, Protocol

_PATH: Final = re.compile(r"/clusters/(?P<cluster>[^/]+)/addons/(?P<addon>[^/]+)")

_Start = Callable[..., Any]
Application = Callable[[dict[str, Any], _Start], Iterable[bytes]]


class _Kubernetes(Protocol):
    @property
    def managed_addons(self) -> frozenset[str]: ...

    def remove_addon(self, name: str) -> None: ...


class AddonsApi:
    """A WSGI application around another one. An add-on that is deleted is gone at once.

    Args:
        application: What answers all other calls.
        find: The Kubernetes of a cluster; None if no cluster has that name.
    """

    def __init__(self, application: Application, find: Callable[[str], _Kubernetes | None]) -> None:
        self._application = application
        self._find = find

    def __call__(self, environ: dict[str, Any], start_response: _Start) -> Iterable[bytes]:
        method, match = environ["REQUEST_METHOD"], _PATH.fullmatch(environ.get("PATH_INFO", ""))
        if match is None or method not in ("GET", "DELETE"):
            return self._application(environ, start_response)
        kubernetes, name = self._find(match["cluster"]), match["addon"]
        if kubernetes is None or name not in kubernetes.managed_addons:
            missing = f"No addon: {name} found in cluster: {match['cluster']}"
            return _answer(
                start_response, HTTPStatus.NOT_FOUND, {"message": missing}, "ResourceNotFoundException"
            )
        status = "ACTIVE"
        if method == "DELETE":
            kubernetes.remove_addon(name)
            status = "DELETING"
        addon = {"addonName": name, "clusterName": match["cluster"], "status": status}
        return _answer(start_response, HTTPStatus.OK, {"addon": addon})


def _answer(start_response: _Start, status: HTTPStatus, body: dict[str, Any], error: str = "") -> list[bytes]:
    content = json.dumps(body).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
    headers += [("x-amzn-ErrorType", error)] if error else []
    start_response(f"{status.value} {status.phrase}", headers)
    return [content]
