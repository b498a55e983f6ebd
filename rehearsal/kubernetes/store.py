"""The store of objects: versions, identities, and a log of changes that watches read."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from rehearsal.kubernetes.errors import ApiError, conflict, not_found
from rehearsal.kubernetes.model import Object, copied
from rehearsal.kubernetes.resources import ResourceType


class ObjectKey(NamedTuple):
    """The place of an object. It has no version, because all versions show the same object."""

    group: str
    plural: str
    namespace: str
    name: str

    @property
    def qualified(self) -> str:
        """The plural with its group, as error messages write it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


@dataclass(frozen=True)
class StoredChange:
    """One entry of the log; ``before`` is the object as it was, None for an addition."""

    revision: int
    type: str
    key: ObjectKey
    object: Object
    before: Object | None


def now() -> str:
    """The time as Kubernetes writes it."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def key_of(resource: ResourceType, namespace: str | None, name: str) -> ObjectKey:
    """The key of an object of this type."""
    return ObjectKey(resource.group, resource.plural, (namespace or "") if resource.namespaced else "", name)


class Store:
    """All objects. Every method takes ``lock``; hold it to do several things as one step.

    The store copies every object that goes in or out. ``changed`` is notified after every change.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.revision = 1
        self.log: list[StoredChange] = []
        self.on_delete: list[Callable[[ObjectKey, Object], None]] = []
        self._objects: dict[ObjectKey, Object] = {}

    def get(self, key: ObjectKey) -> Object | None:
        """A copy of the object, or None."""
        with self.lock:
            return copied(self._objects.get(key))

    def find(self, group: str, plural: str, namespace: str | None = None) -> list[Object]:
        """Copies of all objects of a type, of one namespace or of all, sorted by namespace and name."""
        with self.lock:
            keys = [key for key in self._objects if (key.group, key.plural) == (group, plural)]
            picked = sorted(key for key in keys if namespace is None or key.namespace == namespace)
            return [copied(self._objects[key]) for key in picked]

    def all_keys(self) -> list[ObjectKey]:
        """All keys, sorted."""
        with self.lock:
            return sorted(self._objects)

    # belief: K8S-optimistic-locking
    def create(self, key: ObjectKey, new: Object, *, dry_run: bool = False) -> Object:
        """Store a new object.

        Raises:
            ApiError: 409, the object exists already.
        """
        with self.lock:
            if key in self._objects:
                message = f'{key.qualified} "{key.name}" already exists'
                raise ApiError(409, "AlreadyExists", message, name=key.name)
            new = copied(new)
            metadata = new.setdefault("metadata", {})
            metadata["name"] = key.name
            if key.namespace:
                metadata["namespace"] = key.namespace
            _drop_empty(metadata)
            # A Job has its uid before, because its selector names it.
            metadata["uid"] = metadata.get("uid") or str(uuid.uuid4())
            metadata["creationTimestamp"] = now()
            if "spec" in new:
                metadata["generation"] = 1
            if dry_run:
                return new
            return self._write("ADDED", key, new, None)

    # belief: K8S-optimistic-locking
    def update(self, key: ObjectKey, new: Object, *, dry_run: bool = False) -> Object:
        """Replace an object; the server's own metadata stays.

        Raises:
            ApiError: 404, the object is missing; 409, ``new`` is based on an older version.
        """
        with self.lock:
            old = self._objects.get(key)
            if old is None:
                raise not_found(key.qualified, key.name)
            new = copied(new)
            metadata, server = new.setdefault("metadata", {}), old["metadata"]
            based_on = metadata.get("resourceVersion")
            if based_on and based_on != server["resourceVersion"]:
                raise conflict(key.qualified, key.name)
            # What controllers in this process write has the managers of before.
            metadata.setdefault("managedFields", server.get("managedFields"))
            _drop_empty(metadata)
            for field in ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "generation"):
                metadata.pop(field, None)
                if field in server:
                    metadata[field] = server[field]
            metadata["resourceVersion"] = server["resourceVersion"]
            if new == old:
                return copied(old)
            if new.get("spec") != old.get("spec"):
                metadata["generation"] = server.get("generation", 0) + 1
            if dry_run:
                return new
            if metadata.get("deletionTimestamp") and not metadata.get("finalizers"):
                return self._remove(key, new)
            return self._write("MODIFIED", key, new, old)

    # belief: K8S-optimistic-locking
    def delete(self, key: ObjectKey, *, dry_run: bool = False) -> Object:
        """Delete an object; with finalizers it is only marked, until an update removes the last finalizer.

        Raises:
            ApiError: 404, the object is missing.
        """
        with self.lock:
            old = self._objects.get(key)
            if old is None:
                raise not_found(key.qualified, key.name)
            if dry_run:
                return copied(old)
            if old["metadata"].get("finalizers"):
                if old["metadata"].get("deletionTimestamp"):
                    return copied(old)
                new = copied(old)
                new["metadata"]["deletionTimestamp"] = now()
                return self._write("MODIFIED", key, new, old)
            return self._remove(key, old)

    # belief: K8S-optimistic-locking
    def changes_after(
        self, revision: int, group: str, plural: str, namespace: str | None
    ) -> list[StoredChange]:
        """The log's entries of a type after a revision.

        Raises:
            ApiError: 410, the revision is newer than the store, so it is another server's.
        """
        with self.lock:
            if revision > self.revision:
                raise ApiError(410, "Expired", "too large resource version")
            found = []
            for change in reversed(self.log):
                if change.revision <= revision:
                    break
                of_type = (change.key.group, change.key.plural) == (group, plural)
                if of_type and (namespace is None or change.key.namespace == namespace):
                    found.append(change)
            return found[::-1]

    def _write(self, change: str, key: ObjectKey, new: Object, old: Object | None) -> Object:
        self.revision += 1
        new["metadata"]["resourceVersion"] = str(self.revision)
        self._objects[key] = new
        self.log.append(StoredChange(self.revision, change, key, new, old))
        self.changed.notify_all()
        return copied(new)

    def _remove(self, key: ObjectKey, last: Object) -> Object:
        before = self._objects.pop(key)
        self.revision += 1
        last = copied(last)
        last["metadata"]["resourceVersion"] = str(self.revision)
        self.log.append(StoredChange(self.revision, "DELETED", key, last, before))
        self.changed.notify_all()
        for hook in self.on_delete:
            hook(key, last)
        return copied(last)


def _drop_empty(metadata: Object) -> None:
    """Leave out the managers of an object whose fields nobody manages."""
    if not metadata.get("managedFields"):
        metadata.pop("managedFields", None)
