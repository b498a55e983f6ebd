"""A program that runs beside the tests: started, waited for, ended, its output kept in a file.

It ends with the thread that started it, however that ends: Linux sends the signal that `prctl` asks for
(https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

#: Seconds between two looks at whether a program is ready.
POLL = 0.05
#: Lines of a program's output that an error quotes.
QUOTED = 30
# Becomes the program. Whoever started it may be gone before it asks for the signal. Where the program does
# not run, it says so to the descriptor, which closes when the program begins.
_LAUNCH = """
import ctypes, os, signal, sys
parent, told, *command = sys.argv[1:]
os.set_inheritable(int(told), False)
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(parent):
    sys.exit("whoever started this is gone")
try:
    os.execv(command[0], command)
except OSError as error:
    os.write(int(told), str(error).encode())
"""


class StartError(Exception):
    """A program did not start. The text has the end of its output."""


class Program:
    """One process, in a session of its own so that it ends with all that it started.

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

    def start(self, timeout: float) -> None:
        """Start it and return when it is ready.

        Raises:
            StartError: It cannot be run, ended, or is not ready after *timeout* seconds; it is ended then.
        """
        self._launch()
        end = time.monotonic() + timeout
        while not self._ready_now():
            status = self._process.poll() if self._process else 0
            if status is not None:
                raise StartError(self._told(f"ended with status {status} before it was ready"))
            if time.monotonic() > end:
                self.stop(timeout=0)
                raise StartError(self._told(f"was not ready after {timeout:g} s"))
            time.sleep(POLL)

    def _launch(self) -> None:
        told, tells = os.pipe()
        launcher = [sys.executable, "-IS", "-c", _LAUNCH, str(os.getpid()), str(tells)]
        with self.log.open("wb") as log, os.fdopen(told, "rb") as problems:
            try:
                self._process = subprocess.Popen(
                    [*launcher, *self.command],
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=(tells,),
                )
            finally:
                os.close(tells)
            problem = problems.read().decode()
        if problem:
            self.stop(timeout=0)
            raise StartError(f"{self.command[0]}: must be a program that runs here, got {problem}")

    def stop(self, timeout: float = 10.0) -> None:
        """End it: politely, and after *timeout* seconds by force. Harmless when it has ended already."""
        process = self._process
        if process is None:
            return
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout)
        # The first process may have ended while its child processes still run.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
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
