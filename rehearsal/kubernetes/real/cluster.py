"""A cluster on a real etcd and kube-apiserver, with the model's nodes and workloads."""

# no belief: how the parts are put together

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rehearsal.kubernetes.cluster import NAMESPACES, KubernetesCluster
from rehearsal.kubernetes.controllers import aggregate_roles, collect_garbage, finish_namespaces
from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.model import Identity, Object
from rehearsal.kubernetes.quotas import Quotas
from rehearsal.kubernetes.real.assets import CONTROLLERS, emulated, version_of
from rehearsal.kubernetes.real.connection import Connection, Headers, Reply, changes
from rehearsal.kubernetes.real.control_plane import ControlPlane
from rehearsal.kubernetes.real.files import ADMINISTRATOR
from rehearsal.kubernetes.real.front import Front, Known
from rehearsal.kubernetes.real.places import path_of
from rehearsal.kubernetes.real.remote_store import CRDS, MANAGER, RemoteStore
from rehearsal.kubernetes.resources import ResourceType, ResourceTypes
from rehearsal.kubernetes.store import ObjectKey, key_of

# What kube-controller-manager is to do. Workloads and nodes are the model's.
_WANTED: Final = (
    "namespace-controller",
    "garbage-collector-controller",
    "serviceaccount-controller",
    "root-ca-certificate-publisher-controller",
    "clusterrole-aggregation-controller",
)
_ATTEMPTS: Final = 5
_PATIENCE: Final = 60.0
"""Seconds until what the server makes by itself must be there."""


class RealCluster(KubernetesCluster):
    """A Kubernetes cluster whose API is a real kube-apiserver's, with etcd behind it.

    Clients reach it by a front, which runs the model after each change. The server starts with ``start()``,
    and everything is gone after ``stop()``.

    Args:
        name: The cluster's name, for messages.
        version: The Kubernetes version, as ``1.35``; the server behaves as that minor where it can.
        identify: Finds the identity of a bearer token; None makes the server answer 401.
        service_cidr: Range of the addresses of Services.
        assets: The folder with the programs. With kube-controller-manager among them, namespaces, garbage,
            ServiceAccounts and aggregated roles are that program's; else they are modelled.
        folder: Where certificates, data and logs go; must exist and be empty.
        plane: A control plane out of these programs, for that version and range, that was begun before. By
            default the cluster makes one.

    Attributes:
        plane: The programs.
    """

    # A real server would keep each of them until a kubelet lets it go.
    shows_pods = False

    def __init__(
        self,
        *,
        name: str,
        version: str,
        identify: Callable[[str], Identity | None],
        service_cidr: str | None = None,
        assets: Path,
        folder: Path,
        plane: ControlPlane | None = None,
    ) -> None:
        self._assets, self._folder, self._given = assets, folder, plane
        super().__init__(name=name, version=version, identify=identify, service_cidr=service_cidr)

    def _open(self, identify: Callable[[str], Identity | None]) -> None:
        known = Known(identify)
        self.plane = self._given or ControlPlane(
            self._assets,
            self._folder,
            known.identify,
            services=str(self._services),
            version=self.version,
        )
        self.plane.identify = known.identify
        known.introduce(self.plane.administrator, ADMINISTRATOR)
        self._connection = Connection(
            self.plane.endpoint, self.plane.certificate_authority_pem, self.plane.administrator
        )
        self._remote = RemoteStore(self._types, self._connection)
        self._front = Front(self._exchange, self._connection, known)
        self._has_controllers = (self._assets / CONTROLLERS).is_file()
        self._custom: set[str] = set()
        self._store, self._server = self._remote, self._front
        self._quotas = Quotas(self._remote)
        self._api = Administrator(self._remote, self._types, self._reconcile)

    @property
    def described(self) -> str:
        """Which server it is, in words."""
        own = version_of(self._assets) or "of an unknown version"
        minor = emulated(own, self.version)
        if minor:
            return f"kube-apiserver {own}, which behaves as {minor}"
        if own.startswith(f"{self.version}."):
            return f"kube-apiserver {own}"
        return f"kube-apiserver {own}, although the cluster has {self.version}"

    def start(self) -> None:
        """Start the server and serve its API on a free port.

        Raises:
            StartError: A program did not get ready.
        """
        self.plane.start()
        try:
            for name in NAMESPACES:
                _await(self._connection, f"/api/v1/namespaces/{name}")
            self._front.start()
            if self._has_controllers:
                authority = self._front.certificate_authority_pem.encode()
                self.plane.start_controllers(self._front.endpoint, authority, _WANTED)
            self._reconcile()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop serving, and end the server with all its objects."""
        self._front.stop()
        self._connection.close()
        self.plane.stop()

    def _begin(self) -> None:
        """Make nothing: the server makes the objects of every new cluster."""

    def _exchange(self, method: str, path: str, headers: Headers, body: bytes) -> Reply:
        """Make a client's call, and let the model look at what it changed."""
        with self._remote.lock:
            reply = self._connection.call(method, path, headers, body)
            if changes(method) and reply.status < 400:
                self._remote.forget(path)
                self._reconcile()
            return reply

    def _reconcile(self) -> None:
        """Run the controllers until they have nothing left to do.

        The server changes some objects by itself, such as a CRD that goes with its objects. A controller that
        meets one begins again, as Kubernetes' own do.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                super()._reconcile()
            except ApiError as error:
                if error.code not in (404, 409) or attempt == _ATTEMPTS:
                    raise
                self._remote.forget_all()
            else:
                return

    def _keep_house(self) -> None:
        """Do what kube-controller-manager does, where it does not run."""
        if not self._has_controllers:
            self._furnish_namespaces()
            aggregate_roles(self._remote)
            collect_garbage(self._remote)
            finish_namespaces(self._remote)

    # belief: K8S-crd-adds-a-type
    def _serve_custom_types(self) -> None:
        there = {
            crd["metadata"]["name"]: crd
            for crd in self._store.find(*CRDS)
            if "deletionTimestamp" not in crd["metadata"]
        }
        for crd in there.values():
            self._types.serve(crd)
        for name in self._custom - set(there):
            self._types.withdraw(name)
        self._custom = set(there)


class Administrator:
    """Writes as the cluster's own controllers do, by the server's API.

    Args:
        store: The objects.
        types: The types that are served.
        after_write: Called after each change.
    """

    def __init__(self, store: RemoteStore, types: ResourceTypes, after_write: Callable[[], None]) -> None:
        self._store, self._types, self._after_write = store, types, after_write

    def submit(self, body: Object, manager: str = MANAGER) -> Object:
        """Create or replace an object, and return it as it is stored.

        Raises:
            ApiError: The object is invalid or its namespace is missing.
            LookupError: The kind is unknown.
        """
        resource = self._types.of_kind(body["kind"])
        body = copy.deepcopy(body)
        key = key_of(resource, body["metadata"].get("namespace"), body["metadata"]["name"])
        with self._store.lock:
            old = self._store.get(key)
            if old is None:
                stored = self._create(resource, key, body, manager)
            else:
                body["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"]
                stored = self._store.update(key, body, manager=manager)
            if (resource.group, resource.plural) == CRDS:
                self._types.serve(stored)  # controllers use the type at once
            self._after_write()
        return stored

    # belief: K8S-crd-adds-a-type
    def _create(self, resource: ResourceType, key: ObjectKey, body: Object, manager: str) -> Object:
        if resource.custom:
            # The server serves a new type some moments after its CRD is stored.
            _await(self._store.server, path_of(resource))
        return self._store.create(key, body, manager=manager)


def _there(server: Connection, path: str) -> bool:
    try:
        server.ask("GET", path)
    except ApiError as error:
        if error.code in (404, 503):
            return False
        raise
    return True


def _await(server: Connection, path: str) -> None:
    """Return when there is something at a path.

    Raises:
        TimeoutError: There is nothing after a minute.
    """
    end = time.monotonic() + _PATIENCE
    while not _there(server, path):
        # no belief: a server of this machine that does not do what it must
        if time.monotonic() > end:
            raise TimeoutError(f"{path}: must be there within {_PATIENCE:g} s, and is not")
        time.sleep(0.02)
