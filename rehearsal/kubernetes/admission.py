"""The API server's defaults and checks of an object before it is stored."""

from __future__ import annotations

import base64
import copy
import random
import re
from ipaddress import IPv4Network
from typing import Any, Final

from rehearsal.kubernetes.errors import ApiError, bad_request, invalid, not_found
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.resources import ResourceType
from rehearsal.kubernetes.selectors import matches_label_selector
from rehearsal.kubernetes.store import ObjectKey, Store, now

SERVICES: Final = IPv4Network("172.20.0.0/16")
"""The range of Services of a cluster that asks for none."""

PERMANENT_NAMESPACES = ("default", "kube-system", "kube-public")

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}
_ONE_BY_ONE = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
# belief: K8S-defaults
_DEFAULTS: dict[str, Object] = {
    "DaemonSet": {"updateStrategy": _ONE_BY_ONE},
    "Deployment": {
        "replicas": 1,
        "strategy": _ROLLING,
        "progressDeadlineSeconds": 600,
        "revisionHistoryLimit": 10,
    },
    "StatefulSet": {"replicas": 1},
    "ReplicaSet": {"replicas": 1},
    "Job": {"completions": 1, "parallelism": 1, "backoffLimit": 6, "suspend": False},
    "Service": {"type": "ClusterIP", "sessionAffinity": "None"},
}
"""What the server fills into the spec of each kind."""
_STRING_MAPS = {"ConfigMap": ("data", "binaryData"), "Secret": ("data", "stringData")}


class Admission:
    """Checks and completes objects on their way into the store."""

    def __init__(self, store: Store, services: IPv4Network) -> None:
        self._store = store
        self._services = services
        self._next_address = 10

    # belief: K8S-names
    def name(self, resource: ResourceType, body: Object) -> str:
        """The object's name, made from ``generateName`` when it is missing.

        Raises:
            ApiError: 422, the name is missing or invalid.
        """
        metadata = body.setdefault("metadata", {})
        name: str = metadata.get("name") or ""
        if not name and metadata.get("generateName"):
            # Kubernetes draws from letters that spell no words.
            name = metadata["generateName"] + "".join(random.choices("bcdfghjklmnpqrstvwxz2456789", k=5))
        if not name:
            raise invalid(
                resource.kind, "", "metadata.name", "Required value: name or generateName is required"
            )
        plain = resource.group != "rbac.authorization.k8s.io"
        if plain and not (_SUBDOMAIN.fullmatch(name) and len(name) <= 253):
            problem = (
                f'Invalid value: "{name}": a lowercase RFC 1123 subdomain must consist of lower case '
                "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
            )
            raise invalid(resource.kind, name, "metadata.name", problem)
        metadata["name"] = name
        return name

    # belief: K8S-namespace-must-exist
    def creating(self, resource: ResourceType, namespace: str | None, body: Object) -> None:
        """Complete and check a new object, in place.

        Raises:
            ApiError: 404, its namespace is missing; 400 or 422, the object is invalid.
        """
        home = ObjectKey("", "namespaces", "", namespace or "")
        if namespace and resource.namespaced and self._store.get(home) is None:
            raise not_found("namespaces", namespace)
        self._complete(resource, body, None)

    # belief: K8S-immutable-fields
    def updating(self, resource: ResourceType, body: Object, old: Object) -> None:
        """Complete and check an object that replaces ``old``, in place.

        Raises:
            ApiError: 400 or 422, the object is invalid or changes an immutable field.
        """
        self._complete(resource, body, old)
        name, kind = old["metadata"]["name"], resource.kind
        if resource.group == "apps" and body["spec"].get("selector") != old["spec"].get("selector"):
            raise invalid(f"{kind}.apps", name, "spec.selector", "Invalid value: field is immutable")
        if kind in ("RoleBinding", "ClusterRoleBinding") and body.get("roleRef") != old.get("roleRef"):
            raise invalid(kind, name, "roleRef", "Invalid value: cannot change roleRef")
        if old.get("immutable") and any(body.get(k) != old.get(k) for k in ("data", "binaryData")):
            raise invalid(kind, name, "data", "Forbidden: field is immutable when `immutable` is set")

    # belief: K8S-permanent-namespaces
    def deleting(self, resource: ResourceType, name: str) -> None:
        """Refuse to delete a permanent namespace.

        Raises:
            ApiError: 403, every cluster has this namespace.
        """
        if resource.kind == "Namespace" and name in PERMANENT_NAMESPACES:
            message = f'namespaces "{name}" is forbidden: this namespace may not be deleted'
            raise ApiError(403, "Forbidden", message, name=name)

    def _complete(self, resource: ResourceType, body: Object, old: Object | None) -> None:
        _check_strings(resource.kind, body)
        if resource.custom:
            return
        if resource.kind in _DEFAULTS:
            _fill(body.setdefault("spec", {}), _DEFAULTS[resource.kind])
        match resource.kind:
            case "Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet":
                _complete_workload(resource.kind, body)
            case "Service":
                self._complete_service(body, old)
            case "Secret":
                text = body.pop("stringData", None) or {}
                encoded = {key: base64.b64encode(value.encode()).decode() for key, value in text.items()}
                if encoded:
                    body["data"] = (body.get("data") or {}) | encoded
                body.setdefault("type", "Opaque")
            case "Namespace":
                if old is None:
                    finalizers = (body.get("spec") or {}).get("finalizers") or []
                    missing = [] if "kubernetes" in finalizers else ["kubernetes"]
                    body["spec"] = {"finalizers": [*missing, *finalizers]}
                    body["status"] = {"phase": "Active"}
                labels = body["metadata"].setdefault("labels", {})
                labels["kubernetes.io/metadata.name"] = body["metadata"]["name"]
            case "Node":
                # A client may leave both to the kubelet.
                body["spec"], body["status"] = body.get("spec") or {}, body.get("status") or {}
            case "Job":
                _complete_job(body, old)
            case "CustomResourceDefinition":
                _complete_crd(body)

    def _complete_service(self, body: Object, old: Object | None) -> None:
        spec = body["spec"]
        for port in spec.get("ports") or ():
            port.setdefault("protocol", "TCP")
            port.setdefault("targetPort", port["port"])
        if spec["type"] == "ExternalName":
            return
        before = (old or {}).get("spec", {}).get("clusterIP")
        if not spec.get("clusterIP"):
            if not before:
                self._next_address += 1
                before = str(self._services[self._next_address])
            spec["clusterIP"] = before
        spec["clusterIPs"] = [spec["clusterIP"]]


# belief: K8S-typed-fields
def _check_strings(kind: str, body: Object) -> None:
    """Refuse a number where text belongs: the server decodes into typed fields and converts nothing."""
    metadata = body.get("metadata") or {}
    maps: list[tuple[str, Any]] = [(f"metadata.{f}", metadata.get(f)) for f in ("labels", "annotations")]
    maps += [(field, body.get(field)) for field in _STRING_MAPS.get(kind, ())]
    template = (body.get("spec") or {}).get("template") if isinstance(body.get("spec"), dict) else None
    for container in ((template or {}).get("spec") or {}).get("containers") or ():
        for variable in container.get("env") or ():
            if "value" in variable:
                maps.append(("env", {variable.get("name"): variable["value"]}))
    for where, values in maps:
        for key, value in (values or {}).items():
            if value is not None and not isinstance(value, str):
                found = "bool" if isinstance(value, bool) else "number"
                found = found if isinstance(value, int | float) else type(value).__name__
                problem = f"json: cannot unmarshal {found} into Go struct field {kind}.{where} of type string"
                raise bad_request(
                    f'{kind} in version "v1" cannot be handled as a {kind}: {problem} (key {key!r})'
                )


# belief: K8S-workload-shape
def _complete_workload(kind: str, body: Object) -> None:
    spec, name = body["spec"], body["metadata"]["name"]
    template = spec.setdefault("template", {})
    labels = (template.get("metadata") or {}).get("labels") or {}
    if not matches_label_selector(spec.get("selector"), labels):
        problem = f"Invalid value: {labels}: `selector` does not match template `labels`"
        raise invalid(f"{kind}.apps", name, "spec.template.metadata.labels", problem)
    if not (template.get("spec") or {}).get("containers"):
        raise invalid(f"{kind}.apps", name, "spec.template.spec.containers", "Required value")
    template["spec"].setdefault("restartPolicy", "Always")
    strategy = spec.get("strategy") or spec.get("updateStrategy") or {}
    if strategy.get("type") != "RollingUpdate":
        strategy.pop("rollingUpdate", None)


def _fill(given: Object, defaults: Object) -> None:
    """Add what is missing, in place; null counts as missing."""
    for field, value in defaults.items():
        if given.get(field) is None:
            given[field] = copy.deepcopy(value)
        elif isinstance(value, dict):
            _fill(given[field], value)


# belief: K8S-immutable-fields
def _complete_job(body: Object, old: Object | None) -> None:
    if old is not None and old["spec"].get("template") != body["spec"].get("template"):
        name = body["metadata"]["name"]
        raise invalid("Job.batch", name, "spec.template", "Invalid value: field is immutable")


def _complete_crd(body: Object) -> None:
    spec = body["spec"]
    names = spec["names"]
    names.setdefault("singular", names["kind"].lower())
    names.setdefault("listKind", names["kind"] + "List")
    body["status"] = {
        "acceptedNames": names,
        "storedVersions": [v["name"] for v in spec["versions"] if v.get("storage")],
        "conditions": [
            {"type": kind, "status": "True", "reason": reason, "lastTransitionTime": now(), "message": text}
            for kind, reason, text in (
                ("NamesAccepted", "NoConflicts", "no conflicts found"),
                ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
            )
        ],
    }
