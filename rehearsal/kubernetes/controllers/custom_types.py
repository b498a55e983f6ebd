"""The end of CustomResourceDefinitions: their objects go first.

https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiextensions-apiserver/pkg/controller/finalizer/crd_finalizer.go
"""

from __future__ import annotations

from rehearsal.kubernetes.backend import Objects
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.store import ObjectKey, now

FINALIZER = "customresourcecleanup.apiextensions.k8s.io"
_CRDS = ("apiextensions.k8s.io", "customresourcedefinitions")


# belief: K8S-crd-adds-a-type
def finish_custom_types(store: Objects) -> None:
    """Give each definition its finalizer, and let a deleted one go when its objects are gone."""
    for crd in store.find(*_CRDS):
        metadata = crd["metadata"]
        finalizers = metadata.get("finalizers") or []
        key = ObjectKey(*_CRDS, "", metadata["name"])
        if not metadata.get("deletionTimestamp"):
            if FINALIZER not in finalizers:
                metadata["finalizers"] = [*finalizers, FINALIZER]
                store.update(key, crd)
        elif FINALIZER in finalizers:
            place = (crd["spec"]["group"], crd["spec"]["names"]["plural"])
            _delete_all(store, place)
            if any(each[:2] == place for each, _ in store.everything()):
                _tell(crd)
            else:
                metadata["finalizers"] = [each for each in finalizers if each != FINALIZER]
            store.update(key, crd)


def _delete_all(store: Objects, place: tuple[str, str]) -> None:
    for key in store.all_keys():
        found = store.get(key) if key[:2] == place else None
        if found is not None and not found["metadata"].get("deletionTimestamp"):
            store.delete(key)


def _tell(crd: Object) -> None:
    conditions = crd.setdefault("status", {}).setdefault("conditions", [])
    if not any(each["type"] == "Terminating" for each in conditions):
        conditions.append(
            {
                "type": "Terminating",
                "status": "True",
                "reason": "InstanceDeletionInProgress",
                "message": "CustomResource deletion is in progress",
                "lastTransitionTime": now(),
            }
        )
