"""What a rehearsal leaves behind if it is killed: nothing. A second process, the guardian, sees to that.

Children carry a token in their environment, and the guardian knows the folders for temporary files. It kills
and removes all of them when this process ends or lets go.
"""

# no belief: processes and files of this machine

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rehearsal.guardian import VARIABLE

_SCRIPT: Final = Path(__file__).with_name("guardian.py")
# A path of a socket has at most 104 characters on some systems.
_SHORT: Final = "/tmp"


class Guard:
    """A guardian, as long as somebody holds it by `held`."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._holders = 0
        self._token = ""
        self._process: subprocess.Popen[str] | None = None
        self._closed = False

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep a guardian."""
        self.take()
        try:
            yield
        finally:
            self.let_go()

    def take(self) -> None:
        """Keep a guardian, until `let_go`."""
        with self._lock:
            self._holders += 1
            if self._process is None:
                self._start()

    def let_go(self) -> None:
        """End the guardian with its last holder."""
        with self._lock:
            self._holders -= 1
            if not self._holders:
                self._end()

    def variables(self) -> dict[str, str]:
        """What belongs into the environment of each process that must not outlive this one."""
        return {VARIABLE: self._token}

    def folder(self, prefix: str, *, short: bool = False) -> Path:
        """A new folder for temporary files, gone at the end.

        Args:
            prefix: How its name begins.
            short: Whether its path must be short, as the path of a socket.
        """
        name = f"{prefix}{uuid.uuid4().hex[:8]}"
        path = Path(_SHORT if short else tempfile.gettempdir(), name)
        # First told, then made: a folder that nobody knows would stay.
        self._tell(path)
        path.mkdir(mode=0o700)
        return path

    def owns(self, path: Path) -> Path:
        """Have a path removed at the end, if it is still there then."""
        self._tell(path)
        return path

    def close(self) -> None:
        """Kill every child and remove every folder at once; nothing new starts afterwards."""
        # Not under the lock: this may be a signal, between any two steps of whoever has it.
        self._closed = True
        self._end()

    @property
    def closed(self) -> bool:
        """Whether the rehearsal is being stopped."""
        return self._closed

    def _tell(self, path: Path) -> None:
        with self._lock:
            if self._process is None or self._process.stdin is None:
                return
            with contextlib.suppress(OSError):  # it was killed
                self._process.stdin.write(f"{path}\n")
                self._process.stdin.flush()

    def _start(self) -> None:
        self._token = uuid.uuid4().hex
        # A session of its own: Ctrl-C in a terminal is for the group of processes in its foreground.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_SCRIPT), self._token],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath},
            cwd="/",
            text=True,
            start_new_session=True,
        )

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        with contextlib.suppress(OSError):
            process.stdin.close()
        process.wait()

    def forget(self) -> None:
        """Leave the guardian to the parent, in a child that was forked."""
        if self._process is not None and self._process.stdin is not None:
            # Else it would not see the parent's end before this process's.
            os.close(self._process.stdin.fileno())
            self._process.stdin = None
            self._process.returncode = 0  # it is not this process's to wait for
        self._lock, self._holders, self._process, self._closed = threading.RLock(), 0, None, False


GUARD: Final = Guard()
"""The guard of this process."""

os.register_at_fork(after_in_child=GUARD.forget)


def remove(folder: Path) -> None:
    """Remove a folder of the guard's, whose processes have ended."""
    shutil.rmtree(folder, ignore_errors=True)
