"""Writes a dump that `DumpReader` reads: files as of kubectl and the AWS CLI, and an index."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cdk_eks_cilium.doctor.engine.reader import NotAskedError, Object, Read, Reader, UnreadError
from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Aws, Logs, Metrics, Objects, Reading

from .adding import file_of
from .index import NAME, Entry, as_json, widened
from .redaction import Redaction


def write_dump(
    folder: Path,
    reader: Reader,
    readings: Iterable[Reading],
    taken: datetime,
    redaction: Redaction | None = None,
    heard: Callable[[Reading], None] = lambda _: None,
    untold: Mapping[str, str] = MappingProxyType({}),
) -> list[tuple[Reading, Entry]]:
    """Read everything, and write it into a folder; the readings with what came of them.

    Args:
        folder: An empty folder, or a new one.
        reader: Where readings come from.
        readings: What to read. Secrets are never among it.
        taken: The time to note.
        redaction: Replaces names and accounts; None keeps them.
        heard: Called after each reading, to show progress.
        untold: Ids of checks that the source cannot answer, with the reason.

    Raises:
        OSError: A file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [each for each in widened(readings) if getattr(each, "kind", "") != "Secret"]
    writer = _Writer(folder, redaction)
    # What redaction must know first: the names of namespaces and of objects in them.
    wanted.sort(key=lambda each: not isinstance(each, Objects))
    if redaction is None:
        done = [(each, writer.write(each, _read(reader, each), heard)) for each in wanted]
    else:
        read = [(each, _read(reader, each)) for each in wanted]
        for each, found in read:
            if isinstance(found, Read) and isinstance(each, Objects):
                redaction.learn(found.objects, each.kind)
        done = [(each, writer.write(each, found, heard)) for each, found in read]
    known = [(each, entry) for each, entry in done if entry is not None]
    _dump(folder / NAME, as_json(taken.isoformat(), known, untold))
    return known


def _read(reader: Reader, reading: Reading) -> Read | UnreadError | None:
    """One reading, with the failure as a value; None where nobody was asked for it."""
    try:
        return reader.read(reading)
    except UnreadError as error:
        return error


class _Writer:
    """Writes readings into a folder."""

    def __init__(self, folder: Path, redaction: Redaction | None) -> None:
        self._folder = folder
        self._redaction = redaction
        self._names: set[str] = set()

    def write(
        self, reading: Reading, read: Read | UnreadError | None, heard: Callable[[Reading], None]
    ) -> Entry | None:
        """Write a reading; None for one that nobody was asked for."""
        heard(reading)
        if read is None:
            return None
        if isinstance(read, NotAskedError):
            return Entry(never=self._text(str(read)))
        if isinstance(read, UnreadError):
            return Entry(unread=self._text(str(read)))
        files = tuple(self._files(reading, read)) if read.served else ()
        pods: tuple[str, ...] = ()
        if isinstance(reading, (Logs, Metrics)):
            pods = tuple(self._text(each["pod"]) for each in read.objects)
        return Entry(files, pods, read.served, self._text(read.partly))

    def _text(self, text: str) -> str:
        return self._redaction.text(text) if self._redaction else text

    def _files(self, reading: Reading, read: Read) -> Iterator[str]:
        if isinstance(reading, Logs):
            for each in read.objects:
                yield self._lines(self._text(f"logs-{each['pod']}-{reading.container}.log"), each["lines"])
        elif isinstance(reading, Metrics):
            for each in read.objects:
                name = self._name(self._text(f"metrics-{each['pod']}-{reading.port}.txt"))
                (self._folder / name).write_text(self._text(each["text"]), encoding="utf-8", newline="")
                yield name
        elif isinstance(reading, Objects):
            yield self._objects(self._name(file_of(reading)), reading, read.objects)
        elif isinstance(reading, ApiVersion):
            yield self._json(
                file_of(reading), {"serverVersion": dict(read.objects[0])} if read.objects else {}
            )
        elif isinstance(reading, Aws):
            objects = [self._redaction.of(each) for each in read.objects] if self._redaction else read.objects
            yield self._json(file_of(reading), {reading.key: list(objects)})

    def _objects(self, name: str, reading: Objects, objects: Sequence[Object]) -> str:
        """A list as the API has it, one object a line, so that a large one is never whole."""
        api = f"{reading.group}/{reading.version}" if reading.group else reading.version
        head = json.dumps({"kind": f"{reading.kind}List", "apiVersion": api})
        with (self._folder / name).open("w", encoding="utf-8", newline="\n") as file:
            file.write(f'{head[:-1]}, "items": [')
            for number, each in enumerate(objects):
                shown = self._redaction.object(each) if self._redaction else each
                file.write(("," if number else "") + "\n" + json.dumps(shown))
            file.write("\n]}\n")
        return name

    def _lines(self, name: str, lines: Sequence[str]) -> str:
        name = self._name(name)
        with (self._folder / name).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{self._text(line)}\n" for line in lines)
        return name

    def _json(self, name: str, found: Any) -> str:
        name = self._name(name)
        _dump(self._folder / name, found)
        return name

    def _name(self, name: str) -> str:
        """A name that no other file has: an operation can be called twice with other parameters."""
        stem, dot, ending = name.rpartition(".")
        number, free = 1, name
        while free in self._names:
            number += 1
            free = f"{stem}-{number}{dot}{ending}"
        self._names.add(free)
        return free


def _dump(path: Path, found: Any) -> None:
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
