"""Readings from a dump: a ``cilium sysdump``, or files of kubectl and the AWS CLI, in a folder or a zip archive."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final

from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.fields import Tree, at, time_of, trim
from cdk_eks_cilium.doctor.engine.kinds import CUSTOM_TYPES, DAEMON_SETS, PODS
from cdk_eks_cilium.doctor.engine.reader import Object, Read, UnreadError
from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Aws, Logs, Metrics, Objects, Reading, Scope

from .dumps import layouts, texts
from .dumps.adding import command_for
from .dumps.contents import BROKEN, Contents, Found, keeps_of, reason
from .dumps.files import DumpFile, files_of
from .dumps.index import NAME as INDEX
from .dumps.index import Entry, Index, from_json
from .dumps.json_stream import read_json
from .dumps.pieces import MIB
from .dumps.yaml_stream import read_yaml

_HEAD: Final = 4096
_YAML: Final = re.compile(
    r"^(?:- +)?(?:apiVersion|items|kind|metadata|serverVersion|gitVersion):(?:\s|$)", re.M
)
_GO_VERSION: Final = re.compile(r'(\w+):"([^"]*)"')
"""A sysdump writes the version as Go prints it: ``GetVersion`` in cilium-cli/k8s/client.go."""
_MOST_NAMED: Final = 5
_AWS_NODE: Final = "aws-node"


class DumpReader:
    """A dump as a source of readings. It is read once, at the first reading, and nothing in it stops the rest."""

    def __init__(self, folder_or_archive: Path, wanted: Iterable[Reading] = ()) -> None:
        """Open a dump.

        Args:
            folder_or_archive: A folder, a zip archive, or one file of them.
            wanted: Readings that will be asked for, beside those of `kinds`. Others cost reading files again.

        Raises:
            OSError: It is missing, or cannot be read.
            ValueError: It is an archive of another form, or a broken one; the text says what to do.
        """
        every = [*(each for each in vars(kinds).values() if isinstance(each, Objects)), *wanted]
        self._keeps = keeps_of(each for each in every if isinstance(each, Objects))
        self._files = files_of(folder_or_archive)
        self._prefix, self._index = self._find_index()
        self._lock = Lock()
        self._logs: list[DumpFile] = []
        self._metrics: list[DumpFile] = []
        self._contents: Contents | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of results must know of files: unreadable, cut off, empty, repeated or unknown ones."""
        return (*self._files.notes, *self._whole().notes)

    def read(self, reading: Reading) -> Read | None:
        """The objects of a reading, as far as the dump has them.

        Raises:
            UnreadError: It has none; the text has the command that adds them.
        """
        entry = self._index.of(reading)
        if entry is None:
            return self._read(reading)
        if not entry.served:
            return Read(served=False)
        if entry.unread:
            return self._added(reading, entry)
        if isinstance(reading, (Logs, Metrics)):
            return self._collected(reading, entry)
        read = self._answer(reading, entry.files) if isinstance(reading, Aws) else self._read(reading)
        return replace(read, partly=entry.partly)

    @property
    def taken(self) -> datetime | None:
        """When the dump was made, if it says it: ages are to be judged by that."""
        for text in (self._index.taken, *(layouts.time_of(file.name) for file in self._files.found)):
            if found := time_of(text):
                return found
        return None

    def _added(self, reading: Reading, entry: Entry) -> Read:
        """What somebody added to a collected dump that could not have it."""
        lacks = UnreadError(f"{entry.unread}; add them with: {command_for(reading)}")
        if not self._is_added(reading):
            raise lacks
        try:
            return self._read(reading)
        except UnreadError:
            raise lacks from None

    def _is_added(self, reading: Reading) -> bool:
        """Whether a file that was not collected may have a reading."""
        contents = self._whole()
        if isinstance(reading, Objects):
            found = contents.kinds.get((reading.group, reading.kind), Found())
            names = {*found.files, *contents.empty.values()}
        elif isinstance(reading, Aws):
            names = set(contents.answers.get(reading.key, ()))
        else:
            names = {file.name for file in self._files.found}
        return bool(names - {f"{self._prefix}{name}" for name in self._index.files})

    def _collected(self, reading: Logs | Metrics, entry: Entry) -> Read:
        named = {file.name.removeprefix(self._prefix): file for file in self._files.found}
        read: list[Object] = []
        for name, pod in zip(entry.files, entry.pods, strict=False):
            file = named.get(name)
            if file is None:
                raise UnreadError(f"{reading}: {name} is not in the dump")
            if isinstance(reading, Logs):
                read.append({"pod": pod, "lines": texts.plain_lines(file)})
            else:
                read.append({"pod": pod, "text": texts.metrics_in(file)})
        return Read(read, partly=entry.partly)

    def _read(self, reading: Reading) -> Read:
        if isinstance(reading, Objects):
            return self._objects(reading)
        if isinstance(reading, Logs):
            return self._logs_of(reading)
        if isinstance(reading, Metrics):
            return self._metrics_of(reading)
        if isinstance(reading, ApiVersion):
            return self._version(reading)
        return self._answer(reading)

    def _find_index(self) -> tuple[str, Index]:
        """The folder of a collected dump in this one, and its index."""
        for file in self._files.found:
            if file.base == INDEX and file.size < MIB:
                with suppress(*BROKEN, ValueError), file.text() as stream:
                    return file.name.removesuffix(INDEX), from_json(json.load(stream))
        return "", Index()

    def _whole(self) -> Contents:
        with self._lock:
            if self._contents is None:
                self._contents = self._scan()
            return self._contents

    def _scan(self) -> Contents:
        namespaces = {f"{self._prefix}{name}": space for name, space in self._index.namespaces.items()}
        contents, unknown = Contents(self._keeps, namespaces=namespaces), []
        for file in self._files.found:
            if layouts.is_not_read(file.name) or file.base == INDEX:
                continue
            try:
                if texts.is_log(file):
                    self._logs.append(file)
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
            self._metrics.append(file)
        elif start.startswith(("{", "[")):
            with file.text() as stream:
                contents.add(file, read_json(stream))
        elif start.startswith("version.Info{"):
            contents.version = {key[:1].lower() + key[1:]: value for key, value in _GO_VERSION.findall(head)}
        elif _YAML.search(head):
            named = layouts.kind_by_name(file.name)
            with file.text() as stream:
                contents.add(file, read_yaml(stream, lambda kind: _tree(contents, kind or named)))
        else:
            return False
        return True

    def _objects(self, reading: Objects) -> Read:
        contents = self._whole()
        found = contents.kinds.get((reading.group, reading.kind))
        if found is None or not found.files:
            return self._without(contents, reading)
        kept = contents.keeps.get((reading.group, reading.kind))
        if kept is None or not set(reading.keep or ("",)) <= set(kept or reading.keep):
            found, kept = self._again(found, reading), None
        objects: list[Object] = [each for each in found.objects.values() if _is_wanted(each, reading)]
        if kept is None or set(reading.keep) != set(kept):
            objects = [trim(each, reading.keep) for each in objects]
        if reading.name and objects:
            return Read(objects)
        return Read(objects, partly=_missing(found, reading), absent=self._absent(contents, reading))

    def _absent(self, contents: Contents, reading: Objects) -> frozenset[str]:
        """What a sysdump would have if it was there, though it lacks others of the kind.

        It has the DaemonSet aws-node wherever it recognizes EKS by the address of the API server
        (``submitFlavorSpecificTasks``); pods that nobody owns by that name say that it recognized it.
        """
        names = {_AWS_NODE} if reading.kind == DAEMON_SETS.kind else set()
        if not names or not any(layouts.is_sysdump(file.name) for file in self._files.found):
            return frozenset()
        pods = contents.kinds.get((PODS.group, PODS.kind))
        if pods is None or _missing(pods, PODS):
            return frozenset()
        owners = {
            owner.get("name")
            for pod in pods.objects.values()
            for owner in at(pod, "metadata.ownerReferences") or ()
        }
        return frozenset(names - owners)

    def _again(self, found: Found, reading: Objects) -> Found:
        """Read the files of a kind once more, whose objects nobody said to keep."""
        again = Contents(keeps_of([reading]))
        for file in self._files.found:
            if file.name in found.files:
                self._take(again, file, file.text().read(_HEAD))
        return again.of((reading.group, reading.kind))

    def _without(self, contents: Contents, reading: Objects) -> Read:
        names = {reading.plural, reading.kind.lower(), f"{reading.plural}.{reading.group}"}
        if names & contents.empty.keys():
            return Read()
        types = contents.kinds.get((CUSTOM_TYPES.group, CUSTOM_TYPES.kind))
        if types is not None and types.whole and "." in reading.group:
            defined = {
                (at(each, "spec.group"), at(each, "spec.names.kind")) for each in types.objects.values()
            }
            if (reading.group, reading.kind) not in defined:
                return Read(served=False)
        raise UnreadError(f"the dump has no {reading.plural}; add them with: {command_for(reading)}")

    def _pods(self, reading: Logs | Metrics) -> list[Object]:
        try:
            pods = self._objects(PODS).objects
            return [each for each in pods if texts.matches(each, reading.namespace, reading.selector)]
        except UnreadError as error:
            raise UnreadError(f"{reading}: {error}") from None
        except ValueError as error:
            raise UnreadError(f"{reading}: the dump cannot be searched for the selector, {error}") from None

    def _logs_of(self, reading: Logs) -> Read:
        read: list[Object] = []
        pods = texts.by_restarts(self._pods(reading))
        for pod in pods:
            name = at(pod, "metadata.name", "")
            try:
                lines = texts.last_lines(self._logs, name, reading.container, reading.lines)
            except BROKEN as error:
                raise UnreadError(f"{reading}: the log of {name} {reason(error)}") from None
            if lines is not None and len(read) < reading.pods:
                read.append({"pod": name, "lines": lines})
        if pods and not read:
            raise UnreadError(f"the dump has no {reading}; add them with: {command_for(reading)}")
        return Read(read)

    def _metrics_of(self, reading: Metrics) -> Read:
        read: list[Object] = []
        pods = self._pods(reading)
        for pod in pods:
            name = at(pod, "metadata.name", "")
            for file in texts.files_for(self._metrics, name)[:1]:
                try:
                    read.append({"pod": name, "text": texts.metrics_in(file)})
                except BROKEN as error:
                    raise UnreadError(f"{file.name}: {reason(error)}") from None
        if pods and not read:
            raise UnreadError(f"the dump has no {reading}; add them with: {command_for(reading)}")
        return Read(read[: reading.pods])

    def _version(self, reading: ApiVersion) -> Read:
        version = self._whole().version
        if version is None:
            raise UnreadError(f"the dump has no {reading}; add it with: {command_for(reading)}")
        return Read([version])

    def _answer(self, reading: Aws, files: Sequence[str] = ()) -> Read:
        contents = self._whole()
        by_file = contents.answers.get(reading.key)
        if not by_file:
            raise UnreadError(f"the dump has no answer of {reading}; add it with: {command_for(reading)}")
        # Where several operations have a key in common, the name of a file can say which it is.
        own = {name: found for name, found in by_file.items() if _names(name, reading)}
        if files:
            own = {name: by_file.get(name, []) for name in (f"{self._prefix}{each}" for each in files)}
            return Read([each for found in own.values() for each in found])
        objects = [each for found in (own or by_file).values() for each in found]
        return Read([each for each in objects if self._in_vpc(contents, reading, each)])

    def _in_vpc(self, contents: Contents, reading: Aws, found: Object) -> bool:
        """Whether an object is in the cluster's VPC, or nobody can say it."""
        if reading.scope is not Scope.VPC or not isinstance(found, dict) or "VpcId" not in found:
            return True
        clusters = [each for every in contents.answers.get("cluster", {}).values() for each in every]
        vpcs = {at(each, "resourcesVpcConfig.vpcId") for each in clusters} - {None}
        return not vpcs or found["VpcId"] in vpcs


def _tree(contents: Contents, kind: str) -> Tree | None:
    return contents.tree(kind) if kind else None


def _is_wanted(found: Object, reading: Objects) -> bool:
    named = not reading.name or at(found, "metadata.name") == reading.name
    return named and (not reading.namespace or at(found, "metadata.namespace") == reading.namespace)


def _missing(found: Found, reading: Objects) -> str:
    """Why some objects are missing; empty if all are there."""
    reasons: list[str] = list(found.broken)
    if not found.whole:
        reasons += _parts(found, reading)
    if not reasons:
        return ""
    words = "; ".join(dict.fromkeys(reasons))
    return f"not all {reading.plural} are in the dump ({words}); add them with: {command_for(reading)}"


def _parts(found: Found, reading: Objects) -> Sequence[str]:
    # By default 'kubectl cluster-info dump' takes kube-system and the current namespace alone.
    few = 0 < len(found.namespaces) <= 2
    if found.namespaces and reading.namespace in found.namespaces:
        return ()
    if few:
        return [*found.parts, f"only those of {' and '.join(sorted(found.namespaces))}"]
    return () if found.namespaces else found.parts


def _names(file: str, reading: Aws) -> bool:
    flat = re.sub(r"[^a-z]", "", file.lower())
    return reading.operation.lower() in flat
