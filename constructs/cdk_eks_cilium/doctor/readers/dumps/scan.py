"""Goes once through the files of a dump, and tells what each is by its form."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Final

from cdk_eks_cilium.doctor.engine.fields import Tree, time_of
from cdk_eks_cilium.doctor.engine.readings import Objects

from . import layouts, texts
from .contents import BROKEN, Contents, Found, Keeps, keeps_of, reason
from .files import DumpFile, files_of
from .index import NAME, Index, from_json
from .json_stream import read_json
from .pieces import MIB
from .yaml_stream import read_yaml

_HEAD: Final = 4096
_YAML: Final = re.compile(
    r"^(?:- +)?(?:apiVersion|items|kind|metadata|serverVersion|gitVersion):(?:\s|$)", re.M
)
_GO_VERSION: Final = re.compile(r'(\w+):"([^"]*)"')
"""A sysdump writes the version as Go prints it: ``GetVersion`` in cilium-cli/k8s/client.go."""
_MOST_NAMED: Final = 5


class Dump:
    """The files of a dump, with what they hold.

    Attributes:
        files: The files.
        prefix: The folder of a collected dump in it.
        index: The index of a collected dump; an empty one for another.
        logs: The logs, once the dump is read.
        metrics: The metrics, once the dump is read.
    """

    def __init__(self, path: Path, keeps: Keeps) -> None:
        found = files_of(path)
        self.files = found.found
        self._notes = found.notes
        self._keeps = keeps
        self.prefix, self.index = self._find_index()
        self.logs: list[DumpFile] = []
        self.metrics: list[DumpFile] = []
        self._lock = Lock()
        self._contents: Contents | None = None

    @property
    def contents(self) -> Contents:
        """What the files hold; the first call reads them."""
        with self._lock:
            if self._contents is None:
                self._contents = self._scan()
            return self._contents

    @property
    def notes(self) -> tuple[str, ...]:
        """What is wrong with files."""
        return (*self._notes, *self.contents.notes)

    @property
    def taken(self) -> datetime | None:
        """When it was made, if it says it."""
        for text in (self.index.taken, *(layouts.time_of(file.name) for file in self.files)):
            if found := time_of(text):
                return found
        return None

    def again(self, found: Found, reading: Objects) -> Found:
        """Read the files of a kind once more, whose objects nobody asked for before."""
        again = Contents(keeps_of([reading]))
        for file in self.files:
            if file.name in found.files:
                with file.text() as stream:
                    head = stream.read(_HEAD)
                self._take(again, file, head)
        return again.of((reading.group, reading.kind))

    def _find_index(self) -> tuple[str, Index]:
        """The folder of a collected dump in this one, and its index."""
        for file in self.files:
            if file.base == NAME and file.size < MIB:
                with suppress(*BROKEN, ValueError), file.text() as stream:
                    return file.name.removesuffix(NAME), from_json(json.load(stream))
        return "", Index()

    def _scan(self) -> Contents:
        namespaces = {f"{self.prefix}{name}": space for name, space in self.index.namespaces.items()}
        contents, unknown = Contents(self._keeps, namespaces=namespaces), []
        for file in self.files:
            if layouts.is_not_read(file.name) or file.base == NAME:
                continue
            try:
                if texts.is_log(file):
                    self.logs.append(file)
                    continue
                with file.text() as stream:
                    head = stream.read(_HEAD)
                if not head.strip():
                    contents.notes.append(f"{file.name}: is empty")
                elif not self._take(contents, file, head):
                    unknown.append(file.name)
            except BROKEN as error:
                contents.notes.append(f"{file.name}: {reason(error)}")
        if unknown:
            named = ", ".join(unknown[:_MOST_NAMED])
            more = f" and {len(unknown) - _MOST_NAMED} more" if len(unknown) > _MOST_NAMED else ""
            contents.notes.append(f"not read, for what they hold is not known: {named}{more}")
        return contents

    def _take(self, contents: Contents, file: DumpFile, head: str) -> bool:
        """Add a file by its form; False for an unknown one."""
        start = head.lstrip()
        if texts.is_metrics(file, start):
            self.metrics.append(file)
        elif start.startswith(("{", "[")):
            with file.text() as stream:
                contents.add(file, partial(read_json, stream))
        elif start.startswith("version.Info{"):
            contents.version = {key[:1].lower() + key[1:]: value for key, value in _GO_VERSION.findall(head)}
        elif _YAML.search(head):
            named = layouts.kind_by_name(file.name)
            with file.text() as stream:
                contents.add(file, lambda _: read_yaml(stream, lambda kind: _tree(contents, kind or named)))
        else:
            return False
        return True


def _tree(contents: Contents, kind: str) -> Tree | None:
    return contents.tree(kind) if kind else None
