"""Ends a synth that is interrupted: at once, in one line, and without what jsii leaves behind."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_PATIENCE: Final = 1.0
"""Seconds in which Node.js, which gets Ctrl-C too, may still write into the folder."""


def stop_cleanly() -> None:
    """Answer Ctrl-C, and give jsii and Node.js a folder for temporary files that goes with this process.

    Call it before jsii is imported: jsii's own folders would stay, because Node.js removes them only at its
    regular end.
    """
    folder = tempfile.mkdtemp(prefix="synth-")
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    # Runs after jsii has ended Node.js, because functions are called in the reverse order.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for each in SIGNALS:
        # `nohup` and a shell's background jobs have some ignored, and that is to stay.
        if signal.getsignal(each) != signal.SIG_IGN:
            signal.signal(each, _stopping(Path(folder)))


def _stopping(folder: Path) -> Callable[[int, FrameType | None], None]:
    def stop(number: int, _: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)  # once is enough
        until = time.monotonic() + _PATIENCE
        while folder.exists() and time.monotonic() < until:
            shutil.rmtree(folder, ignore_errors=True)
        # Not by print: this may be in the middle of another one.
        with contextlib.suppress(OSError):
            os.write(2, b"interrupted\n")
        # Nothing is unwound: jsii would wait for Node.js, and print a trace.
        os._exit(128 + number)

    return stop
