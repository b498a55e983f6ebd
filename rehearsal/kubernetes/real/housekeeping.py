"""What kube-controller-manager does for every object, for a server that runs without it.

- The content of a namespace that is being deleted goes first, and then the namespace.
- What belongs to an object goes with it, by `ownerReferences`
  (https://kubernetes.io/docs/concepts/architecture/garbage-collection/), before it (`Foreground`), or stays
  without it (`Orphan`).
- ClusterRoles that gather others have the rules of these
  (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles).

ServiceAccounts and the root certificates of namespaces are in `kubernetes/cluster.py`: the embedded API needs
them as well.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Final

from rehearsal.kubernetes.authorization import RBAC
from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.real.connection import Reply
from rehearsal.kubernetes.real.places import Collection, address_of, type_of
from rehearsal.kubernetes.real.remote_store import RemoteStore
from rehearsal.kubernetes.resources import ResourceTypes
from rehearsal.kubernetes.selectors import matches_label_selector
from rehearsal.kubernetes.store import ObjectKey, key_of

_OWNED: Final = b"ownerReferences"
_FOREGROUND: Final = "foregroundDeletion"
_ORPHAN: Final = "orphan"


class Housekeeping:
    """Cleans up after deletions. Call it with the store's lock held.

    Args:
        store: The objects.
        types: The types that are served.
    """

    def __init__(self, store: RemoteStore, types: ResourceTypes) -> None:
        self._store, self._types = store, types
        # The model makes ReplicaSets; other types with owners are noticed when they are written.
        self._with_owners: set[Collection] = {("apps", "replicasets")}
        self._with_deletions: set[Collection] = set()

    def noticed(self, method: str, path: str, reply: Reply) -> None:
        """Look at a call that changed something."""
        address = address_of(path)
        if address is None:
            return
        collection = address.collection
        binary = not reply.content.lstrip().startswith(b"{")
        if binary or _OWNED in reply.content:
            self._with_owners.add(collection)
        if method == "DELETE":
            self._with_deletions.add(collection)

    def reconcile(self) -> None:
        """Do what there is to do now; what waits for others is done in a later call."""
        for namespace in list(self._store.peek("", "namespaces")):
            if "deletionTimestamp" in namespace["metadata"]:
                self._empty(namespace)
        for collection in list(self._with_deletions):
            waiting = [found for found in self._held(collection) if self._let_go(collection, found)]
            if not waiting:
                self._with_deletions.discard(collection)
        self._collect_garbage()
        self._aggregate()

    # ------------------------------------------------------------------ namespaces

    # belief: K8S-namespace-goes-with-content
    def _empty(self, namespace: Object) -> None:
        name, server = namespace["metadata"]["name"], self._store.server
        left = False
        for path in list(self._listable(name)):
            for item in server.ask("GET", path)["items"]:
                if "deletionTimestamp" not in item["metadata"]:
                    server.ask("DELETE", f"{path}/{item['metadata']['name']}?propagationPolicy=Background")
            left = bool(server.ask("GET", path)["items"]) or left
        self._store.forget_all()
        if not left:
            path = f"/api/v1/namespaces/{name}/finalize"
            server.ask("PUT", path, namespace | {"spec": namespace["spec"] | {"finalizers": []}})
            self._store.revision += 1

    def _listable(self, namespace: str) -> Iterator[str]:
        """The paths of all types whose objects can be listed and deleted in a namespace."""
        server = self._store.server
        groups = server.ask("GET", "/apis")["groups"]
        roots = ["/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups)]
        for root in roots:
            for resource in server.ask("GET", root)["resources"]:
                if resource["namespaced"] and {"list", "delete"} <= set(resource["verbs"]):
                    yield f"{root}/namespaces/{namespace}/{resource['name']}"

    # ------------------------------------------------------------------ owners

    # belief: K8S-garbage-collection
    def _collect_garbage(self) -> None:
        """Delete what has owners, and lost all of them."""
        for collection in sorted(self._with_owners):
            for found in list(self._store.peek(*collection)):
                owners = found["metadata"].get("ownerReferences")
                going = "deletionTimestamp" in found["metadata"]
                if owners and not going and not any(self._is_there(owner, found) for owner in owners):
                    self._delete(collection, found)

    def _is_there(self, owner: Object, of: Object) -> bool:
        """Whether an owner exists, by its uid; one of an unknown type counts as there."""
        group = owner["apiVersion"].rpartition("/")[0]
        for served in self._types:
            if (served.group, served.kind) == (group, owner["kind"]):
                found = self._store.get(key_of(served, of["metadata"].get("namespace"), owner["name"]))
                return found is not None and found["metadata"]["uid"] == owner["uid"]
        return True

    def _held(self, collection: Collection) -> list[Object]:
        """The objects that are being deleted, and wait for the garbage collector."""
        waits = {_FOREGROUND, _ORPHAN}
        return [
            found
            for found in self._store.peek(*collection)
            if "deletionTimestamp" in found["metadata"]
            and waits & set(found["metadata"].get("finalizers") or ())
        ]

    # belief: K8S-garbage-collection
    def _let_go(self, collection: Collection, owner: Object) -> bool:
        """Take care of what belongs to an object; whether the object still waits."""
        uid, finalizers = owner["metadata"]["uid"], owner["metadata"]["finalizers"]
        waits = False
        for kind in sorted(self._with_owners):
            for found in list(self._store.peek(*kind)):
                references = found["metadata"].get("ownerReferences") or []
                if all(reference["uid"] != uid for reference in references):
                    continue
                if _ORPHAN in finalizers:
                    rest = [reference for reference in references if reference["uid"] != uid]
                    self._write(kind, found, ownerReferences=rest)
                else:
                    waits = self._delete(kind, found) or waits
        if not waits:
            rest = [each for each in finalizers if each not in (_FOREGROUND, _ORPHAN)]
            self._write(collection, owner, finalizers=rest)
        return waits

    def _delete(self, collection: Collection, found: Object) -> bool:
        """Delete an object; whether it waits for its own finalizers."""
        key = self._key(collection, found)
        if "deletionTimestamp" not in found["metadata"]:
            try:
                self._store.delete(key)
            except ApiError as error:
                if error.code != 404:
                    raise
        return self._store.get(key) is not None

    def _write(self, collection: Collection, found: Object, **metadata: object) -> None:
        new = copy.deepcopy(found)
        new["metadata"] |= metadata
        self._store.update(self._key(collection, found), new)

    def _key(self, collection: Collection, found: Object) -> ObjectKey:
        metadata = found["metadata"]
        return key_of(type_of(self._types, collection), metadata.get("namespace"), metadata["name"])

    # ------------------------------------------------------------------ roles

    # belief: K8S-aggregated-roles
    def _aggregate(self) -> None:
        roles = list(self._store.peek(RBAC, "clusterroles"))
        for role in roles:
            selectors = (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ()
            if not selectors:
                continue
            rules: list[Object] = []
            for other in roles:
                labels = other["metadata"].get("labels") or {}
                if other is not role and any(matches_label_selector(each, labels) for each in selectors):
                    rules += [rule for rule in other.get("rules") or () if rule not in rules]
            if rules != (role.get("rules") or []):
                key = ObjectKey(RBAC, "clusterroles", "", role["metadata"]["name"])
                self._store.update(key, role | {"rules": rules})
