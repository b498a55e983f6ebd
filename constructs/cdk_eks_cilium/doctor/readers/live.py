"""Reads a live cluster: raw JSON, page by page, each object trimmed as soon as its page is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.fields import at, trim
from cdk_eks_cilium.doctor.engine.reader import Object, Read, UnreadError
from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Aws, Logs, Metrics, Objects, Reading

from .access import Access, access_of
from .api import Api, Patience, Reply, path_of
from .picking import picker_of

PAGE: Final = 500
"""Objects of a page, as kubectl asks for them."""
_RESTARTS: Final = 2


class LiveReader:
    """A live cluster.

    Attributes:
        access: How it is reached.
    """

    def __init__(self, access: Access, patience: Patience = Patience()) -> None:  # noqa: B008  (frozen)
        self.access = access
        self._api = Api(access, patience)

    @classmethod
    def of(cls, kubeconfig: Path | None = None, context: str | None = None) -> LiveReader:
        """The cluster of a kubeconfig's context; see `access_of`.

        Raises:
            UnreachableError: The kubeconfig cannot be used.
            ImportError: The package ``kubernetes`` is not installed.
        """
        return cls(access_of(kubeconfig, context))

    def read(self, reading: Reading) -> Read | None:
        """The objects of a reading; None for one of AWS.

        Raises:
            UnreachableError: The API does not answer, or does not know the caller.
            UnreadError: It answers with an error.
        """
        match reading:
            case Objects():
                return self._objects(reading)
            case Logs():
                return self._of_pods(reading, lambda pod: self._log(reading, pod))
            case Metrics():
                return self._of_pods(reading, lambda pod: self._metrics(reading, pod))
            case ApiVersion():
                return Read((_allowed(self._api.get("/version"), "get", "/version").as_json(),))
            case Aws():
                return None

    def _objects(self, wanted: Objects) -> Read:
        path = _path(wanted)
        resource = f"{wanted.plural}.{wanted.group}" if wanted.group else wanted.plural
        where = f" in {wanted.namespace}" if wanted.namespace else ""
        if wanted.name:
            reply = _allowed(self._api.get(path), "get", f"{resource} {wanted.name}{where}")
            if reply.status == 404:
                return Read(served=_has_name(reply))
            return Read((trim(reply.as_json(), wanted.keep),))
        found = self._pages(path, wanted.keep, f"{resource}{where}")
        return Read(served=False) if found is None else Read(tuple(found))

    def _pages(self, path: str, keep: tuple[str, ...], resource: str) -> list[Object] | None:
        """All objects of a list; None if the API does not serve it."""
        for _ in range(_RESTARTS + 1):
            try:
                return self._all_pages(path, keep, resource)
            except _ExpiredError:
                continue
        raise UnreadError(f"the list of {resource} took longer than the API keeps it, {_RESTARTS + 1} times")

    def _all_pages(self, path: str, keep: tuple[str, ...], resource: str) -> list[Object] | None:
        found: list[Object] = []
        query: dict[str, str | int] = {"limit": PAGE}
        while True:
            reply = _allowed(self._api.get(path, query), "list", resource)
            if reply.status == 404:
                return None
            # The place where a list goes on is kept for some minutes; then it must begin anew:
            # https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
            if reply.status == 410:
                raise _ExpiredError
            objects, token = picker_of(keep).page(reply.body) or _page(reply, keep, resource)
            found += objects
            if not token:
                return found
            query["continue"] = token

    def _of_pods(self, wanted: Logs | Metrics, ask: Callable[[Object], Object]) -> Read:
        """What some pods answer, each by itself: one that fails hides nothing of the others."""
        path = path_of("api", "v1", "namespaces", wanted.namespace, "pods")
        query: dict[str, str | int] = {"labelSelector": wanted.selector, "limit": PAGE}
        reply = _allowed(self._api.get(path, query), "list", f"pods in {wanted.namespace}")
        pods = sorted(reply.as_json().get("items") or (), key=_restarts, reverse=True)
        found, failed = [], []
        for pod in pods[: wanted.pods]:
            try:
                found.append(ask(pod))
            except _DeniedError:
                raise
            except UnreadError as error:
                failed.append(f"{pod['metadata']['name']}: {error}")
        if failed and not found:
            raise UnreadError(f"{wanted}: {'; '.join(failed)}")
        return Read(tuple(found), partly="; ".join(failed))

    def _log(self, wanted: Logs, pod: Object) -> Object:
        name = pod["metadata"]["name"]
        path = path_of("api", "v1", "namespaces", wanted.namespace, "pods", name, "log")
        query: dict[str, str | int] = {"container": wanted.container, "tailLines": wanted.lines}
        reply = _allowed(self._api.get(path, query), "get", f"pods/log in {wanted.namespace}")
        if reply.status != 200:
            raise UnreadError("the pod is gone")
        return {"pod": name, "lines": reply.body.decode(errors="replace").splitlines()}

    def _metrics(self, wanted: Metrics, pod: Object) -> Object:
        name = pod["metadata"]["name"]
        path = path_of("api", "v1", "namespaces", wanted.namespace, "pods", f"{name}:{wanted.port}")
        # The API server fails (503) where no port is open, and a second attempt finds it closed, too.
        reply = self._api.get(f"{path}/proxy/metrics", attempts=2)
        _allowed(reply, "get", f"pods/proxy in {wanted.namespace}", "'cdk-eks-cilium doctor role --metrics'")
        if reply.status != 200:
            raise UnreadError(f"port {wanted.port} serves no metrics")
        return {"pod": name, "text": reply.body.decode(errors="replace")}


class _ExpiredError(Exception):
    """A list must begin anew."""


class _DeniedError(UnreadError):
    """The role lacks a right."""


def _allowed(reply: Reply, verb: str, resource: str, role: str = "'cdk-eks-cilium doctor role'") -> Reply:
    if reply.status == 403:
        raise _DeniedError(f"not allowed to {verb} {resource} (403): {role} prints the role that may")
    return reply


def _page(reply: Reply, keep: tuple[str, ...], resource: str) -> tuple[list[Object], str]:
    """The objects of an answer that pydantic's reader of JSON does not take, such as half a surrogate pair.

    Raises:
        UnreadError: It is not a list.
    """
    page = reply.as_json()
    items = page.get("items")
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise UnreadError(f"the API's list of {resource} has no items")
    return [trim(each, keep) for each in items], str(at(page, "metadata.continue", ""))


def _path(wanted: Objects) -> str:
    base = ("apis", wanted.group, wanted.version) if wanted.group else ("api", wanted.version)
    space = ("namespaces", wanted.namespace) if wanted.namespace else ()
    return path_of(*base, *space, wanted.plural, wanted.name)


def _has_name(reply: Reply) -> bool:
    """Whether it is the object that is missing, and not its kind: then the answer names the object."""
    try:
        return bool(at(reply.as_json(), "details.name"))
    except UnreadError:
        return False


def _restarts(pod: Object) -> int:
    statuses: Iterable[Mapping[str, Any]] = at(pod, "status.containerStatuses") or ()
    return sum(int(each.get("restartCount") or 0) for each in statuses)
