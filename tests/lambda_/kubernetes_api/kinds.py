"""Two kinds of a Kubernetes API with RBAC behind TLS, and what tests do with either."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from rehearsal.aws import Credentials
from rehearsal.kubernetes.api import Api
from rehearsal.kubernetes.cluster import NAMESPACES
from rehearsal.kubernetes.real.control_plane import ControlPlane
from rehearsal.kubernetes.resources import ResourceTypes
from rehearsal.kubernetes.server import ApiServer
from rehearsal.kubernetes.store import Store
from tests.lambda_.kubernetes_api.authenticator import Authenticator
from tests.lambda_.kubernetes_api.client import MERGE_PATCH, Client
from tests.lambda_.kubernetes_api.objects import collection_of, path_of

CLUSTER = "demo"
REGION = "eu-central-1"
#: Seconds that something inside an API server may take: caches of roles, the end of a CRD.
SOON = 120.0


class Server(Protocol):
    """What serves the API. It has no controllers, so tests play them."""

    @property
    def endpoint(self) -> str: ...

    @property
    def certificate_authority_pem(self) -> str: ...

    def stop(self) -> None: ...

    def logs(self) -> str: ...


class Embedded:
    """The rehearsal's API server, with its authorization and without its controllers.

    It serves the types of CRDs, which a real one does by itself, too.
    """

    def __init__(self, authenticator: Authenticator) -> None:
        self._store, self._types = Store(), ResourceTypes()
        self._defined: set[str] = set()
        api = Api(
            self._store, self._types, "1.35", after_write=self._serve_custom_types, stopped=lambda: False
        )
        for name in NAMESPACES:
            api.submit({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        self._server = ApiServer(api, authenticator.identify)
        self._server.start()
        self.endpoint = self._server.endpoint
        self.certificate_authority_pem = self._server.certificate_authority_pem

    def _serve_custom_types(self) -> None:
        crds = list(self._store.find("apiextensions.k8s.io", "customresourcedefinitions"))
        for crd in crds:
            self._types.serve(crd)
        there = {crd["metadata"]["name"] for crd in crds}
        for name in self._defined - there:
            self._types.withdraw(name)
        self._defined = there

    def stop(self) -> None:
        self._server.stop()

    def logs(self) -> str:
        return "\n".join(f"{r.status} {r.method} {r.path} {r.username}" for r in self._server.requests[-30:])


def real(authenticator: Authenticator, assets: Path, folder: Path) -> ControlPlane:
    """A started kube-apiserver out of *assets*."""
    plane = ControlPlane(assets, folder, authenticator.identify, authenticator.administrator)
    plane.start()
    return plane


class KubernetesApi:
    """A served API in the hands of its administrator.

    Attributes:
        server: What serves it.
        authenticator: Who is who.
        administrator: May do everything.
    """

    def __init__(self, server: Server, authenticator: Authenticator) -> None:
        self.server, self.authenticator = server, authenticator
        self.administrator = self._client(authenticator.administrator)
        self._made: list[str] = []
        self._lent: list[Client] = []

    def client(self, token: str) -> Client:
        """A client for the bearer of a token, until `clean`."""
        self._lent.append(self._client(token))
        return self._lent[-1]

    def new_role(self, *groups: str) -> Credentials:
        """Credentials of a new role that has an access entry with these groups."""
        role = self.authenticator.new_role()
        self.authenticator.enter(role, *groups)
        return role

    def apply(self, *manifests: Mapping[str, Any]) -> None:
        """Create objects as the administrator; `clean` takes them away again."""
        for manifest in manifests:
            self._made.append(path_of(manifest))
            self.administrator.create(collection_of(manifest), manifest)

    def clean(self) -> None:
        """Delete all that was applied, whoever holds it, and wait until it is gone."""
        for path in reversed(self._made):
            self.remove(path)
        self._made.clear()
        for client in self._lent:
            client.close()
        self._lent.clear()

    def remove(self, path: str) -> None:
        """Delete what is at *path*, whoever holds it, and wait until it is gone."""
        wait_until(functools.partial(self._gone, path), f"{path} is gone")

    def wait_for_namespaces(self) -> None:
        """Return when the namespaces are there that a server makes by itself once it is ready."""
        for name in NAMESPACES:
            path = f"/api/v1/namespaces/{name}"
            wait_until(functools.partial(self._there, path), f"{path} is there")

    def _client(self, token: str) -> Client:
        return Client(self.server.endpoint, self.server.certificate_authority_pem, token)

    def _there(self, path: str) -> bool:
        return self.administrator.get(path) is not None

    def _gone(self, path: str) -> bool:
        """Delete the object at *path*, whatever the answer; return whether the path is empty."""
        if not self._there(path):
            return True
        self.administrator.ask("PATCH", path, {"metadata": {"finalizers": None}}, content_type=MERGE_PATCH)
        self.administrator.ask("DELETE", path)
        return not self._there(path)

    def stop(self) -> None:
        """Hang up and end the server."""
        self.administrator.close()
        self.server.stop()


def wait_until(done: Callable[[], bool], what: str, timeout: float = SOON) -> None:
    """Ask again and again until something is so.

    Raises:
        AssertionError: It is not so after *timeout* seconds.
    """
    end = time.monotonic() + timeout
    while not done():
        assert time.monotonic() < end, f"{what}: must be so within {timeout:g} s, and is not"
        time.sleep(0.02)
