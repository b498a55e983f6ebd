"""Logs and metrics in the files of a dump."""

from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TextIO

from cdk_eks_cilium.doctor.engine.fields import at, labels_of
from cdk_eks_cilium.doctor.engine.reader import Object

from . import layouts
from .files import DumpFile
from .pieces import MIB

_TAIL: Final = 16 * MIB
"""Bytes at the end of a log that are read where the rest can be left out."""
_LONGEST_LINE: Final = 64 * 1024
_MOST_METRICS: Final = 32 * MIB

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z (?=.)")
"""A sysdump asks for logs with a time before each line (``SubmitLogsTasks`` in its sysdump.go)."""
_PREFIX: Final = re.compile(r"\[pod/([^/\]]+)/([^\]]+)\] ?")
"""``kubectl logs --prefix``: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_logs/."""
_SECTION: Final = re.compile(r"==== (START|END) logs for container (\S+) of pod ([^/]+)/(\S+) ====")
"""``kubectl cluster-info dump``: pkg/cmd/clusterinfo/clusterinfo_dump.go of kubernetes/kubectl."""
_ROW: Final = re.compile(r"([a-z][a-z0-9_]*)\s{2,}(.*?)\s+([-+.0-9eE]+)$")
_LABEL: Final = re.compile(r'(\w+)=(?:"([^"]*)"|(\S*))')


def is_log(file: DumpFile) -> bool:
    """Whether a file is a log, by its name."""
    return file.base.endswith(".log") or file.base == "logs.txt"


def is_metrics(file: DumpFile, head: str) -> bool:
    """Whether a file has metrics, by its first text."""
    named = file.base.startswith("metrics-") and file.base.endswith(".txt")
    return named or head.startswith(("# HELP", "# TYPE")) or layouts.is_table_of_metrics(file.name)


def matches(found: Object, namespace: str, selector: str) -> bool:
    """Whether a pod is in a namespace and has the labels of a selector such as ``k8s-app=cilium``.

    Raises:
        ValueError: The selector has other terms than equality.
    """
    wanted = dict(_term(term) for term in selector.split(","))
    return at(found, "metadata.namespace") == namespace and wanted.items() <= labels_of(found).items()


def _term(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or key.endswith("!"):
        raise ValueError(f"not an equality: {text}")
    return key.strip(), value.lstrip("=").strip()


def by_restarts(pods: Iterable[Object]) -> list[Object]:
    """Pods, those with the most restarts first."""
    return sorted(pods, key=_restarts, reverse=True)


def _restarts(pod: Object) -> int:
    statuses: Sequence[Mapping[str, Any]] = at(pod, "status.containerStatuses") or ()
    return sum(int(each.get("restartCount") or 0) for each in statuses)


def files_for(files: Sequence[DumpFile], pod: str) -> list[DumpFile]:
    """The files whose names have the name of a pod."""
    whole = re.compile(rf"(?<![a-z0-9]){re.escape(pod)}(?![a-z0-9])")
    return [file for file in files if whole.search(file.name)]


def last_lines(files: Sequence[DumpFile], pod: str, container: str, count: int) -> list[str] | None:
    """The last lines of a pod's container; None if no file has them.

    Raises:
        OSError: A file cannot be read.
    """
    named = files_for(files, pod)
    own = [file for file in named if _container(file, pod) == container]
    for file in own or [file for file in named if not _container(file, pod)]:
        return list(deque(_lines_of(file, pod, container), count))
    # A file of several pods tells them apart by a prefix.
    found: deque[str] = deque(maxlen=count)
    for file in files:
        found.extend(_prefixed(file, pod, container))
    return list(found) if found else None


def _container(file: DumpFile, pod: str) -> str:
    """What the name of a file says after its pod; empty for the log of a whole pod."""
    if "-prev." in file.base:
        return "-prev"
    return layouts.stem_of(file.name).rpartition(pod)[2].strip("-_") if pod in file.base else ""


def _lines_of(file: DumpFile, pod: str, container: str) -> Iterator[str]:
    """The lines of a container in a file of its pod."""
    sections, inside = False, True
    for line in _lines(file):
        if section := _SECTION.match(line):
            sections = True
            inside = section[1] == "START" and section[2] == container and section[4] == pod
        elif prefix := _PREFIX.match(line):
            if prefix[1] == pod and prefix[2] == container:
                yield line[prefix.end() :]
        elif inside and not (sections and not line):
            yield line


def _prefixed(file: DumpFile, pod: str, container: str) -> Iterator[str]:
    for line in _lines(file):
        prefix = _PREFIX.match(line)
        if prefix and prefix[1] == pod and prefix[2] == container:
            yield line[prefix.end() :]


def _lines(file: DumpFile) -> Iterator[str]:
    stamped = layouts.is_stamped(file.name)
    with _from_tail(file) as stream:
        while line := stream.readline(_LONGEST_LINE):
            text = line.rstrip("\r\n")
            time = _TIME.match(text) if stamped else None
            yield text[time.end() :] if time else text


def plain_lines(file: DumpFile) -> list[str]:
    """The lines of a log as they are.

    Raises:
        OSError: It cannot be read.
    """
    with file.text() as stream:
        return stream.read().removesuffix("\n").split("\n") if file.size else []


def _from_tail(file: DumpFile) -> TextIO:
    """A log, from near its end where it is long and can be read from there."""
    if file.size <= _TAIL:
        return file.text()
    stream = file.opened()
    if not isinstance(stream, io.BufferedReader):
        stream.close()
        return file.text()
    stream.seek(-_TAIL, io.SEEK_END)
    stream.readline()
    return io.TextIOWrapper(stream, "utf-8", errors="replace")


def metrics_in(file: DumpFile) -> str:
    """The metrics of a file in Prometheus' text format.

    Raises:
        OSError: It cannot be read.
    """
    with file.text() as stream:
        text = stream.read(_MOST_METRICS)
    return _from_table(text) if layouts.is_table_of_metrics(file.name) else text


def _from_table(text: str) -> str:
    """A table of ``cilium metrics list`` as Prometheus' text, without histograms, which it sums up."""
    lines = []
    for line in text.splitlines():
        if row := _ROW.match(line.strip()):
            labels = ",".join(f'{key}="{quoted or plain}"' for key, quoted, plain in _LABEL.findall(row[2]))
            lines.append(f"{row[1]}{{{labels}}} {row[3]}\n" if labels else f"{row[1]} {row[3]}\n")
    return "".join(lines)
