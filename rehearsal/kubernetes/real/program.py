"""A program that runs beside this process: started, waited for, ended, its output kept in a file."""

# no belief: processes of this machine

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from rehearsal.kubernetes.real import keeper

POLL: Final = 0.05
"""Seconds between two looks at whether a program is ready."""
QUOTED: Final = 30
"""Lines of a program's output that an error quotes."""
_KILLED: Final = 5.0
"""Seconds until a program that is killed has ended: the kernel needs a moment."""


class StartError(Exception):
    """A program did not start. The text has the end of its output."""


class Program:
    """One process, in a session of its own so that it ends with all that it started.

    A keeper starts it, which ends it when this process is gone, even by SIGKILL.

    Args:
        command: The executable and its arguments.
        log: Where its output goes, both streams.
        is_ready: Whether it does its work by now; what it raises as OSError means no.
    """

    def __init__(self, command: Sequence[str], log: Path, is_ready: Callable[[], bool]) -> None:
        self.command, self.log = list(command), log
        self.name = Path(command[0]).name
        self._is_ready = is_ready
        self._process: subprocess.Popen[bytes] | None = None

    # no belief: programs of this machine
    def start(self, timeout: float) -> None:
        """Start it and return when it is ready.

        Raises:
            StartError: It cannot be run, ended, or is not ready after *timeout* seconds; it is ended then.
        """
        process = self._process = self._launch()
        end = time.monotonic() + timeout
        while not self._ready_now():
            status = process.poll()
            if status is not None:
                self.stop()
                raise StartError(self._told(f"ended with status {status} before it was ready"))
            if time.monotonic() > end:
                self.stop(timeout=0)
                raise StartError(self._told(f"was not ready after {timeout:g} s"))
            time.sleep(POLL)

    # no belief: programs of this machine
    def _launch(self) -> subprocess.Popen[bytes]:
        reading, writing = os.pipe()
        command = [sys.executable, "-I", "-S", str(Path(keeper.__file__)), str(writing), *self.command]
        with self.log.open("wb") as log, open(reading) as reasons:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[writing],
            )
            os.close(writing)
            if reason := reasons.read():
                _end(process)
                raise StartError(f"{self.command[0]}: must be a program that runs here, got {reason}")
        return process

    def stop(self, timeout: float = 10.0) -> None:
        """End it: politely, and after *timeout* seconds by force. Harmless when it has ended already."""
        process = self._process
        if process is None:
            return
        for number, seconds in ((signal.SIGTERM, timeout), (signal.SIGQUIT, _KILLED)):
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
        _end(process)
        self._process = None

    def tail(self, lines: int = QUOTED) -> str:
        """The end of its output."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:]) or "(no output)"

    def _ready_now(self) -> bool:
        try:
            return self._is_ready()
        except OSError:
            return False

    def _told(self, what: str) -> str:
        return f"{self.name} {what}; its output in {self.log} ends with\n{self.tail()}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a keeper by force, and all that it started: it may have ended while they still run."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdin is not None:
        process.stdin.close()
    process.wait()
