"""The embedded cluster: an API server for real clients and the controllers that matter."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from ipaddress import IPv4Network

from rehearsal.kubernetes import addons, nodes
from rehearsal.kubernetes.admission import SERVICES
from rehearsal.kubernetes.api import Api
from rehearsal.kubernetes.backend import Fault, Inside, Objects, Serving
from rehearsal.kubernetes.controllers import (
    aggregate_roles,
    collect_garbage,
    finish_custom_types,
    finish_namespaces,
)
from rehearsal.kubernetes.model import Identity, NodeSpec, NodeState, Object, Request
from rehearsal.kubernetes.pod_objects import PodObjects
from rehearsal.kubernetes.pods import Pods
from rehearsal.kubernetes.resources import ResourceTypes
from rehearsal.kubernetes.server import ApiServer
from rehearsal.kubernetes.store import ObjectKey, Store, key_of
from rehearsal.kubernetes.validation import Release
from rehearsal.kubernetes.workloads import Workloads

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
_MAX_ROUNDS = 20


class KubernetesCluster:
    """A Kubernetes cluster in this process that serves kubectl and Helm.

    It has objects, watches, RBAC and the state of nodes and workloads. Pods follow from their workloads. It
    has neither containers nor network policies. All methods may be called from any thread.

    Args:
        name: The cluster's name, for messages.
        version: The Kubernetes version, as ``1.35``.
        identify: Finds the identity of a bearer token; None makes the server answer 401.
        service_cidr: Range of the addresses of Services.

    Attributes:
        history: The events of nodes, in words and in order.
        shows_pods: Whether the pods of workloads are objects.
    """

    shows_pods = True

    def __init__(
        self,
        *,
        name: str,
        version: str,
        identify: Callable[[str], Identity | None],
        service_cidr: str | None = None,
    ) -> None:
        self.name = name
        self.version = version
        self._services = IPv4Network(service_cidr) if service_cidr else SERVICES
        self.history: list[str] = []
        self._types = ResourceTypes(int(version.split(".")[1]))
        self._stopped = False
        self._reconciling = False
        self._managed: set[str] = set()
        self._open(identify)
        pods = Pods(self._store, self._quotas, Release.of(version).minor)
        self._nodes = nodes.Nodes(self._store, self._api.submit, self.history, pods)
        shown = PodObjects(self._store) if self.shows_pods else None
        self._workloads = Workloads(self._store, self._nodes.runs, pods, shown)
        self._begin()

    def _open(self, identify: Callable[[str], Identity | None]) -> None:
        """Make the store, what writes to it from inside, and the server: here all three in this process."""
        self._local = Store()
        api = Api(
            self._local,
            self._types,
            self.version,
            services=self._services,
            after_write=self._reconcile,
            stopped=lambda: self._stopped,
        )
        self._local.on_delete.append(self._deleted)
        self._store: Objects = self._local
        self._api: Inside = api
        self._quotas = api.quotas
        self._server: Serving = ApiServer(api, identify)

    @property
    def endpoint(self) -> str:
        """``https://localhost:PORT``; RuntimeError before ``start()``."""
        return self._server.endpoint

    @property
    def certificate_authority_pem(self) -> str:
        """The certificate that clients must trust."""
        return self._server.certificate_authority_pem

    @property
    def requests(self) -> list[Request]:
        """The requests answered so far, oldest first."""
        return list(self._server.requests)

    @property
    def managed_addons(self) -> frozenset[str]:
        """The names of EKS's managed add-ons that are installed."""
        return frozenset(self._managed)

    def inject(self, fault: Fault | None) -> None:
        """Let requests fail: ``fault(method, path)`` returns a status and message, or None to answer."""
        self._server.fault = fault

    def start(self) -> None:
        """Serve the API on a free port."""
        self._stopped = False
        self._server.start()

    def stop(self) -> None:
        """Stop serving and end all watches; the objects stay readable."""
        self._stopped = True
        with self._local.lock:
            self._local.changed.notify_all()
        self._server.stop()

    def __enter__(self) -> KubernetesCluster:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def bootstrap(self, addons_at_creation: Collection[str]) -> None:
        """Install the self-managed add-ons of a new EKS cluster.

        Raises:
            ValueError: EKS does not bootstrap the add-on.
        """
        if unknown := sorted(set(addons_at_creation) - set(addons.SELF_MANAGED)):
            known = ", ".join(addons.SELF_MANAGED)
            raise ValueError(f"EKS bootstraps {known}, got {', '.join(unknown)}; use install_addon()")
        for addon in sorted(addons_at_creation):
            self._submit_addon(addon)

    def install_addon(self, name: str, *, only_on: Mapping[str, str] | None = None) -> None:
        """Install a managed add-on, or take over the self-managed one of that name; idempotent.

        Args:
            name: Its name.
            only_on: The labels of the nodes that its DaemonSets run on. By default every node.
        """
        with self._store.lock:
            self._managed.add(name)
            self._submit_addon(name, only_on)

    def remove_addon(self, name: str) -> None:
        """Remove the objects of an add-on; does nothing when they are missing."""
        with self._store.lock:
            self._managed.discard(name)
            for manifest in addons.manifests(name):
                self.delete(manifest["kind"], manifest["metadata"]["name"], addons.NAMESPACE)

    # belief: EKS-coredns-needs-nodes
    def addon_state(self, name: str) -> tuple[bool, str]:
        """Whether an add-on is healthy for EKS, and why it is not.

        DaemonSets without nodes are healthy, Deployments need a ready node, as on EKS. Add-ons that are
        not modelled are healthy once installed.
        """
        with self._store.lock:
            manifests = addons.manifests(name)
            if not manifests:
                known = name in self._managed
                return known, "not modelled, nothing runs for it" if known else f"{name} is not installed"
            for manifest in manifests:
                key = self._key(manifest["kind"], manifest["metadata"]["name"], addons.NAMESPACE)
                found = self._store.get(key)
                if found is None:
                    return False, f"{manifest['kind']} kube-system/{key.name} is missing; install the add-on"
                if problem := self._unhealthy(found):
                    return False, problem
            return True, "running"

    def join_node(self, node: NodeSpec) -> None:
        """Let a node join, or register again under its name."""
        with self._store.lock:
            self.delete("Node", node.name)
            self._store.create(self._key("Node", node.name, None), nodes.manifest(node))
            self._reconcile()

    def remove_node(self, name: str) -> None:
        """Remove a node, as its termination does; does nothing when it is missing."""
        self.delete("Node", name)

    def node_state(self, name: str) -> NodeState:
        """The state of a node.

        Raises:
            LookupError: The node is unknown.
        """
        with self._store.lock:
            return self._nodes.state(name)

    def objects(self, kind: str, namespace: str | None = None) -> list[Object]:
        """Copies of all objects of a kind; empty for an unknown kind."""
        try:
            resource = self._types.of_kind(kind)
        except LookupError:
            return []
        return self._store.find(resource.group, resource.plural, namespace)

    def serves(self, kind: str, version: str) -> bool:
        """Whether the API serves a kind, in a group and version such as ``apps/v1``."""
        try:
            return self._types.of_kind(kind).group_version == version
        except LookupError:
            return False

    def get(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """A copy of one object, or None."""
        try:
            return self._store.get(self._key(kind, name, namespace))
        except LookupError:
            return None

    def apply(self, manifest: Object, manager: str = "kube-controller-manager") -> Object:
        """Create or replace an object as the cluster's own controllers do, and return the stored object.

        Args:
            manager: Who manages what it changes.

        Raises:
            ApiError: The object is invalid or its namespace is missing.
            LookupError: The kind is unknown.
        """
        return self._api.submit(manifest, manager)

    def update(self, manifest: Object) -> Object:
        """Replace an object and its status as the cluster's own controllers do, and return the stored object.

        Raises:
            ApiError: The object is missing, invalid, or has changed since it was read.
            LookupError: The kind is unknown.
        """
        metadata = manifest["metadata"]
        with self._store.lock:
            key = self._key(manifest["kind"], metadata["name"], metadata.get("namespace"))
            stored = self._store.update(key, manifest)
            self._reconcile()
        return stored

    def delete(self, kind: str, name: str, namespace: str | None = None) -> None:
        """Delete an object as the cluster's own controllers do; does nothing when it is missing."""
        with self._store.lock:
            key = self._key(kind, name, namespace)
            if self._store.get(key):
                self._store.delete(key)
            self._reconcile()

    def _key(self, kind: str, name: str, namespace: str | None) -> ObjectKey:
        return key_of(self._types.of_kind(kind), namespace, name)

    def _unhealthy(self, workload: Object) -> str | None:
        name, status = workload["metadata"]["name"], workload.get("status", {})
        if workload["kind"] == "Deployment":
            ready, wanted = status.get("availableReplicas", 0), workload["spec"]["replicas"]
            if ready < wanted:
                return (
                    f"Deployment {name} has {ready} of {wanted} replicas: no ready node takes them; "
                    "create the node group first, without taints the add-on does not tolerate"
                )
        if workload["kind"] == "DaemonSet" and status.get("numberUnavailable"):
            ready, wanted = status["numberReady"], status["desiredNumberScheduled"]
            return f"DaemonSet {name} runs on {ready} of {wanted} nodes; see the nodes' reasons"
        return None

    # belief: EKS-patch-outlasts-updates
    def _submit_addon(self, name: str, only_on: Mapping[str, str] | None = None) -> None:
        """Create missing objects; existing objects, such as a patched aws-node, stay as they are."""
        for manifest in addons.manifests(name, dns=str(self._services[10])):
            metadata = manifest["metadata"]
            if only_on and manifest["kind"] == "DaemonSet":
                manifest["spec"]["template"]["spec"]["nodeSelector"] = dict(only_on)
            if self.get(manifest["kind"], metadata["name"], metadata["namespace"]) is None:
                self._api.submit(manifest)

    # belief: K8S-new-cluster, EKS-service-addresses
    def _begin(self) -> None:
        """Make the objects of every new cluster."""
        for namespace in NAMESPACES:
            self._api.submit({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        spec = {"clusterIP": str(self._services[1]), "ports": [{"name": "https", "port": 443}]}
        labels = {"component": "apiserver", "provider": "kubernetes"}
        metadata = {"name": "kubernetes", "namespace": "default", "labels": labels}
        self._api.submit({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})

    def _reconcile(self) -> None:
        """Run the controllers until they have nothing left to do."""
        with self._store.lock:
            if self._reconciling:
                return
            self._reconciling = True
            try:
                for _ in range(_MAX_ROUNDS):
                    revision = self._store.revision
                    self._serve_custom_types()
                    self._keep_house()
                    self._nodes.reconcile()
                    self._workloads.reconcile()
                    self._quotas.reconcile()
                    if self._store.revision == revision:
                        return
                raise RuntimeError(f"cluster {self.name}: the controllers change something in every round")
            finally:
                self._reconciling = False

    def _serve_custom_types(self) -> None:
        for crd in self._store.find("apiextensions.k8s.io", "customresourcedefinitions"):
            self._types.serve(crd)

    def _keep_house(self) -> None:
        """Do what a cluster's own controllers do for every object, apart from nodes and workloads."""
        self._furnish_namespaces()
        aggregate_roles(self._local)
        collect_garbage(self._local)
        finish_custom_types(self._local)
        finish_namespaces(self._local)

    def _furnish_namespaces(self) -> None:
        for namespace in self._store.find("", "namespaces"):
            name = namespace["metadata"]["name"]
            if namespace["metadata"].get("deletionTimestamp"):
                continue
            if self._store.get(ObjectKey("", "serviceaccounts", name, "default")) is None:
                metadata = {"name": "default", "namespace": name}
                self._api.submit({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
            if self._store.get(ObjectKey("", "configmaps", name, "kube-root-ca.crt")) is None:
                metadata = {"name": "kube-root-ca.crt", "namespace": name}
                data = {"ca.crt": self.certificate_authority_pem}
                self._api.submit(
                    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
                )

    # belief: K8S-crd-adds-a-type
    def _deleted(self, key: ObjectKey, gone: Object) -> None:
        """Stop serving the types of a CRD that is gone."""
        if key.plural == "customresourcedefinitions":
            self._types.withdraw(key.name)
