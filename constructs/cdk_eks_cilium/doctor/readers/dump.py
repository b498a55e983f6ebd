"""Readings from a dump: a ``cilium sysdump``, or files of kubectl and the AWS CLI, in a folder or archive."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.fields import at, trim
from cdk_eks_cilium.doctor.engine.kinds import PODS
from cdk_eks_cilium.doctor.engine.reader import NotAskedError, Object, Read, UnreadError
from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Aws, Logs, Metrics, Objects, Reading, Scope

from .dumps import texts
from .dumps.adding import command_for
from .dumps.contents import BROKEN, Contents, Found, keeps_of, reason
from .dumps.index import Entry
from .dumps.missing import absent, is_unserved, missing
from .dumps.scan import Dump


class DumpReader:
    """A dump as a source of readings. It is read once, at the first one, and nothing in it stops the rest."""

    def __init__(self, folder_or_archive: Path, wanted: Iterable[Reading] = ()) -> None:
        """Open a dump.

        Args:
            folder_or_archive: A folder, a zip archive, or one file of them.
            wanted: Readings that will be asked for, beside those in `kinds`. Others cost reading
                files again.

        Raises:
            OSError: It is missing, or cannot be read.
            ValueError: It is an archive of another form, or a broken one; the text says what to do.
        """
        every = [*(each for each in vars(kinds).values() if isinstance(each, Objects)), *wanted]
        self._dump = Dump(folder_or_archive, keeps_of(each for each in every if isinstance(each, Objects)))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of results must know of files: unreadable, cut off, empty, repeated, unknown ones."""
        return self._dump.notes

    def read(self, reading: Reading) -> Read | None:
        """The objects of a reading, as far as they are there; None for AWS without any answer of AWS.

        Raises:
            UnreadError: They are missing; the text has the command that adds them.
            NotAskedError: What was collected never has them.
        """
        entry = self._dump.index.of(reading)
        if entry is None:
            none = isinstance(reading, Aws) and not self._dump.contents.answers
            return None if none else self._read(reading)
        if not entry.served:
            return Read(served=False)
        if entry.never and not self._is_added(reading):
            raise NotAskedError(entry.never)
        if entry.never:
            return self._read(reading)
        if entry.unread:
            return self._added(reading, entry)
        if isinstance(reading, (Logs, Metrics)):
            return self._collected(reading, entry)
        read = self._answer(reading, entry.files) if isinstance(reading, Aws) else self._read(reading)
        return replace(read, partly=entry.partly)

    @property
    def untold(self) -> Mapping[str, str]:
        """Ids of checks that the dump cannot answer, with the reason."""
        return self._dump.index.untold

    @property
    def taken(self) -> datetime | None:
        """When the dump was made, if it says it: ages are to be judged by that."""
        return self._dump.taken

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
        contents = self._dump.contents
        if isinstance(reading, Objects):
            found = contents.kinds.get((reading.group, reading.kind), Found())
            names = {*found.files, *contents.empty.values()}
        elif isinstance(reading, Aws):
            names = set(contents.answers.get(reading.key, ()))
        else:
            names = {file.name for file in self._dump.files}
        return bool(names - {f"{self._dump.prefix}{name}" for name in self._dump.index.files})

    def _collected(self, reading: Logs | Metrics, entry: Entry) -> Read:
        named = {file.name.removeprefix(self._dump.prefix): file for file in self._dump.files}
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

    def _objects(self, reading: Objects) -> Read:
        contents = self._dump.contents
        found = contents.kinds.get((reading.group, reading.kind))
        if found is None or not found.files:
            return self._without(contents, reading)
        kept = contents.keeps.get((reading.group, reading.kind))
        if kept is None or (kept and not (reading.keep and set(reading.keep) <= set(kept))):
            found, kept = self._dump.again(found, reading), None
        objects: list[Object] = [each for each in found.objects.values() if _is_wanted(each, reading)]
        if kept is None or set(reading.keep) != set(kept):
            objects = [trim(each, reading.keep) for each in objects]
        if reading.name and objects:
            return Read(objects)
        gone = absent(contents, self._dump.files, reading)
        return Read(objects, partly=missing(found, reading), absent=gone)

    def _without(self, contents: Contents, reading: Objects) -> Read:
        names = {reading.plural, reading.kind.lower(), f"{reading.plural}.{reading.group}"}
        if names & contents.empty.keys():
            return Read()
        if is_unserved(contents, reading):
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
                lines = texts.last_lines(self._dump.logs, name, reading.container, reading.lines)
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
            files = texts.files_for(self._dump.metrics, name)
            own = [file for file in files if str(reading.port) in file.base]
            for file in (own or files)[:1]:
                try:
                    read.append({"pod": name, "text": texts.metrics_in(file)})
                except BROKEN as error:
                    raise UnreadError(f"{file.name}: {reason(error)}") from None
        if pods and not read:
            raise UnreadError(f"the dump has no {reading}; add them with: {command_for(reading)}")
        return Read(read[: reading.pods])

    def _version(self, reading: ApiVersion) -> Read:
        version = self._dump.contents.version
        if version is None:
            raise UnreadError(f"the dump has no {reading}; add it with: {command_for(reading)}")
        return Read([version])

    def _answer(self, reading: Aws, files: Sequence[str] = ()) -> Read:
        contents = self._dump.contents
        by_file = contents.answers.get(reading.key)
        if not by_file:
            raise UnreadError(f"the dump has no answer of {reading}; add it with: {command_for(reading)}")
        # Where several operations have a key in common, the name of a file can say which it is.
        own = {name: found for name, found in by_file.items() if _names(name, reading)}
        if files:
            own = {name: by_file.get(name, []) for name in (f"{self._dump.prefix}{each}" for each in files)}
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


def _is_wanted(found: Object, reading: Objects) -> bool:
    named = not reading.name or at(found, "metadata.name") == reading.name
    return named and (not reading.namespace or at(found, "metadata.namespace") == reading.namespace)


def _names(file: str, reading: Aws) -> bool:
    flat = re.sub(r"[^a-z]", "", file.lower())
    return reading.operation.lower() in flat
