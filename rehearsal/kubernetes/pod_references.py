"""What a pod names and must exist when it is made: its account and its class of priority.

https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#serviceaccount and #priority.
Only pods that clients make are asked; a workload's account that is missing shows in its own checks.
"""

# belief: K8S-pods-name-what-exists

from __future__ import annotations

from typing import Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.store import ObjectKey, Store
from rehearsal.kubernetes.validation.values import mapping, text

#: Every cluster has them.
_SYSTEM: Final = ("system-node-critical", "system-cluster-critical")


# belief: K8S-pods-name-what-exists
def missing(store: Store, namespace: str, pod: Object) -> str | None:
    """Why a pod is forbidden that names what does not exist, or None."""
    spec = mapping(pod, "spec")
    account, priority = text(spec, "serviceAccountName", "default"), text(spec, "priorityClassName")
    if store.get(ObjectKey("", "serviceaccounts", namespace, account)) is None:
        return f'error looking up service account {namespace}/{account}: serviceaccount "{account}" not found'
    key = ObjectKey("scheduling.k8s.io", "priorityclasses", "", priority)
    if priority and priority not in _SYSTEM and store.get(key) is None:
        return f"no PriorityClass with name {priority} was found"
    return None
