"""The owners of fields: what an update takes from others, and what an apply may not.

As in https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/merge/update.go and, for the
messages, https://github.com/kubernetes/apimachinery/blob/master/pkg/util/managedfields/internal/conflict.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from rehearsal.kubernetes.apply import merged
from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.fields import (
    Path,
    Paths,
    compare,
    field_set,
    from_json,
    in_order,
    to_json,
    tracked,
    with_named,
    without,
    written,
)
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.schemas.decoding import decode
from rehearsal.kubernetes.schemas.schema import Schema
from rehearsal.kubernetes.store import now

#: Owns what was there before the first apply to an object without managers.
BEFORE_FIRST_APPLY: Final = "before-first-apply"


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

    @property
    def order(self) -> tuple[str, str, str, str, str]:
        """Its place among the others:
        https://github.com/kubernetes/apimachinery/blob/master/pkg/util/managedfields/internal/managedfields.go.
        """
        name, operation, version, subresource = self.manager
        return operation, self.time, name, version, subresource

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
        schema: The schema of its type.
    """

    def __init__(self, entries: Iterable[Mapping[str, Any]], schema: Schema) -> None:
        self._schema, self._time = schema, now()
        self._entries = {entry.manager.key: entry for entry in map(Entry.of, entries)}

    @classmethod
    def of(cls, found: Object, schema: Schema) -> Managers:
        """The managers of a stored object."""
        return cls(found.get("metadata", {}).get("managedFields") or (), schema)

    # belief: K8S-managed-fields-can-change
    @classmethod
    def of_update(cls, body: Object, old: Object, schema: Schema, *, below: bool) -> Managers:
        """The managers before an update: those in its body, if there are any, else the old object's.

        Args:
            below: Whether a subresource is updated, where the body's managers do not count.
        """
        given = None if below else body.get("metadata", {}).get("managedFields")
        if given is not None and not any(given):  # this is how a client resets them
            return cls((), schema)
        return cls(given, schema) if given else cls.of(old, schema)

    def write_to(self, body: Object) -> Object:
        """The object with these managers in place of any others; entries without a field are dropped."""
        entries = sorted((e for e in self._entries.values() if e.fields), key=lambda entry: entry.order)
        body.setdefault("metadata", {})["managedFields"] = [entry.written() for entry in entries]
        return body

    def fields_of(self, manager: Manager) -> Paths:
        """The fields of a manager."""
        found = self._entries.get(manager.key)
        return set(found.fields) if found else set()

    @property
    def empty(self) -> bool:
        """Whether nobody manages a field."""
        return not any(entry.fields for entry in self._entries.values())

    def updated(self, manager: Manager, before: Object, after: Object, ignored: str = "") -> None:
        """Give the fields that an update changed to its manager, and to nobody else.

        Args:
            ignored: A member of the object that the update could not change.
        """
        found = compare(before, after, self._schema, ignored)
        self._take(manager, found.written | found.removed)
        fields = (self.fields_of(manager) - found.removed) | found.written
        self._give(manager, fields, changed=bool(found.written))

    # belief: K8S-before-first-apply
    def begin(self, live: Object, version: str) -> None:
        """Track an object that nobody manages yet."""
        found = compare(empty(self._schema), live, self._schema)
        self._give(Manager(BEFORE_FIRST_APPLY, "Update", version), found.added | found.modified, changed=True)

    # belief: K8S-server-side-apply
    def applied(
        self,
        manager: Manager,
        configuration: Object,
        live: Object,
        *,
        force: bool,
        ignored: str = "",
    ) -> Object:
        """The object after a manager has applied its configuration, whose fields it then has.

        A field that it named before and no longer names goes, unless somebody else manages it.

        Args:
            manager: Who applies.
            configuration: What it applies, checked by `apply.check_typed`.
            live: The object as it is.
            force: Whether to take fields over from others.
            ignored: A member of the object that the apply cannot change.

        Raises:
            ApiError: 409, it changes fields of other managers, and does not force.
        """
        last = self.fields_of(manager)
        named = {path for path in field_set(configuration, self._schema) if path[0] != f"f:{ignored}"}
        self._give(manager, named, changed=True)
        after = self._pruned(merged(live, configuration, self._schema), last, named)
        found = compare(live, after, self._schema, ignored)
        conflicts = [
            (entry.manager, path)
            for key, entry in self._entries.items()
            if key != manager.key
            for path in sorted(entry.fields & found.written, key=in_order)
        ]
        if conflicts and not force:
            raise _conflict(conflicts)
        self._take(manager, found.written | found.removed)
        return after

    def _pruned(self, made: Object, last: Paths, named: Paths) -> Object:
        """The merged object without what only this manager's last apply named."""
        if not last:
            return made
        managed = {path for entry in self._entries.values() for path in entry.fields} | named
        owned, schema = with_named(managed, self._schema), self._schema
        pruned = without(made, with_named(last, schema), schema)
        whole = with_named(field_set(made, schema), schema)
        # What others manage comes back, with what leads to it.
        pruned = without(made, whole - (with_named(field_set(pruned, schema), schema) | owned), schema)
        # What nobody manages was not this manager's to remove.
        gone = (whole - with_named(field_set(pruned, schema), schema)) & with_named(last, schema)
        result: Object = without(made, gone, schema)
        return result

    def _take(self, manager: Manager, fields: Paths) -> None:
        for key, entry in self._entries.items():
            if key != manager.key:
                self._entries[key] = Entry(entry.manager, entry.fields - fields, entry.time)

    def _give(self, manager: Manager, fields: Paths, *, changed: bool) -> None:
        before = self._entries.get(manager.key)
        same = before is not None and (before.fields == fields or not changed)
        time = before.time if before is not None and same else self._time
        self._entries[manager.key] = Entry(manager, frozenset(tracked(fields)), time)


def empty(schema: Schema) -> Object:
    """An object without content, as Go makes it: with the structs that are always there."""
    return decode({}, schema).value


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
