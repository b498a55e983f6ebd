"""A Kubernetes API with the objects of a release in it, over TLS, which also fails when it is told to."""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import jsonpatch
import pytest
import trustme

from tests.lambda_.conftest import FakeTime, Serve, call_handler, event_of, loaded
from tests.lambda_.fake_api_server import FakeApiServer, Reply, Request, failure

SYSTEM = "/api/v1/namespaces/kube-system/configmaps"
DAEMON_SETS = "/apis/apps/v1/namespaces/kube-system/daemonsets"
ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
MARKS = {"meta.helm.sh/release-name": "cilium", "meta.helm.sh/release-namespace": "kube-system"}


@pytest.fixture
def code() -> Iterator[SimpleNamespace]:
    """The function's modules and the common ones."""
    with loaded("release_takeover") as modules:
        yield modules


def entry(
    manager: str, fields: dict[str, Any], operation: str = "Update", version: str = "v1", **more: str
) -> dict[str, Any]:
    """Fields of a manager."""
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": version,
        "time": "2026-11-28T10:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        **more,
    }


def helm(fields: dict[str, Any], version: str = "v1") -> dict[str, Any]:
    return entry("helm", fields, "Apply", version)


class ReleaseServer(FakeApiServer):
    """Keeps objects by path; *faults* come first, each for the next request whose method it names.

    Attributes:
        faults: What to answer instead, as ``(method, part of the path, reply)``; used up one by one.
        before_patch: Called before a patch, as others change things meanwhile.
    """

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(tls)
        self.faults: list[tuple[str, str, Reply]] = []
        self.objects: dict[str, dict[str, Any]] = {}
        self.before_patch: Callable[[], None] = lambda: None
        self._versions = itertools.count(1)

    def put(
        self,
        path: str,
        *entries: dict[str, Any],
        marks: dict[str, str] | None = MARKS,
    ) -> dict[str, Any]:
        """Have an object there already."""
        collection, _, name = path.rpartition("/")
        metadata: dict[str, Any] = {
            "name": name,
            "annotations": dict(marks or {}),
            "managedFields": list(entries),
        }
        parts = collection.split("/")
        if "namespaces" in parts:
            metadata["namespace"] = parts[parts.index("namespaces") + 1]
        self.objects[path] = {"metadata": metadata}
        self.touch(path)
        return self.objects[path]

    def touch(self, path: str) -> None:
        """Give an object a new version."""
        self.objects[path]["metadata"]["resourceVersion"] = str(next(self._versions))

    def managers(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.objects[path]["metadata"]["managedFields"]
        return found

    def next_reply(self, request: Request) -> Reply:
        self.requests.append(request)
        path = urlsplit(request.path).path
        for number, (method, part, reply) in enumerate(self.faults):
            if method == request.method and part in request.path:
                del self.faults[number]
                return reply
        if request.method == "PATCH":
            return self._patch(path, request)
        if path in self.objects:
            kind = "ConfigMap" if "configmaps" in path else "DaemonSet"
            return Reply(body={"apiVersion": "v1", "kind": kind, **self.objects[path]})
        items = [found for at, found in self.objects.items() if _collection(at, path) == path]
        if path.rpartition("/")[2] not in ("configmaps", "daemonsets", "clusterroles", "roles"):
            return failure(404, "not found")
        kind = {"configmaps": "ConfigMap", "daemonsets": "DaemonSet"}.get(path.rpartition("/")[2], "Role")
        version = "apps/v1" if kind == "DaemonSet" else "v1"
        return Reply(body={"kind": f"{kind}List", "apiVersion": version, "metadata": {}, "items": items})

    def _patch(self, path: str, request: Request) -> Reply:
        self.before_patch()
        found = self.objects.get(path)
        if found is None:
            return failure(404, "not found")
        assert request.headers["Content-Type"] == "application/json-patch+json"
        made = jsonpatch.apply_patch(found, request.body)
        if made["metadata"]["resourceVersion"] != found["metadata"]["resourceVersion"]:
            return failure(409, "the object has been modified")
        self.objects[path] = made
        self.touch(path)
        return Reply(body=self.objects[path])


def _collection(path: str, asked: str) -> str:
    """The collection of a path; without its namespace, where that is asked for."""
    collection = path.rpartition("/")[0]
    if "/namespaces/" in asked:
        return collection
    root, found, rest = collection.partition("/namespaces/")
    return f"{root}/{rest.partition('/')[2]}" if found else collection


@pytest.fixture
def api(server_tls: ssl.SSLContext) -> Iterator[ReleaseServer]:
    """A server that is listening already."""
    fake = ReleaseServer(server_tls)
    fake.start()
    yield fake
    fake.stop()


PROPERTIES: dict[str, Any] = {
    "ServiceToken": "arn:aws:lambda:eu-central-1:111122223333:function:provider",
    "ClusterName": "demo",
    "Region": "eu-central-1",
    "Release": "cilium",
    "Namespace": "kube-system",
    "Types": ["v1/configmaps", "apps/v1/daemonsets", "batch/v1/cronjobs"],
    "ClusterTypes": ["rbac.authorization.k8s.io/v1/clusterroles", "rbac.authorization.k8s.io/v1/roles"],
    "Named": ["v1/configmaps/cilium-config", "v1/secrets/cilium-ca"],
    "Values": "0123456789ab",
    "References": ["arn:aws:iam::111122223333:role/operator"],
}


@pytest.fixture
def serve(code: SimpleNamespace, authority: trustme.CA, fake_time: FakeTime) -> Serve:
    """Calls the function: serve(api, "Update", seconds=60, Release="other")."""

    def call(
        api: FakeApiServer,
        request_type: str = "Update",
        *,
        seconds: float = 60.0,
        former: dict[str, Any] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        known = "" if request_type == "Create" else "release-takeover/demo/cilium"
        event = event_of(request_type, PROPERTIES, api, authority, known=known, **more)
        if former is not None:
            event["OldResourceProperties"] = {**event["ResourceProperties"], **former}
            missing = [name for name in ("CiliumVersion", "MinorSkipAllowed") if name not in former]
            for name in missing:
                event["OldResourceProperties"].pop(name, None)
        return call_handler(code, event, seconds, fake_time)

    return call
