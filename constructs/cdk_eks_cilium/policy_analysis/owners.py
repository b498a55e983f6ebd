"""Which workload a pod belongs to: the owner at the end of its chain of owners, known or guessed.

A pod has only its next owner, such as a ReplicaSet, whose name Kubernetes makes of the Deployment's and a
hash (https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pod-template-hash-label), and a
CronJob names a Job after itself and the minute that it is for (`getJobName` in Kubernetes'
``pkg/controller/cronjob/utils.go``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cdk_eks_cilium.policy.documents import Document

from .pod_makers import POD_MAKERS, named_template

_HASHES: Final = {"pod-template-hash": "Deployment", "rollouts-pod-template-hash": "Rollout"}
_JOB: Final = re.compile(r"(?P<name>.+)-\d{8,}")
# What makes pods for somebody else: whatever controls it is the workload.
_BETWEEN: Final = frozenset({"Pod", "ReplicaSet", "Job", "ReplicationController"})
_MIRROR: Final = "kubernetes.io/config.mirror"
STATIC: Final = "StaticPod"
"""The kind of pods that each node runs by itself."""


@dataclass(frozen=True, order=True)
class OwnerKey:
    """An object that owns others."""

    namespace: str
    kind: str
    name: str


def key_of(document: Document) -> OwnerKey:
    """The key of an object."""
    metadata = document.data.get("metadata")
    named = metadata if isinstance(metadata, Mapping) else {}
    return OwnerKey(str(named.get("namespace") or "default"), document.kind, str(named.get("name")))


@dataclass
class Owners:
    """The objects that own others, by key.

    Attributes:
        documents: The objects that make pods.
    """

    documents: Mapping[OwnerKey, Document] = field(default_factory=dict)

    def root(self, document: Document) -> OwnerKey:
        """The workload that an object belongs to, which is the object itself if nothing owns it."""
        key, seen = key_of(document), set()
        above: Document | None = document
        while above is not None and key not in seen:
            seen.add(key)
            owner = self._owner(above)
            known = self.documents.get(owner) if owner else None
            if owner is None or (known is None and above.kind not in _BETWEEN):
                break
            key, above = owner, known
        return self._renamed(key)

    def has_other_template(self, document: Document) -> bool:
        """Whether an object uses the template of another, which stands for both."""
        key = key_of(document)
        return self._renamed(key) != key

    def _renamed(self, key: OwnerKey) -> OwnerKey:
        """The object whose template a Rollout uses, if that is known."""
        document = self.documents.get(key)
        named = named_template(document) if document else None
        other = OwnerKey(key.namespace, *named) if named else key
        return other if other in self.documents else key

    def _owner(self, document: Document) -> OwnerKey | None:
        """The object that controls another, as far as anybody can tell."""
        key = key_of(document)
        metadata = _mapping(document.data.get("metadata"))
        if _MIRROR in _mapping(metadata.get("annotations")):
            node = str(_mapping(document.data.get("spec")).get("nodeName"))
            return OwnerKey(key.namespace, STATIC, key.name.removesuffix(f"-{node}"))
        given = metadata.get("ownerReferences")
        owners = [each for each in given if isinstance(each, Mapping)] if isinstance(given, list) else []
        if not owners:
            return None
        owner = next((each for each in owners if each.get("controller")), owners[0])
        found = OwnerKey(key.namespace, str(owner.get("kind")), str(owner.get("name")))
        return found if found in self.documents else _guessed(found, _mapping(metadata.get("labels")))


def _guessed(owner: OwnerKey, labels: Mapping[str, Any]) -> OwnerKey:
    """The owner of an owner that nobody described, by the name; the owner itself without a guess."""
    if owner.kind == "ReplicaSet":
        for label, kind in _HASHES.items():
            suffix = f"-{labels.get(label)}"
            if label in labels and owner.name.endswith(suffix):
                return OwnerKey(owner.namespace, kind, owner.name.removesuffix(suffix))
    if owner.kind == "Job" and (match := _JOB.fullmatch(owner.name)):
        return OwnerKey(owner.namespace, "CronJob", match["name"])
    return owner


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def is_scaled_down(document: Document) -> bool:
    """Whether an object has no pods because its owner scaled it down, such as an old ReplicaSet."""
    spec = _mapping(document.data.get("spec"))
    owned = bool(_mapping(document.data.get("metadata")).get("ownerReferences"))
    return document.kind in _BETWEEN and owned and spec.get("replicas") == 0


def has_ended(document: Document) -> bool:
    """Whether an object is a pod, or a Job, that has ended.

    https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase
    """
    status = _mapping(document.data.get("status"))
    if document.kind == "Pod":
        return status.get("phase") in ("Succeeded", "Failed")
    owned = bool(_mapping(document.data.get("metadata")).get("ownerReferences"))
    return document.kind == "Job" and owned and "completionTime" in status


def makes_pods(document: Document) -> bool:
    """Whether an object is a pod, or makes pods."""
    return document.kind == "Pod" or document.kind in POD_MAKERS
