"""The owners of fields: what an update takes from others, and what an apply may not.

As in https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/merge/update.go and, for the
messages, https://github.com/kubernetes/apimachinery/blob/master/pkg/util/managedfields/internal/conflict.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.fields import Path, changes, from_json, leaves, to_json, written
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.store import now

#: Owns what was there before the first apply to an object without managers.
BEFORE_FIRST_APPLY = "before-first-apply"


class Manager(NamedTuple):
    """Who manages fields: an applier has the same entry for all versions of a type."""

    name: str
    operation: str
    version: str
    subresource: str = ""

    @property
    def key(self) -> Manager:
        """The identity of its entry."""
        return self._replace(version="") if self.operation == "Apply" else self

    def __str__(self) -> str:
        below = f' with subresource "{self.subresource}"' if self.subresource else ""
        using = f" using {self.version}" if self.operation == "Update" else ""
        return f'"{self.name}"{below}{using}'


@dataclass(frozen=True)
class Entry:
    """The fields of a manager."""

    manager: Manager
    fields: frozenset[Path]
    time: str

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Entry:
        """An entry of ``managedFields``."""
        manager = Manager(
            str(entry.get("manager", "")),
            str(entry.get("operation", "")),
            str(entry.get("apiVersion", "")),
            str(entry.get("subresource", "")),
        )
        return cls(manager, frozenset(from_json(entry.get("fieldsV1") or {})), str(entry.get("time", "")))

    def written(self) -> Object:
        """The entry as it is stored."""
        below = {"subresource": self.manager.subresource} if self.manager.subresource else {}
        return {
            "manager": self.manager.name,
            "operation": self.manager.operation,
            "apiVersion": self.manager.version,
            "time": self.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": to_json(set(self.fields)),
            **below,
        }


class Managers:
    """The managers of one object.

    Args:
        entries: Its ``managedFields``.
        custom: Whether a CRD defines its type.
    """

    def __init__(self, entries: Iterable[Mapping[str, Any]], *, custom: bool) -> None:
        self._custom, self._time = custom, now()
        self._entries = {entry.manager.key: entry for entry in map(Entry.of, entries)}

    @classmethod
    def of(cls, found: Object, *, custom: bool) -> Managers:
        """The managers of a stored object."""
        return cls(found.get("metadata", {}).get("managedFields") or (), custom=custom)

    @classmethod
    def of_new(cls, body: Object, manager: Manager, *, custom: bool) -> Managers:
        """The managers of an object that somebody creates, which are written to it: that manager alone."""
        managers = cls((), custom=custom)
        managers.updated(manager, {}, body)
        managers.write_to(body)
        return managers

    # belief: K8S-managed-fields-can-change
    @classmethod
    def of_update(cls, body: Object, old: Object, *, below: bool, custom: bool) -> Managers:
        """The managers before an update: those in its body, if there are any, else the old object's.

        Args:
            below: Whether a subresource is updated, where the body's managers do not count.
        """
        given = None if below else body.get("metadata", {}).get("managedFields")
        if given in ([], [{}]):  # this is how a client resets them
            return cls((), custom=custom)
        return cls(given, custom=custom) if given else cls.of(old, custom=custom)

    def write_to(self, body: Object) -> Object:
        """The object with these managers in place of any others; entries without a field are dropped."""
        metadata = body.setdefault("metadata", {})
        metadata["managedFields"] = [entry.written() for entry in self._entries.values() if entry.fields]
        return body

    def fields_of(self, manager: Manager) -> set[Path]:
        """The fields of a manager."""
        found = self._entries.get(manager.key)
        return set(found.fields) if found else set()

    def others_than(self, manager: Manager) -> set[Path]:
        """The fields that anybody else manages."""
        return {path for key, entry in self._entries.items() if key != manager.key for path in entry.fields}

    @property
    def empty(self) -> bool:
        """Whether nobody manages a field."""
        return not any(entry.fields for entry in self._entries.values())

    def updated(self, manager: Manager, before: Object, after: Object, ignored: str = "") -> None:
        """Give the fields that an update changed to its manager, and to nobody else.

        Args:
            ignored: A member of the object that the update could not change.
        """
        set_, gone = changes(before, after, self._custom)
        set_ = {path for path in set_ if path[0] != f"f:{ignored}"}
        self._take(manager, set_, gone)
        self._give(manager, (self.fields_of(manager) - gone) | set_)

    def begin(self, live: Object, version: str) -> None:
        """Track an object that nobody manages yet."""
        self._give(Manager(BEFORE_FIRST_APPLY, "Update", version), set(leaves(live, self._custom)))

    # belief: K8S-server-side-apply
    def applied(
        self, manager: Manager, configuration: Object, live: Object, after: Object, *, force: bool
    ) -> None:
        """Give the fields of a configuration to its manager.

        Raises:
            ApiError: 409, it changes fields of other managers, and does not force.
        """
        set_, gone = changes(live, after, self._custom)
        conflicts = [
            (entry.manager, path)
            for key, entry in self._entries.items()
            if key != manager.key
            for path in sorted(entry.fields & set_)
        ]
        if conflicts and not force:
            raise _conflict(conflicts)
        self._take(manager, set_, gone)
        self._give(manager, {path for path in leaves(configuration, self._custom) if path[0] != "f:status"})

    def _take(self, manager: Manager, set_: set[Path], gone: set[Path]) -> None:
        for key, entry in self._entries.items():
            if key != manager.key:
                self._entries[key] = Entry(entry.manager, entry.fields - set_ - gone, entry.time)

    def _give(self, manager: Manager, fields: set[Path]) -> None:
        before = self._entries.get(manager.key)
        same = before is not None and before.fields == fields
        time = before.time if before is not None and same else self._time
        self._entries[manager.key] = Entry(manager, frozenset(fields), time)


# belief: K8S-server-side-apply
def _conflict(conflicts: list[tuple[Manager, Path]]) -> ApiError:
    if len(conflicts) == 1:
        ((manager, path),) = conflicts
        message = f"Apply failed with 1 conflict: conflict with {manager}: {written(path)}"
    else:
        by_manager: dict[str, list[str]] = {}
        for manager, path in conflicts:
            by_manager.setdefault(str(manager), []).append(f"- {written(path)}")
        lines = [
            line
            for manager in sorted(by_manager)
            for line in (f"conflicts with {manager}:", *by_manager[manager])
        ]
        message = f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {manager}", "field": written(path)}
        for manager, path in conflicts
    ]
    return ApiError(409, "Conflict", message, causes=causes)
