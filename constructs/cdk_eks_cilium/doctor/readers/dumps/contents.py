"""What the files of a dump hold: objects by kind, trimmed at once, and answers of AWS."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.fields import Tree, at, name_of, tree_of, trim
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.readers.picking import picker_of
from cdk_eks_cilium.doctor.readers.sharing import Sharing

from . import layouts
from .files import DumpFile
from .index import NAMES
from .pieces import Batch, ContentError, End, Field, Item, Pick, PickFor, Pieces, Streamed

Kind = tuple[str, str]
"""An API group and a kind."""

Keeps = Mapping[Kind, tuple[str, ...]]
"""Fields to keep of the objects of each kind that is wanted."""

BROKEN: Final = (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ContentError)
"""What can go wrong with one file."""

_GROUPS: Final = {
    "NetworkPolicy": "networking.k8s.io",
    **dict.fromkeys(("DaemonSet", "Deployment"), "apps"),
}
_NEVER: Final = ("Secret",)


@dataclass
class Found:
    """The objects of a kind.

    Attributes:
        objects: The objects, by namespace and name.
        whole: Files that have a list of them.
        parts: Why others are missing, for each file that has some.
        broken: What is wrong with files that have some.
        namespaces: Of lists that have one namespace each.
        files: Every file that has some.
    """

    objects: dict[str, Object] = field(default_factory=dict)
    whole: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    namespaces: set[str] = field(default_factory=set)
    files: list[str] = field(default_factory=list)


@dataclass
class Contents:
    """What was read.

    Attributes:
        keeps: The kinds whose objects are kept, and their fields. Of others only the files are known.
        kinds: What there is of each kind.
        answers: What there is for each key of an answer of AWS, by file.
        empty: Stems of the names of files with an empty list, which says of which kind only by its name.
        version: The release of the API server.
        namespaces: Of files that are known to have objects of one namespace alone.
        notes: What a reader must know of files.
    """

    keeps: Keeps
    kinds: dict[Kind, Found] = field(default_factory=dict)
    answers: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    empty: dict[str, str] = field(default_factory=dict)
    version: Object | None = None
    namespaces: Mapping[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    sharing: Sharing = field(default_factory=Sharing)

    def add(self, file: DumpFile, read: Callable[[PickFor], Pieces]) -> None:
        """Add what a file holds, as far as it can be read: *read* gives its pieces."""
        document = _Document(self, file)
        try:
            for piece in read(document.pick_for):
                document.take(piece)
            document.count()
        except BROKEN as error:
            document.finish(whole=False)
            document.count()
            words = reason(error)
            self.notes.append(
                f"{file.name}: {words}" + (", what is before that was read" if document.any else "")
            )
            for kind in document.counts:
                self.of(kind).broken.append(f"{file.name}: {words}")

    def tree(self, kind: str) -> Tree | None:
        """The fields to keep of a kind in any group; of an unwanted one the names; None to keep all."""
        keeps = [keep for (_, name), keep in self.keeps.items() if name == kind]
        return None if () in keeps else tree_of((*NAMES, *(path for keep in keeps for path in keep)))

    def of(self, kind: Kind) -> Found:
        """What there is of a kind."""
        return self.kinds.setdefault(kind, Found())


class _Document:
    """The document that is read, piece by piece."""

    def __init__(self, contents: Contents, file: DumpFile) -> None:
        self._contents = contents
        self._file = file
        self._hint = layouts.kind_by_name(file.name)
        self._begin()
        self.any = False
        self.counts: dict[Kind, int] = {}
        self._listed: set[Kind] = set()
        self._again = 0

    def _begin(self) -> None:
        self._fields: dict[str, Any] = {}
        self._lists: dict[str, list[Any]] = {}
        self._pending: list[Any] = []
        self._items: int = 0
        self._batched: Kind | None = None

    def take(self, piece: Any) -> None:
        """Take the next piece."""
        if isinstance(piece, Field):
            self._fields[piece.key] = piece.value
        elif isinstance(piece, Batch):
            self._batch(piece.values)
        elif isinstance(piece, Streamed):
            self._lists[piece.key] = []
        elif isinstance(piece, Item) and piece.key == "items":
            self._item(piece.value)
        elif isinstance(piece, Item):
            self._lists.setdefault(piece.key, []).append(piece.value)
        elif isinstance(piece, End):
            self.finish()

    def _item(self, value: Any) -> None:
        self._items += 1
        if not isinstance(value, dict):
            return
        if kind := _own_kind(value) or self._listed_kind():
            self._keep(kind, value, listed=True)
        else:
            self._pending.append(value)

    def pick_for(self, first: Any) -> Pick | None:
        """What picks the items that follow *first*, if it tells of which kind they are."""
        if not isinstance(first, dict):
            return None
        own = _own_kind(first)
        self._batched = own or self._listed_kind()
        if self._batched is None or (own is None and (first.get("kind") or first.get("apiVersion"))):
            return None
        says = (first["kind"], first["apiVersion"]) if own else ("", "")
        wanted = self._batched[1] not in _NEVER and self._contents.keeps.get(self._batched)
        return picker_of(NAMES if wanted is None or wanted is False else wanted, *says).items

    def _batch(self, values: list[dict[str, Any]]) -> None:
        if self._batched is None:
            raise LookupError("a batch of no kind")
        self._items += len(values)
        if not self._counted(self._batched, len(values), listed=True):
            return
        for value in values:
            self._put(self._batched, value)

    def _listed_kind(self) -> Kind | None:
        """The kind of items that do not say it: programs in Go leave it to the list."""
        kind = self._fields.get("kind")
        if isinstance(kind, str) and kind.endswith("List") and kind != "List":
            return _kind(kind.removesuffix("List"), str(self._fields.get("apiVersion", "")))
        return _kind(self._hint, str(self._fields.get("apiVersion", ""))) if self._hint else None

    def finish(self, *, whole: bool = True) -> None:
        """End the document, with *whole* False in its middle."""
        listed = self._listed_kind()
        for value in self._pending:
            if listed is not None:
                self._keep(listed, value, listed=True)
        if listed is not None and at(self._fields.get("metadata"), "continue"):
            self._contents.of(listed).broken.append(f"{self._file.name} has only a page of them")
        kind = self._fields.get("kind")
        if isinstance(kind, str):
            if "items" not in self._lists and isinstance(self._fields.get("metadata"), dict):
                own = {**self._fields, **self._lists}
                self._keep(_kind(kind, str(own.get("apiVersion", ""))), own, listed=False)
            elif whole and not self._items:
                self._empty(listed)
        elif whole:
            self._other()
        self._begin()

    def _empty(self, listed: Kind | None) -> None:
        self.any = True
        if listed is not None:
            self.counts.setdefault(listed, 0)
            self._listed.add(listed)
        else:
            self._contents.empty[layouts.stem_of(self._file.name).lower()] = self._file.name

    def _other(self) -> None:
        """A document that is not of Kubernetes."""
        fields = self._fields
        server = fields.get("serverVersion", fields)
        if isinstance(server, dict) and "gitVersion" in server:
            self._contents.version = server
            self.any = True
            return
        answers = {key: value for key, value in fields.items() if isinstance(value, (dict, list))}
        answers.pop("ResponseMetadata", None)
        # A mapping with several small keys is somebody's values, not the answer of an operation.
        if len(answers) > 1 or (fields.keys() - answers.keys() - {"NextToken", "nextToken"}):
            answers = {key: value for key, value in answers.items() if key[:1].isupper()}
        for key, value in {**answers, **self._lists}.items():
            if key != "items" and self._file.base.endswith(".json"):
                self.any = True
                found = value if isinstance(value, list) else [value]
                self._contents.answers.setdefault(key, {}).setdefault(self._file.name, []).extend(found)
                if fields.get("NextToken") or fields.get("nextToken"):
                    self._contents.notes.append(f"{self._file.name}: has only the first page of the answer")

    def _keep(self, kind: Kind, value: dict[str, Any], *, listed: bool) -> None:
        if self._counted(kind, 1, listed=listed) and isinstance(value.get("metadata"), dict):
            self._put(kind, self._contents.sharing.share(dict(trim(value, self._contents.keeps[kind]))))

    def _counted(self, kind: Kind, number: int, *, listed: bool) -> bool:
        """Count objects of a kind; whether they are kept."""
        if kind[1] in _NEVER:
            return False
        self.any = True
        self.counts[kind] = self.counts.get(kind, 0) + number
        if listed:
            self._listed.add(kind)
        return kind in self._contents.keeps

    def _put(self, kind: Kind, found: Object) -> None:
        objects = self._contents.of(kind).objects
        name = name_of(found)
        if name in objects:
            self._again += 1
            # Two readings of a collected dump may have kept different fields of it.
            found = joined(objects[name], found)
        objects[name] = found

    def count(self) -> None:
        """Note of which kinds the file has objects, and whether it has all of them."""
        file = self._file.name
        namespace = self._contents.namespaces.get(file) or layouts.namespace_of(file)
        for kind, count in self.counts.items():
            found = self._contents.of(kind)
            found.files.append(file)
            if layouts.is_part(file):
                found.parts.append("a sysdump has only what is Cilium's")
            elif namespace:
                found.namespaces.add(namespace)
            elif kind in self._listed or count > 1:
                found.whole.append(file)
            else:
                found.parts.append(f"{file} has a single one")
        if self._again and not layouts.is_part(file) and file not in self._contents.namespaces:
            self._contents.notes.append(f"{file}: has {self._again:,} objects that another file has already")
        if not self.any:
            self._contents.notes.append(f"{file}: has nothing that a check reads")


def _own_kind(value: dict[str, Any]) -> Kind | None:
    """The kind that an item itself says."""
    kind, api = value.get("kind"), value.get("apiVersion")
    if isinstance(kind, str) and isinstance(api, str) and "metadata" in value:
        return _kind(kind, api)
    return None


def _kind(kind: str, api: str) -> Kind:
    group = api.partition("/")[0] if "/" in api else ""
    # A list called List says v1 of itself, not of its items.
    return (group or _GROUPS.get(kind, "cilium.io" if kind.startswith("Cilium") else ""), kind)


def joined(one: Any, other: Any) -> Any:
    """An object with the fields of two copies of it."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return one
    return {
        **other,
        **{key: joined(value, other[key]) if key in other else value for key, value in one.items()},
    }


def reason(error: Exception) -> str:
    """Why a file cannot be read, in words."""
    if isinstance(error, OSError):
        return f"cannot be read ({(error.strerror or type(error).__name__).lower()})"
    if isinstance(error, ContentError):
        return str(error)
    if isinstance(error, EOFError):
        return "it is cut off"
    return f"the archive is broken here ({error})"


def keeps_of(readings: Iterable[Any]) -> dict[Kind, tuple[str, ...]]:
    """What to keep of each kind, so that every one of some readings of objects can be given."""
    keeps: dict[Kind, tuple[str, ...]] = {}
    for reading in readings:
        kind = (reading.group, reading.kind)
        before = keeps.get(kind)
        if before is None or (before and not reading.keep):
            keeps[kind] = reading.keep
        elif before:
            keeps[kind] = tuple(dict.fromkeys((*before, *reading.keep)))
    # Objects are told apart by their names.
    return {kind: _with_names(keep) for kind, keep in keeps.items()}


def _with_names(keep: tuple[str, ...]) -> tuple[str, ...]:
    return () if not keep or "metadata" in keep else tuple(dict.fromkeys((*NAMES, *keep)))
