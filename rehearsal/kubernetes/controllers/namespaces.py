"""The end of namespaces: their content goes first, and finalizers are waited for.

https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/namespace/deletion/namespaced_resources_deleter.go
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rehearsal.kubernetes.backend import Objects
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.store import ObjectKey, now

KUBERNETES = "kubernetes"
"""The finalizer that stands for the content of a namespace."""

# belief: K8S-namespace-goes-with-content
_NO_FAILURES = (
    (
        "NamespaceDeletionDiscoveryFailure",
        "ResourcesDiscovered",
        "All resources successfully discovered",
    ),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
)


# belief: K8S-namespace-goes-with-content
def finish_namespaces(store: Objects) -> None:
    """Delete the content of terminating namespaces, and the namespaces that are empty."""
    for namespace in store.find("", "namespaces"):
        metadata, spec = namespace["metadata"], namespace.get("spec") or {}
        if not metadata.get("deletionTimestamp") or KUBERNETES not in (spec.get("finalizers") or ()):
            continue
        name = metadata["name"]
        for key in store.all_keys():
            found = store.get(key) if key.namespace == name else None
            if found and not found["metadata"].get("deletionTimestamp"):
                store.delete(key)
        left = [(key, found) for key, found in store.everything() if key.namespace == name]
        namespace["status"] = {
            "phase": "Terminating",
            "conditions": _conditions(left, (namespace.get("status") or {}).get("conditions") or ()),
        }
        if not left:
            namespace["spec"] = spec | {"finalizers": [e for e in spec["finalizers"] if e != KUBERNETES]}
        store.update(ObjectKey("", "namespaces", "", name), namespace)


def _conditions(left: list[tuple[ObjectKey, Object]], before: Iterable[Object]) -> list[Object]:
    conditions = [(kind, "False", reason, words) for kind, reason, words in _NO_FAILURES]
    conditions += [_remaining(left), _finalizers(left)]
    present = {each["type"]: each for each in before}
    result = []
    for kind, status, reason, message in conditions:
        new = {"type": kind, "status": status, "reason": reason, "message": message}
        old = present.get(kind, {})
        same = old.get("status") == status
        result.append(new | {"lastTransitionTime": old["lastTransitionTime"] if same else now()})
    return result


def _remaining(left: list[tuple[ObjectKey, Object]]) -> tuple[str, str, str, str]:
    kind = "NamespaceContentRemaining"
    if not left:
        return kind, "False", "ContentRemoved", "All content successfully removed"
    counts = Counter(f"{key.plural}.{key.group}" for key, _ in left)
    words = ", ".join(f"{what} has {number} resource instances" for what, number in sorted(counts.items()))
    return kind, "True", "SomeResourcesRemain", f"Some resources are remaining: {words}"


def _finalizers(left: list[tuple[ObjectKey, Object]]) -> tuple[str, str, str, str]:
    kind = "NamespaceFinalizersRemaining"
    counts = Counter(each for _, found in left for each in found["metadata"].get("finalizers") or ())
    if not counts:
        return kind, "False", "ContentHasNoFinalizers", "All content-preserving finalizers finished"
    words = ", ".join(f"{what} in {number} resource instances" for what, number in sorted(counts.items()))
    message = f"Some content in the namespace has finalizers remaining: {words}"
    return kind, "True", "SomeFinalizersRemain", message
