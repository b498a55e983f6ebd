"""How the command line ends before its end: by Ctrl-C, another signal, or a machine on which nothing moves.

Nothing is unwound: threads may wait for an answer that does not come. The guardian kills the processes and
removes the folders, one line says what happened, and this process ends.
"""

# no belief: signals of this machine

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Callable
from typing import Any, Final

from rehearsal.guard import GUARD

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MACHINE: Final = 3
"""The exit status when the rehearsal could not go on, in which the deployment has no part."""

_WORDS: Final = {
    signal.SIGINT: "interrupted",
    signal.SIGTERM: "ended by SIGTERM",
    signal.SIGHUP: "ended by SIGHUP",
}


class Stopping:
    """Ends this process at once, and cleanly.

    Args:
        as_json: Whether the line goes to standard output, as JSON.

    Attributes:
        before: Called first, such as to give the terminal back its cursor.
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self.before: list[Callable[[], None]] = []

    def install(self) -> None:
        """Answer the signals that ask a program to end."""
        for each in SIGNALS:
            # `nohup` and a shell's background jobs have some ignored, and that is to stay.
            if signal.getsignal(each) != signal.SIG_IGN:
                signal.signal(each, self._signalled)

    def stand_still(self, seconds: float) -> None:
        """End because nothing happened for so many seconds."""
        self.end(
            MACHINE,
            "machine",
            f"this machine: nothing has moved for {seconds:.0f} s, so the rehearsal hangs; "
            "the deployment has no part in it",
        )

    def end(self, status: int, kind: str, message: str) -> None:
        """Clean up, say why, and end this process."""
        for step in self.before:
            with contextlib.suppress(Exception):
                step()
        with contextlib.suppress(Exception):
            GUARD.close()
        # Not by print: this may be a signal in the middle of another one.
        if self.as_json:
            _write(1, json.dumps(error(kind, message, status), indent=2))
        else:
            _write(2, f"rehearsal: {message}")
        os._exit(status)

    def _signalled(self, number: int, _: Any) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)  # once is enough
        word = _WORDS[signal.Signals(number)]
        self.end(
            128 + number, "interrupted", f"{word}; every process and temporary file of the rehearsal is gone"
        )


def error(kind: str, message: str, status: int) -> dict[str, Any]:
    """What `--json` prints in place of a report.

    Args:
        kind: What sort of error: `usage`, `assembly`, `interrupted`, `machine`.
        message: The text.
        status: The exit status.
    """
    return {"version": 1, "error": {"kind": kind, "message": message}, "exit_status": status}


def _write(stream: int, line: str) -> None:
    with contextlib.suppress(OSError):
        os.write(stream, f"{line}\n".encode())
