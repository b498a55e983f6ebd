"""What is being read, on a terminal's standard error alone."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from types import TracebackType

from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.doctor.engine.readings import Reading


class Progress:
    """One line that changes, and is gone at the end."""

    def __init__(self, checks: Iterable[Check]) -> None:
        self._all = len({reading for each in checks for reading in each.reads})
        self._done = 0
        self._lock = threading.Lock()
        self._shown = sys.stderr is not None and sys.stderr.isatty()

    def __enter__(self) -> Progress:
        self._write("reaching the cluster")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write("")

    def heard(self, reading: Reading) -> None:
        """A reading is done; any thread may say so."""
        with self._lock:
            self._done += 1
            self._write(f"read {self._done} of {self._all}: {reading}")

    def _write(self, text: str) -> None:
        if self._shown:
            # Back to the beginning, and clear the line: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
