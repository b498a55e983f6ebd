"""The API server's defaults and checks of an object before it is stored."""

from __future__ import annotations

import base64
import copy
import random
from ipaddress import IPv4Network
from typing import Any, Final

from rehearsal.kubernetes import limit_ranges
from rehearsal.kubernetes.allocation import Allocation
from rehearsal.kubernetes.errors import ApiError, bad_request, forbidden, not_found
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.notices import warn
from rehearsal.kubernetes.pod_security import label_errors, policy_of, violation
from rehearsal.kubernetes.pod_security.templates import advice_on, images_of, labels_in, template_of
from rehearsal.kubernetes.quotas import Quotas, labels_of
from rehearsal.kubernetes.resources import ResourceType
from rehearsal.kubernetes.sizes import check_stored
from rehearsal.kubernetes.store import ObjectKey, Store, now
from rehearsal.kubernetes.validation import Release, field_errors, needs_version, refusal
from rehearsal.kubernetes.validation.advice import deprecated
from rehearsal.kubernetes.validation.fields import invalid
from rehearsal.kubernetes.validation.limits import complete_limits
from rehearsal.kubernetes.validation.values import entries, mapping

SERVICES: Final = IPv4Network("172.20.0.0/16")
"""The range of Services of a cluster that asks for none."""

PERMANENT_NAMESPACES = ("default", "kube-system", "kube-public")

_ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}
_ONE_BY_ONE = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
_ROLLING_DEFAULTS = (_ROLLING["rollingUpdate"], _ONE_BY_ONE["rollingUpdate"])
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

    def __init__(self, store: Store, services: IPv4Network, version: str) -> None:
        self._store = store
        self._release = Release.of(version)
        self._allocation = Allocation(store, services)
        self.quotas = Quotas(store)

    # belief: K8S-names
    def name(self, body: Object) -> str:
        """The object's name, made from ``generateName`` when it is missing; empty without both."""
        metadata = body.get("metadata")
        if not isinstance(metadata, dict):
            metadata = body["metadata"] = {}
        name: str = metadata.get("name") or ""
        prefix: str = metadata.get("generateName") or ""
        if not name and prefix:
            # Kubernetes draws from letters that spell no words, and cuts what would be longer than a label.
            name = prefix[:58] + "".join(random.choices("bcdfghjklmnpqrstvwxz2456789", k=5))
        metadata["name"] = name
        return name

    # belief: K8S-namespace-must-exist
    def creating(self, resource: ResourceType, namespace: str | None, body: Object) -> None:
        """Complete and check a new object, in place.

        Raises:
            ApiError: 404, its namespace is missing; 400 or 422, the object is invalid; 403, it is not
                admitted to its namespace.
        """
        home = ObjectKey("", "namespaces", "", namespace or "")
        if namespace and resource.namespaced and self._store.get(home) is None:
            raise not_found("namespaces", namespace)
        if (resource.group, resource.kind) == ("", "Pod"):
            limit_ranges.complete(self._store, namespace or "", body)
        self._complete(resource, body, None)
        self._check(resource, body, None)
        self._admit(resource, namespace or "", body, None)

    # belief: K8S-immutable-fields
    def updating(self, resource: ResourceType, body: Object, old: Object) -> None:
        """Complete and check an object that replaces ``old``, in place.

        Raises:
            ApiError: 400 or 422, the object is invalid or changes an immutable field; 403, it is not
                admitted to its namespace.
        """
        self._complete(resource, body, old)
        self._check(resource, body, old)
        self._admit(resource, old["metadata"].get("namespace") or "", body, old)

    # belief: K8S-field-errors, K8S-optimistic-locking
    def _check(self, resource: ResourceType, body: Object, old: Object | None) -> None:
        name = body["metadata"].get("name") or ""
        if old is not None and needs_version(resource) and not body["metadata"].get("resourceVersion"):
            error = invalid("metadata.resourceVersion", 0, "must be specified for an update")
            raise refusal(resource.plural, resource.group, name, [error])
        for notice in () if resource.custom else deprecated(resource.kind, self._release):
            warn(notice)
        errors = field_errors(resource, body, old, self._release)
        if errors:
            raise refusal(resource.kind, resource.group, name, errors)
        check_stored(body)
        for advice in advice_on(resource, body, self._release):
            warn(advice)

    # belief: K8S-pod-security-labels, K8S-limit-ranges
    def _admit(self, resource: ResourceType, namespace: str, body: Object, old: Object | None) -> None:
        """Ask what comes after validation: limits, Pod Security, then quotas."""
        if (resource.group, resource.kind) == ("", "Namespace"):
            errors = list(label_errors(labels_in(body)))
            if errors and (old is None or errors != list(label_errors(labels_in(old)))):
                raise refusal(resource.kind, "", body["metadata"]["name"], errors)
        pod = (resource.group, resource.kind) == ("", "Pod") and old is None
        if pod and (problem := limit_ranges.problem(self._store, namespace, body)):
            raise forbidden(resource.plural, body["metadata"]["name"], problem)
        if namespace and (template := template_of(resource, body)) is not None:
            self._secure(resource, namespace, body, old, template)
        self.quotas.admit(resource, namespace, body, old)

    # belief: K8S-pod-security-standards
    def _secure(
        self, resource: ResourceType, namespace: str, body: Object, old: Object | None, template: Object
    ) -> None:
        """Refuse a pod that violates what its namespace enforces, and warn where it warns."""
        policy, minor = policy_of(labels_of(self._store, namespace)), self._release.minor
        if resource.kind == "Pod":
            if old is not None and images_of(body) == images_of(old):
                return
            if words := violation(template, policy.enforce, minor):
                reason = words.replace("violate ", "violates ", 1)
                raise forbidden(resource.plural, body["metadata"]["name"], reason)
        if words := violation(template, policy.warn, minor):
            warn(f"would {words}")

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
                _complete_workload(body)
            case "Service":
                _complete_service(body["spec"])
                self._allocation.assign(body, old)
            case "LimitRange":
                complete_limits(body)
            case "Secret":
                text = body.pop("stringData", None) or {}
                encoded = {key: base64.b64encode(value.encode()).decode() for key, value in text.items()}
                if encoded:
                    body["data"] = (body.get("data") or {}) | encoded
                body.setdefault("type", "Opaque")
            case "Namespace":
                body.setdefault("spec", {"finalizers": ["kubernetes"]})
                body["status"] = {"phase": "Active"}
                labels = body["metadata"].setdefault("labels", {})
                labels["kubernetes.io/metadata.name"] = body["metadata"]["name"]
            case "Node":
                # A client may leave both to the kubelet.
                body["spec"], body["status"] = body.get("spec") or {}, body.get("status") or {}
            case "CustomResourceDefinition":
                _complete_crd(body)


def _complete_service(spec: Object) -> None:
    for port in entries(spec, "ports"):
        port.setdefault("protocol", "TCP")
        if "port" in port:
            port.setdefault("targetPort", port["port"])


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


# belief: K8S-defaults
def _complete_workload(body: Object) -> None:
    spec = body["spec"]
    pod = mapping(spec, "template", "spec")
    if pod and not pod.get("restartPolicy"):
        pod["restartPolicy"] = "Always"
    strategy = mapping(spec, "strategy") or mapping(spec, "updateStrategy")
    if strategy.get("type") != "RollingUpdate" and strategy.get("rollingUpdate") in _ROLLING_DEFAULTS:
        strategy.pop("rollingUpdate", None)


def _fill(given: Object, defaults: Object) -> None:
    """Add what is missing, in place; null counts as missing."""
    for field, value in defaults.items():
        if given.get(field) is None:
            given[field] = copy.deepcopy(value)
        elif isinstance(value, dict):
            _fill(given[field], value)


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
