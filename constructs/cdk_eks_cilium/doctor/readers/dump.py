"""Readings from a dump: a ``cilium sysdump``, or files of kubectl and the AWS CLI, in a folder or a zip archive."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Final

from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.fields import Tree, at, trim
from cdk_eks_cilium.doctor.engine.kinds import CUSTOM_TYPES, PODS
from cdk_eks_cilium.doctor.engine.reader import Object, Read, UnreadError
from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Aws, Logs, Metrics, Objects, Reading, Scope

from .dumps import layouts, texts
from .dumps.adding import command_for
from .dumps.contents import BROKEN, Contents, Found, keeps_of, reason
from .dumps.files import DumpFile, files_of
from .dumps.json_stream import read_json
from .dumps.yaml_stream import read_yaml

_HEAD: Final = 4096
_YAML: Final = re.compile(r"(?:(?:---.*|#.*|\s*)\n)*(?:-\s+)?\"?(?:apiVersion|items|kind|metadata)\"?:", re.M)
_GO_VERSION: Final = re.compile(r'(\w+):"([^"]*)"')
"""A sysdump writes the version as Go prints it: ``GetVersion`` in cilium-cli/k8s/client.go."""
_MOST_NAMED: Final = 5


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
        if isinstance(reading, Objects):
            return self._objects(reading)
        if isinstance(reading, Logs):
            return self._logs_of(reading)
        if isinstance(reading, Metrics):
            return self._metrics_of(reading)
        if isinstance(reading, ApiVersion):
            return self._version(reading)
        return self._answer(reading)

    def _whole(self) -> Contents:
        with self._lock:
            if self._contents is None:
                self._contents = self._scan()
            return self._contents

    def _scan(self) -> Contents:
        contents, unknown = Contents(self._keeps), []
        for file in self._files.found:
            if layouts.is_not_read(file.name):
                continue
            try:
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
        elif texts.is_log(file):
            self._logs.append(file)
        elif start.startswith(("{", "[")):
            with file.text() as stream:
                contents.add(file, read_json(stream))
        elif start.startswith("version.Info{"):
            contents.version = {key[:1].lower() + key[1:]: value for key, value in _GO_VERSION.findall(head)}
        elif _YAML.match(head):
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
        if (reading.group, reading.kind) not in contents.keeps:
            found = self._again(found, reading)
        objects: list[Object] = [each for each in found.objects.values() if _is_wanted(each, reading)]
        if set(reading.keep) != set(contents.keeps.get((reading.group, reading.kind), reading.keep)):
            objects = [trim(each, reading.keep) for each in objects]
        if reading.name and objects:
            return Read(objects)
        return Read(objects, partly=_missing(found, reading))

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
            defined = {at(each, "spec.names.kind") for each in types.objects.values()}
            groups = {at(each, "spec.group") for each in types.objects.values()}
            if reading.kind not in defined or reading.group not in groups:
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

    def _answer(self, reading: Aws) -> Read:
        contents = self._whole()
        by_file = contents.answers.get(reading.key)
        if not by_file:
            raise UnreadError(f"the dump has no answer of {reading}; add it with: {command_for(reading)}")
        # Where several operations have a key in common, the name of a file can say which it is.
        own = {name: found for name, found in by_file.items() if _names(name, reading)}
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
