"""The objects of a real API server, as the model of nodes and workloads reads and writes them.

What was read is kept until somebody changes it. Every change passes through this process: by `front.py`, or
from here. So what is kept is what the server has. The exception is what is being deleted, which the server
ends by itself: that is never kept.
"""

# belief: K8S-optimistic-locking

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from typing import Any, Final

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.real.connection import Connection, query
from rehearsal.kubernetes.real.places import Address, Collection, address_of, path_of, path_of_key, type_of
from rehearsal.kubernetes.resources import ResourceType, ResourceTypes
from rehearsal.kubernetes.store import ObjectKey, key_of

MANAGER: Final = "kube-controller-manager"
"""Manages the fields that the model writes."""

NAMESPACES: Final = ("", "namespaces")
CRDS: Final = ("apiextensions.k8s.io", "customresourcedefinitions")
_NOT_OURS: Final = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")


class RemoteStore:
    """Reads and writes as an administrator. Hold ``lock`` to do several things as one step.

    Args:
        types: The types that the server serves.
        server: The server.

    Attributes:
        lock: May be taken again by whoever holds it.
        revision: Grows with each change that is made here.
    """

    def __init__(self, types: ResourceTypes, server: Connection) -> None:
        self.server = server
        self.lock = threading.RLock()
        self.revision = 0
        self._types = types
        self._lists: dict[Collection, dict[ObjectKey, Object]] = {}
        self._single: dict[ObjectKey, Object | None] = {}

    def forget(self, path: str) -> None:
        """Read again what a path is about when it is next asked for; somebody has changed it."""
        address = address_of(path)
        with self.lock:
            if address is None:
                self.forget_all()
                return
            if address.collection == CRDS:
                self._forget_custom()
            self._lists.pop(address.collection, None)
            for key in [key for key in self._single if _is_at(key, address)]:
                del self._single[key]

    def _forget_custom(self) -> None:
        """Read all custom resources again: with a definition, all objects of its type may come and go."""
        built_in = {(served.group, served.plural) for served in self._types if not served.custom}
        for collection in set(self._lists) - built_in:
            del self._lists[collection]
        for key in [key for key in self._single if key[:2] not in built_in]:
            del self._single[key]

    def forget_all(self) -> None:
        """Read everything again when it is next asked for."""
        with self.lock:
            self._lists.clear()
            self._single.clear()

    def get(self, key: ObjectKey) -> Object | None:
        """A copy of the object, or None."""
        with self.lock:
            known = self._lists.get((key.group, key.plural))
            if known is not None:
                return copy.deepcopy(known.get(key))
            if key not in self._single:
                found = self._read(key)
                if found is not None and _is_going(found):
                    return found
                self._single[key] = found
            return copy.deepcopy(self._single[key])

    def find(self, group: str, plural: str, namespace: str | None = None) -> list[Object]:
        """Copies of all objects of a type, of one namespace or of all, sorted by namespace and name."""
        with self.lock:
            return [copy.deepcopy(found) for found in self.peek(group, plural, namespace)]

    def peek(self, group: str, plural: str, namespace: str | None = None) -> Iterator[Object]:
        """The same objects without copies, for whoever holds ``lock``, only reads them and keeps none."""
        known = self._lists.get((group, plural))
        if known is None:
            known = self._list((group, plural))
            if not any(map(_is_going, known.values())):
                self._lists[group, plural] = known
        for key in sorted(known):
            if namespace is None or key.namespace == namespace:
                yield known[key]

    def everything(self) -> Iterator[tuple[ObjectKey, Object]]:
        """All objects that can be deleted, without copies, for whoever holds ``lock`` and only reads them."""
        for served in list(self._types):
            # The second group shows the Events of the first.
            if served.group != "events.k8s.io" and {"list", "delete"} <= set(served.verbs):
                for found in list(self.peek(served.group, served.plural)):
                    metadata = found["metadata"]
                    yield key_of(served, metadata.get("namespace"), metadata["name"]), found

    def all_keys(self) -> list[ObjectKey]:
        """All keys of objects that can be deleted, sorted."""
        with self.lock:
            return sorted({key for key, _ in self.everything()})

    def create(self, key: ObjectKey, new: Object, *, dry_run: bool = False, manager: str = MANAGER) -> Object:
        """Create an object, with its status, as a manager of its fields.

        In a namespace that is being deleted nothing is created, and the object is returned as it would be:
        a controller of Kubernetes goes on likewise.

        Raises:
            ApiError: The object exists already, or is invalid.
        """
        with self.lock:
            resource = type_of(self._types, (key.group, key.plural))
            body: Object = {"apiVersion": resource.group_version, "kind": resource.kind} | copy.deepcopy(new)
            metadata = body.setdefault("metadata", {})
            metadata["name"] = key.name
            if resource.namespaced:
                metadata["namespace"] = key.namespace
            try:
                stored = self._send("POST", path_of(resource, key.namespace), body, manager, dry_run)
            except ApiError as error:
                # belief: K8S-namespace-goes-with-content
                if not _is_terminating(error):
                    raise
                metadata.setdefault("generation", 1)
                return body
            if not dry_run:
                stored = self._with_status(resource, key, body, stored)
                self._changed(key, stored)
            return stored

    def update(self, key: ObjectKey, new: Object, *, dry_run: bool = False, manager: str = MANAGER) -> Object:
        """Replace an object and its status, each if it differs, as a manager of its fields.

        Raises:
            ApiError: The object is missing, invalid, or has changed since it was read.
        """
        with self.lock:
            resource = type_of(self._types, (key.group, key.plural))
            stored = self.get(key)
            if stored is None and "uid" not in new["metadata"]:
                return copy.deepcopy(new)  # it could not be created, see there
            # An object that is gone is refused by the server, in its words.
            before = stored or {}
            if key[:2] == NAMESPACES and _finalizers(new) != _finalizers(before):
                return self._finalize(resource, key, new, before)
            if stored is None or _without_status(new, resource) != _without_status(before, resource):
                stored = self._send("PUT", path_of_key(self._types, key), new, manager, dry_run)
            if not dry_run:
                stored = self._with_status(resource, key, new, stored)
                if _version(stored) != _version(before):
                    self._changed(key, stored)
            return copy.deepcopy(stored)

    def _finalize(self, resource: ResourceType, key: ObjectKey, new: Object, before: Object) -> Object:
        """Write a namespace's status, and the finalizers of its spec, which have a path of their own."""
        after = self._with_status(resource, key, new, before)
        metadata = new["metadata"] | {"resourceVersion": _version(after)}
        path = path_of_key(self._types, key) + "/finalize"
        stored = self._send("PUT", path, new | {"metadata": metadata}, MANAGER)
        self._changed(key, stored)
        return stored

    def delete(self, key: ObjectKey, *, dry_run: bool = False) -> Object:
        """Delete an object. What belongs to it goes by the garbage collector.

        Raises:
            ApiError: The object is missing.
        """
        with self.lock:
            last = self._read(key)
            path = path_of_key(self._types, key)
            try:
                self.server.ask("DELETE", query(path, {"propagationPolicy": "Background"} | _dry(dry_run)))
            finally:
                # Also when it has gone by itself.
                self.forget(path)
            self.revision += not dry_run
            return last or {"metadata": {"name": key.name, "uid": ""}}

    def _read(self, key: ObjectKey) -> Object | None:
        try:
            return self.server.ask("GET", path_of_key(self._types, key))
        except LookupError:
            return None
        except ApiError as error:
            if error.code == 404:
                return None
            raise

    def _list(self, collection: Collection) -> dict[ObjectKey, Object]:
        try:
            resource = type_of(self._types, collection)
        except LookupError:
            return {}
        try:
            items = self.server.ask("GET", path_of(resource))["items"]
        except ApiError as error:
            # Its CRD went, or is not served yet; or it is a type of another release than the server's.
            if error.code == 404:
                return {}
            raise
        found = {}
        for item in items:
            metadata = item["metadata"]
            # Items of a list do not say what they are.
            item = {"apiVersion": resource.group_version, "kind": resource.kind} | item
            found[key_of(resource, metadata.get("namespace"), metadata["name"])] = item
        return found

    def _with_status(self, resource: ResourceType, key: ObjectKey, wanted: Object, stored: Object) -> Object:
        """Write the status, which its type may keep behind a path of its own."""
        status = wanted.get("status")
        if status is None or "status" not in resource.subresources:
            return stored
        if _plain(status, resource) == _plain(stored.get("status") or {}, resource):
            return stored
        path = path_of_key(self._types, key) + "/status"
        return self._send("PUT", path, stored | {"status": status}, MANAGER)

    def _send(self, method: str, path: str, body: Object, manager: str, dry_run: bool = False) -> Object:
        return self.server.ask(method, query(path, {"fieldManager": manager} | _dry(dry_run)), body)

    def _changed(self, key: ObjectKey, stored: Object) -> None:
        self.revision += 1
        collection = (key.group, key.plural)
        if collection == CRDS:
            self._forget_custom()
        if _is_going(stored):
            self._lists.pop(collection, None)
            self._single.pop(key, None)
        elif collection in self._lists:
            self._lists[collection][key] = copy.deepcopy(stored)
        else:
            self._single[key] = copy.deepcopy(stored)


def _is_at(key: ObjectKey, address: Address) -> bool:
    """Whether a key may be of what an address is about."""
    return (
        (key.group, key.plural) == address.collection
        and address.namespace in ("", key.namespace)
        and address.name in ("", key.name)
    )


def _dry(dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}


def _finalizers(namespace: Object) -> list[str]:
    return list((namespace.get("spec") or {}).get("finalizers") or ())


def _is_going(found: Object) -> bool:
    return "deletionTimestamp" in found["metadata"]


def _is_terminating(error: ApiError) -> bool:
    causes = error.details.get("causes") or ()
    return error.code == 403 and any(each.get("reason") == "NamespaceTerminating" for each in causes)


def _version(found: Object) -> str | None:
    version: str | None = found.get("metadata", {}).get("resourceVersion")
    return version


def _without_status(found: Object, resource: ResourceType) -> Any:
    """What an update of the object itself can change, to compare it."""
    rest = {field: value for field, value in found.items() if field not in ("apiVersion", "kind")}
    if "status" in resource.subresources:
        rest.pop("status", None)
    metadata = rest.get("metadata") or {}
    rest["metadata"] = {field: value for field, value in metadata.items() if field not in _NOT_OURS}
    return _plain(rest, resource)


def _plain(value: Any, resource: ResourceType) -> Any:
    """A value to compare: without what is empty, and in built-in types without zeros: neither is stored."""
    if isinstance(value, dict):
        found = {field: _plain(each, resource) for field, each in value.items()}
        return {field: each for field, each in found.items() if not _is_empty(each, resource)}
    if isinstance(value, list):
        return [_plain(each, resource) for each in value]
    return value


def _is_empty(value: Any, resource: ResourceType) -> bool:
    if value is None or (isinstance(value, dict | list) and not value):
        return True
    return not resource.custom and isinstance(value, int) and not value
