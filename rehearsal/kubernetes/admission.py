"""The API server's defaults and checks of an object before it is stored."""

from __future__ import annotations

import random
import uuid
from ipaddress import IPv4Network
from typing import Final

from rehearsal.kubernetes import limit_ranges
from rehearsal.kubernetes.allocation import Allocation
from rehearsal.kubernetes.custom.definitions import problems_of_definition
from rehearsal.kubernetes.custom.resources import CustomResources
from rehearsal.kubernetes.defaults import GENERATION, ROLLING_DEFAULTS, first_status
from rehearsal.kubernetes.errors import ApiError, forbidden, not_found
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.notices import warn
from rehearsal.kubernetes.pod_defaults import fill
from rehearsal.kubernetes.pod_security import label_errors, policy_of, violation
from rehearsal.kubernetes.pod_security.templates import advice_on, images_of, labels_in, template_of
from rehearsal.kubernetes.quotas import Quotas, labels_of
from rehearsal.kubernetes.resources import ResourceType
from rehearsal.kubernetes.sizes import check_stored
from rehearsal.kubernetes.store import ObjectKey, Store, now
from rehearsal.kubernetes.validation import Release, field_errors, needs_version, refusal
from rehearsal.kubernetes.validation.advice import deprecated
from rehearsal.kubernetes.validation.fields import invalid
from rehearsal.kubernetes.validation.values import mapping

SERVICES: Final = IPv4Network("172.20.0.0/16")
"""The range of Services of a cluster that asks for none."""

PERMANENT_NAMESPACES = ("default", "kube-system", "kube-public")


class Admission:
    """Checks and completes objects on their way into the store."""

    def __init__(self, store: Store, services: IPv4Network, version: str, custom: CustomResources) -> None:
        self._store, self._custom = store, custom
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
        if status := {} if resource.custom else first_status(body):
            body["status"] = body.get("status", {}) | status
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
        """Allot what the server decides, after the defaults: addresses, marks and states."""
        if resource.custom:
            self._custom.complete(resource, body, old)
            return
        match resource.kind:
            case "Pod":
                fill(body["spec"], priority=0, preemptionPolicy="PreemptLowerPriority")
            case "Deployment" | "DaemonSet" | "StatefulSet":
                _drop_spent_strategy(body["spec"])
                if old is not None and resource.kind == "DaemonSet":
                    _count_templates(body, old)
            case "Service":
                if body["spec"]["type"] != "ExternalName":
                    fill(body["spec"], ipFamilies=["IPv4"], ipFamilyPolicy="SingleStack")
                _drop_spent_affinity(body["spec"], (old or {}).get("spec") or {})
                self._allocation.assign(body, old)
            case "Namespace":
                if old is None:
                    finalizers = body["spec"].get("finalizers") or []
                    missing = [] if "kubernetes" in finalizers else ["kubernetes"]
                    body["spec"] = {"finalizers": [*missing, *finalizers]}
                    body["status"] = {"phase": "Active"}
            case "Job":
                if old is None and not body["spec"].get("manualSelector"):
                    _select_own_pods(body)
            case "CustomResourceDefinition":
                _complete_crd(body, old)


def _drop_spent_strategy(spec: Object) -> None:
    """Drop the defaults of rolling updates, where a client changes nothing but the type."""
    strategy = mapping(spec, "strategy") or mapping(spec, "updateStrategy")
    if strategy.get("type") != "RollingUpdate" and strategy.get("rollingUpdate") in ROLLING_DEFAULTS:
        strategy.pop("rollingUpdate", None)


def _drop_spent_affinity(spec: Object, old: Object) -> None:
    """Drop the times of a session affinity that a client turns off without a word about them."""
    spent = old.get("sessionAffinityConfig")
    if spec["sessionAffinity"] == "None" and spent and spec.get("sessionAffinityConfig") == spent:
        del spec["sessionAffinityConfig"]


def _count_templates(body: Object, old: Object) -> None:
    before = int(old["metadata"].get("annotations", {}).get(GENERATION, "1"))
    changed = body["spec"]["template"] != old["spec"]["template"]
    body["metadata"].setdefault("annotations", {})[GENERATION] = str(before + changed)


def _select_own_pods(job: Object) -> None:
    """Give a Job's pods its labels, by which it finds them:
    https://kubernetes.io/docs/concepts/workloads/controllers/job/#specifying-your-own-pod-selector.
    """
    metadata, spec = job["metadata"], job["spec"]
    uid = metadata["uid"] = str(uuid.uuid4())
    marks = {"controller-uid": uid, "job-name": metadata["name"]}
    marks |= {f"batch.kubernetes.io/{name}": value for name, value in marks.items()}
    labels = spec["template"].setdefault("metadata", {}).setdefault("labels", {})
    labels |= marks
    metadata["labels"] = metadata.get("labels") or dict(labels)
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}


# belief: K8S-definitions-are-structural
def _complete_crd(body: Object, old: Object | None) -> None:
    """Check a definition, and establish it at once.

    Raises:
        ApiError: 422, the definition is invalid.
    """
    name, spec = body["metadata"]["name"], body["spec"]
    if found := problems_of_definition(body, old):
        raise refusal("CustomResourceDefinition", "apiextensions.k8s.io", name, found)
    before = (old or {}).get("status") or {}
    stored = [version["name"] for version in spec["versions"] if version.get("storage")]
    status = {
        "acceptedNames": spec["names"],
        "storedVersions": list(dict.fromkeys([*before.get("storedVersions", ()), *stored])),
        "conditions": [
            {"type": kind, "status": "True", "reason": reason, "lastTransitionTime": now(), "message": text}
            for kind, reason, text in (
                ("NamesAccepted", "NoConflicts", "no conflicts found"),
                ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
            )
        ],
    }
    body["status"] = status | ({"conditions": before["conditions"]} if before.get("conditions") else {})
