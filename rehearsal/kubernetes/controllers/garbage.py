"""The garbage collector: dependents follow their owners.

https://kubernetes.io/docs/concepts/architecture/garbage-collection/
"""

from __future__ import annotations

import copy
from collections.abc import Iterable

from rehearsal.kubernetes.backend import Objects
from rehearsal.kubernetes.deletion import FOREGROUND, ORPHAN
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.store import ObjectKey


# belief: K8S-garbage-collection
def collect_garbage(store: Objects) -> None:
    """Delete objects without a living owner; go on with deletions that wait for dependents or orphan them."""
    living = {found["metadata"]["uid"]: found for _, found in store.everything()}
    owned = [(key, found) for key, found in store.everything() if found["metadata"].get("ownerReferences")]
    ending = [
        (key, found)
        for key, found in store.everything()
        if found["metadata"].get("deletionTimestamp")
        and {FOREGROUND, ORPHAN} & set(found["metadata"].get("finalizers") or ())
    ]
    for key, found in ending:
        dependents = [(of, each) for of, each in owned if found["metadata"]["uid"] in _owners(each)]
        if ORPHAN in found["metadata"]["finalizers"]:
            _orphan(store, found["metadata"]["uid"], dependents)
            _let_go(store, key, ORPHAN)
        else:
            _delete_first(store, key, found, dependents)
    for key, found in owned:
        owners = _owners(found)
        if not any(uid in living for uid in owners) and not found["metadata"].get("deletionTimestamp"):
            _delete(store, key)


def _owners(found: Object) -> list[str]:
    return [reference.get("uid", "") for reference in found["metadata"].get("ownerReferences") or ()]


def _delete_first(
    store: Objects, key: ObjectKey, owner: Object, dependents: list[tuple[ObjectKey, Object]]
) -> None:
    """Delete what a deleted owner waits for, and let the owner go when nothing holds it."""
    uid = owner["metadata"]["uid"]
    waits = False
    for of, dependent in dependents:
        references = dependent["metadata"]["ownerReferences"]
        if len(references) == 1 and not dependent["metadata"].get("deletionTimestamp"):
            _delete(store, of)
        blocks = any(each.get("uid") == uid and each.get("blockOwnerDeletion") for each in references)
        waits = waits or (blocks and store.get(of) is not None)
    if not waits:
        _let_go(store, key, FOREGROUND)


def _orphan(store: Objects, uid: str, dependents: Iterable[tuple[ObjectKey, Object]]) -> None:
    for key, dependent in dependents:
        new = copy.deepcopy(dependent)
        references = [each for each in new["metadata"]["ownerReferences"] if each.get("uid") != uid]
        new["metadata"]["ownerReferences"] = references
        if not references:
            del new["metadata"]["ownerReferences"]
        store.update(key, new)


def _let_go(store: Objects, key: ObjectKey, finalizer: str) -> None:
    found = store.get(key)
    if found is not None:
        left = [each for each in found["metadata"].get("finalizers") or () if each != finalizer]
        found["metadata"]["finalizers"] = left
        store.update(key, found)


def _delete(store: Objects, key: ObjectKey) -> None:
    if store.get(key) is not None:
        store.delete(key)
