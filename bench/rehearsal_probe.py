"""Runs as a process of its own: rehearses an assembly, and says what this process did in which phase.

Argument: the assembly. Prints JSON: when each phase began and ended, and the seconds of wall clock and CPU of
each call of moto and of the embedded Kubernetes API. Times are of the monotonic clock, which all processes of
a machine share.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

MOTO: Final = "moto"
KUBERNETES: Final = "Kubernetes API"

Span = tuple[str, float, float, float]


class Spans:
    """When who did something, and how much CPU it took."""

    def __init__(self) -> None:
        self.found: list[Span] = []
        self._inside = threading.local()

    def of(self, who: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, timed; a call within a timed one is a part of that."""

        @wraps(call)
        def timed(*arguments: Any, **named: Any) -> Any:
            if getattr(self._inside, "busy", False):
                return call(*arguments, **named)
            self._inside.busy = True
            began, cpu = time.monotonic(), time.thread_time()
            try:
                return call(*arguments, **named)
            finally:
                self.found.append((who, began, time.monotonic(), time.thread_time() - cpu))
                self._inside.busy = False

        return timed


@contextmanager
def measured(spans: Spans) -> Iterator[None]:
    """Time the calls of moto and of the embedded Kubernetes API within the context."""
    from rehearsal.aws.iam.gate import Gate
    from rehearsal.kubernetes.server import ApiServer

    with (
        patch.object(Gate, "__call__", spans.of(MOTO, Gate.__call__)),
        patch.object(ApiServer, "answer", spans.of(KUBERNETES, ApiServer.answer)),
    ):
        yield


def main() -> None:
    """Rehearses and reports."""
    began = time.monotonic()
    from rehearsal.rehearse import _Play, rehearse

    spans, loaded = Spans(), time.monotonic()
    played: list[tuple[str, float, float]] = []
    phase = _Play._phase

    def watched(play: Any, name: str, action: Callable[[], bool]) -> bool:
        started = time.monotonic()
        try:
            return phase(play, name, action)
        finally:
            played.append((name, started, time.monotonic()))

    with measured(spans), patch.object(_Play, "_phase", watched):
        report = rehearse(Path(sys.argv[1]))
    phases = [("load", began, loaded), ("start", loaded, played[0][1]), *played]
    phases.append(("end", played[-1][2], time.monotonic()))
    print(json.dumps({"succeeded": report.succeeded, "phases": phases, "spans": spans.found}))


if __name__ == "__main__":
    main()
