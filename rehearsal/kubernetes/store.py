"""The store of objects: versions, identities, and a log of changes that watches read."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
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


#: Changes that the store remembers; an older revision is compacted, as etcd's are after five minutes.
_REMEMBERED = 20_000


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
        self.log: deque[StoredChange] = deque(maxlen=_REMEMBERED)
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

    def peek(self, group: str, plural: str, namespace: str | None = None) -> Iterator[Object]:
        """The objects of a type themselves, for whoever holds ``lock``, only reads them and keeps none."""
        for key, found in self._objects.items():
            if key[:2] == (group, plural) and namespace in (None, key.namespace):
                yield found

    def everything(self) -> Iterable[tuple[ObjectKey, Object]]:
        """All objects themselves, for whoever holds ``lock`` and only reads them."""
        return self._objects.items()

    # belief: K8S-pages
    def at(self, revision: int, group: str, plural: str, namespace: str | None = None) -> list[Object]:
        """The objects of a type as they were at a revision, sorted by namespace and name.

        Raises:
            ApiError: 410, the store does not remember that far back.
        """
        with self.lock:
            self.check_remembered(revision)
            found = {
                key: each
                for key, each in self._objects.items()
                if key[:2] == (group, plural) and namespace in (None, key.namespace)
            }
            for change in reversed(self.log):
                if change.revision <= revision:
                    break
                key = change.key
                if key[:2] != (group, plural) or namespace not in (None, key.namespace):
                    continue
                if change.before is None:
                    found.pop(key, None)
                else:
                    found[key] = change.before
            return [copied(found[key]) for key in sorted(found)]

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
                if self._objects[key]["metadata"].get("deletionTimestamp"):
                    message = f"object is being deleted: {message}"
                raise ApiError(409, "AlreadyExists", message, name=key.name, group=key.group, kind=key.plural)
            new = copied(new)
            metadata = new.setdefault("metadata", {})
            metadata["name"] = key.name
            if key.namespace:
                metadata["namespace"] = key.namespace
            _drop_empty(metadata)
            # A Job has its uid before, because its selector names it.
            metadata["uid"] = metadata.get("uid") or str(uuid.uuid4())
            metadata["creationTimestamp"] = now()
            if _has_generation(key, new):
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
            for field in _SERVERS:
                metadata.pop(field, None)
                if field in server:
                    metadata[field] = server[field]
            metadata["resourceVersion"] = server["resourceVersion"]
            if new == old:
                return copied(old)
            if "generation" in server and new.get("spec") != old.get("spec"):
                metadata["generation"] = server["generation"] + 1
            if dry_run:
                return new
            if metadata.get("deletionTimestamp") and not self._held(key, new):
                return self._remove(key, new)
            return self._write("MODIFIED", key, new, old)

    # belief: K8S-namespace-goes-with-content
    def _held(self, key: ObjectKey, found: Object) -> bool:
        """Whether finalizers keep a deleted object: its own, and of a namespace those in its spec."""
        of_spec = (key.group, key.plural) == ("", "namespaces") and (found.get("spec") or {}).get(
            "finalizers"
        )
        return bool(found["metadata"].get("finalizers") or of_spec)

    # belief: K8S-optimistic-locking, K8S-garbage-collection
    def delete(
        self, key: ObjectKey, *, dry_run: bool = False, finalizers: Iterable[str] | None = None
    ) -> Object:
        """Delete an object; with finalizers it is only marked, until an update removes the last finalizer.

        Args:
            dry_run: Whether to store nothing.
            finalizers: What its own finalizers become first.

        Raises:
            ApiError: 404, the object is missing.
        """
        with self.lock:
            old = self._objects.get(key)
            if old is None:
                raise not_found(key.qualified, key.name)
            if dry_run:
                return copied(old)
            new = copied(old)
            if finalizers is not None:
                new["metadata"]["finalizers"] = list(finalizers)
                _drop_empty(new["metadata"])
            if not self._held(key, new):
                return self._remove(key, new)
            if not new["metadata"].get("deletionTimestamp"):
                new["metadata"]["deletionTimestamp"] = now()
                if (key.group, key.plural) != ("", "namespaces"):
                    new["metadata"]["deletionGracePeriodSeconds"] = 0
                if "generation" in new["metadata"]:
                    new["metadata"]["generation"] += 1
                if (key.group, key.plural) == ("", "namespaces"):
                    new["status"] = (new.get("status") or {}) | {"phase": "Terminating"}
            return new if new == old else self._write("MODIFIED", key, new, old)

    # belief: K8S-optimistic-locking
    def changes_after(
        self, revision: int, group: str, plural: str, namespace: str | None
    ) -> list[StoredChange]:
        """The log's entries of a type after a revision.

        Raises:
            ApiError: 410, the store does not remember that far back; 504, it is not that far yet.
        """
        with self.lock:
            self.check_remembered(revision)
            found = []
            for change in reversed(self.log):
                if change.revision <= revision:
                    break
                of_type = (change.key.group, change.key.plural) == (group, plural)
                if of_type and (namespace is None or change.key.namespace == namespace):
                    found.append(change)
            return found[::-1]

    # belief: K8S-pages
    def check_remembered(self, revision: int) -> None:
        """Refuse a revision that the store does not know.

        Raises:
            ApiError: 410, it is too old; 504, it is newer than the store.
        """
        if revision > self.revision:
            message = f"Timeout: Too large resource version: {revision}, current: {self.revision}"
            raise ApiError(504, "Timeout", message, retryAfterSeconds=1)
        oldest = self.log[0].revision - 1 if self.log else 1
        if len(self.log) == self.log.maxlen and revision < oldest:
            message = f"too old resource version: {revision} ({oldest})"
            raise ApiError(410, "Expired", message)

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


# Types with a spec whose generations nobody counts.
_UNCOUNTED = frozenset(
    {
        "horizontalpodautoscalers",
        "leases",
        "limitranges",
        "namespaces",
        "nodes",
        "persistentvolumeclaims",
        "persistentvolumes",
        "resourcequotas",
        "services",
    }
)


# belief: K8S-generation
def _has_generation(key: ObjectKey, new: Object) -> bool:
    return "spec" in new and key.plural not in _UNCOUNTED


#: The metadata that the server alone writes.
_SERVERS = (
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
)


def _drop_empty(metadata: Object) -> None:
    """Leave out what is empty: managers of an object whose fields nobody manages, and finalizers."""
    for field in ("managedFields", "finalizers"):
        if not metadata.get(field):
            metadata.pop(field, None)
