"""Lines of the operator's log, as fields.

Up to 1.17 logrus wrote them, from 1.18 on slog: both as ``key=value`` with quotes where needed, or as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.fields import time_of
from cdk_eks_cilium.doctor.engine.kinds import OPERATOR_LOGS
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

_PAIR: Final = re.compile(r'([A-Za-z_][\w.-]*)=("(?:[^"\\]|\\.)*"|\S*)')
_QUIET: Final = ("debug", "trace")
_OLD: Final = timedelta(hours=1)
"""What is older tells of another time: the operator tries again each minute."""


@dataclass(frozen=True)
class LogLine:
    """A line.

    Attributes:
        pod: The operator that wrote it.
        level: ``info``, ``warning``, ``error`` or ``fatal``; empty where the line does not say.
        text: The message and the error, as one text.
        node: The node that it is about; empty where it names no node.
    """

    pod: str
    level: str
    text: str
    node: str


def operator_lines(seen: Seen) -> list[LogLine]:
    """The lines of all operators from the last hour, or without a time, oldest first. Ask with
    ``seen.derived``.

    A check that asks reads `OPERATOR_LOGS`.

    Raises:
        UnreadError: Nothing has logs of an operator.
    """
    found = seen.list(OPERATOR_LOGS)
    if not found:
        raise UnreadError("the operator has written no logs")
    lines = [(str(pod.get("pod", "")), line) for pod in found for line in pod.get("lines") or ()]
    return [parsed for pod, line in lines if (parsed := _parsed(pod, line, seen.now - _OLD)) is not None]


def _parsed(pod: str, line: str, since: datetime) -> LogLine | None:
    fields = _fields(line)
    level = str(fields.get("level", "")).lower()
    # The container runtime knows the time of a line that does not say.
    written = time_of(str(fields.get("time", ""))) or time_of(line.partition(" ")[0])
    if level in _QUIET or (written is not None and written.tzinfo is not None and written < since):
        return None
    message, error = str(fields.get("msg", "")), str(fields.get("error", ""))
    text = ": ".join(filter(None, (message, error))) or line
    node = fields.get("name") or fields.get("nodeName") or fields.get("node") or ""
    return LogLine(pod, "warning" if level == "warn" else level, text, str(node))


def _fields(line: str) -> Mapping[str, Any]:
    # kubectl and CRI put a time before the line, with a space after it.
    start = line.find("{")
    if start >= 0 and line.rstrip().endswith("}") and "=" not in line[:start]:
        try:
            found = json.loads(line[start:])
        except ValueError:
            found = None
        if isinstance(found, Mapping):
            return found
    return {key: _unquoted(value) for key, value in _PAIR.findall(line)}


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        return text[1:-1]
