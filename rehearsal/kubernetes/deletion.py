"""Deletion by clients: preconditions, and what the finalizers of the garbage collector become.

https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go
"""

# belief: K8S-delete-options

from __future__ import annotations

from typing import Final

from rehearsal.kubernetes.calls import Target
from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.options import DeleteOptions
from rehearsal.kubernetes.resources import ResourceType
from rehearsal.kubernetes.store import Store

ORPHAN: Final = "orphan"
FOREGROUND: Final = "foregroundDeletion"
# Types whose dependents stay where nobody asks for anything else.
_ORPHANED: Final = {("batch", "Job"), ("", "ReplicationController")}
# Types that a deletion answers with the object, and not with a Status.
_RETURNED: Final = {
    "resourcequotas",
    "persistentvolumes",
    "persistentvolumeclaims",
    "serviceaccounts",
    "namespaces",
    "pods",
    "services",
    "podtemplates",
    "csidrivers",
    "csinodes",
    "storageclasses",
    "volumeattachments",
    "volumeattributesclasses",
    "resourceclaims",
    "resourceclaimtemplates",
    "resourceslices",
    "deviceclasses",
}


def delete(store: Store, target: Target, found: Object, options: DeleteOptions) -> Object:
    """Delete an object, or mark it where finalizers keep it; what the client gets.

    Raises:
        ApiError: 409, it is not the object that the preconditions name.
    """
    _check(target.resource, target.name, found, options)
    finalizers = finalizers_of(target.resource, found, options.policy)
    gone = store.delete(target.key, dry_run=options.dry_run, finalizers=finalizers)
    if finalizers or target.resource.plural in _RETURNED:
        return gone
    details = {
        "name": target.name,
        "group": target.resource.group,
        "kind": target.resource.plural,
        "uid": found["metadata"]["uid"],
    }
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {key: value for key, value in details.items() if value},
    }


# belief: K8S-garbage-collection
def finalizers_of(resource: ResourceType, found: Object, policy: str) -> list[str]:
    """The finalizers of an object that is deleted with a policy; empty for the type's default."""
    present = found["metadata"].get("finalizers") or []
    orphans, foreground = ORPHAN in present, FOREGROUND in present
    if policy:
        orphans, foreground = policy == "Orphan", policy == "Foreground"
    elif not orphans and not foreground:
        orphans = (resource.group, resource.kind) in _ORPHANED
    kept = [each for each in present if each not in (ORPHAN, FOREGROUND)]
    return kept + [ORPHAN] * orphans + [FOREGROUND] * foreground


# belief: K8S-optimistic-locking
def _check(resource: ResourceType, name: str, found: Object, options: DeleteOptions) -> None:
    metadata = found["metadata"]
    qualified = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    begin = f'Operation cannot be fulfilled on {qualified} "{name}": the '
    if options.uid and options.uid != metadata["uid"]:
        words = (
            f"UID in the precondition ({options.uid}) does not match the UID in record ({metadata['uid']}). "
        )
        end = "The object might have been deleted and then recreated"
    elif options.version and options.version != metadata["resourceVersion"]:
        versions = options.version, metadata["resourceVersion"]
        words = "ResourceVersion in the precondition ({}) does not match the ResourceVersion in record ({}). "
        words, end = words.format(*versions), "The object might have been modified"
    else:
        return
    raise ApiError(409, "Conflict", begin + words + end, name=name, group=resource.group, kind=resource.kind)
