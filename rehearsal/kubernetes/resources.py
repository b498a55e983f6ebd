"""The resource types of the API: the built-in types, and the types of CRDs."""

# belief: K8S-discovery

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rehearsal.kubernetes.model import Object


@dataclass(frozen=True)
class ResourceType:
    """One served type.

    Attributes:
        group: The API group, empty for the core one.
        version: The served version.
        kind: The kind, as in manifests.
        plural: The name in addresses.
        namespaced: Whether objects live in namespaces.
        short_names: Other names that kubectl understands.
        subresources: Served below an object, as in ``status``.
        custom: Whether a CRD defines it.
        schema: The structural schema that the CRD gives it.
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    custom: bool = False
    schema: Object = field(default_factory=dict, compare=False, repr=False)

    @property
    def group_version(self) -> str:
        """The ``apiVersion`` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version


# group version | kind plural scope(n/c) short names | subresources
_TABLE = """
 v1 | Namespace namespaces c ns | status,finalize
 v1 | Node nodes c no | status
 v1 | PersistentVolume persistentvolumes c pv | status
 v1 | ConfigMap configmaps n cm |
 v1 | Secret secrets n - |
 v1 | Service services n svc | status
 v1 | ServiceAccount serviceaccounts n sa |
 v1 | Pod pods n po | status
 v1 | Event events n ev |
 v1 | Endpoints endpoints n ep |
 v1 | PersistentVolumeClaim persistentvolumeclaims n pvc | status
 v1 | ReplicationController replicationcontrollers n rc | status,scale
 v1 | ResourceQuota resourcequotas n quota | status
 v1 | LimitRange limitranges n limits |
apps v1 | DaemonSet daemonsets n ds | status
apps v1 | Deployment deployments n deploy | status,scale
apps v1 | ReplicaSet replicasets n rs | status,scale
apps v1 | StatefulSet statefulsets n sts | status,scale
autoscaling v2 | HorizontalPodAutoscaler horizontalpodautoscalers n hpa | status
batch v1 | Job jobs n - | status
batch v1 | CronJob cronjobs n cj | status
rbac.authorization.k8s.io v1 | Role roles n - |
rbac.authorization.k8s.io v1 | RoleBinding rolebindings n - |
rbac.authorization.k8s.io v1 | ClusterRole clusterroles c - |
rbac.authorization.k8s.io v1 | ClusterRoleBinding clusterrolebindings c - |
apiextensions.k8s.io v1 | CustomResourceDefinition customresourcedefinitions c crd,crds | status
apiregistration.k8s.io v1 | APIService apiservices c - | status
policy v1 | PodDisruptionBudget poddisruptionbudgets n pdb | status
networking.k8s.io v1 | NetworkPolicy networkpolicies n netpol |
networking.k8s.io v1 | Ingress ingresses n ing | status
networking.k8s.io v1 | IngressClass ingressclasses c - |
discovery.k8s.io v1 | EndpointSlice endpointslices n - |
events.k8s.io v1 | Event events n ev |
storage.k8s.io v1 | StorageClass storageclasses c sc |
coordination.k8s.io v1 | Lease leases n - |
admissionregistration.k8s.io v1 | MutatingWebhookConfiguration mutatingwebhookconfigurations c - |
admissionregistration.k8s.io v1 | ValidatingWebhookConfiguration validatingwebhookconfigurations c - |
scheduling.k8s.io v1 | PriorityClass priorityclasses c pc |
"""


def _parse(line: str) -> ResourceType:
    where, what, subresources = (part.strip() for part in line.split("|"))
    *group, version = where.split()
    kind, plural, scope, short = what.split()
    return ResourceType(
        group=group[0] if group else "",
        version=version,
        kind=kind,
        plural=plural,
        namespaced=scope == "n",
        short_names=() if short == "-" else tuple(short.split(",")),
        subresources=tuple(filter(None, subresources.split(","))),
    )


BUILT_IN: tuple[ResourceType, ...] = tuple(_parse(line) for line in _TABLE.strip().splitlines())


def types_of_crd(crd: Object) -> list[ResourceType]:
    """The types that a CustomResourceDefinition serves, one for each served version."""
    spec = crd["spec"]
    names = spec["names"]
    return [
        ResourceType(
            group=spec["group"],
            version=version["name"],
            kind=names["kind"],
            plural=names["plural"],
            namespaced=spec["scope"] == "Namespaced",
            short_names=tuple(names.get("shortNames") or ()),
            subresources=tuple(version.get("subresources") or ()),
            custom=True,
            schema=(version.get("schema") or {}).get("openAPIV3Schema") or {},
        )
        for version in spec["versions"]
        if version.get("served", True)
    ]


class ResourceTypes:
    """All served types: the built-in types, and the types of the current CRDs."""

    def __init__(self) -> None:
        self._custom: dict[str, list[ResourceType]] = {}
        self._revisions: dict[str, str] = {}

    def __iter__(self) -> Iterator[ResourceType]:
        yield from BUILT_IN
        for served in list(self._custom.values()):
            yield from served

    def serve(self, crd: Object) -> None:
        """Serve the types of a CRD in place of its former types."""
        name, revision = crd["metadata"]["name"], crd["metadata"]["resourceVersion"]
        if self._revisions.get(name) != revision:
            self._custom[name], self._revisions[name] = types_of_crd(crd), revision

    def withdraw(self, crd_name: str) -> None:
        """Stop serving the types of a CRD."""
        self._custom.pop(crd_name, None)
        self._revisions.pop(crd_name, None)

    def at(self, group: str, version: str, plural: str) -> ResourceType | None:
        """The type of an address, or None."""
        wanted = (group, version, plural)
        return next((t for t in self if (t.group, t.version, t.plural) == wanted), None)

    def of_kind(self, kind: str) -> ResourceType:
        """The first type of this kind.

        Raises:
            LookupError: No served type has this kind.
        """
        for served in self:
            if served.kind == kind:
                return served
        raise LookupError(f"no resource type serves kind {kind}")
