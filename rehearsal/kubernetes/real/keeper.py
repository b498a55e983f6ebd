"""Runs as a process of its own: starts a program, and ends it when whoever started this is gone.

Arguments: the number of a pipe, the program and its arguments. The pipe is closed when the program runs;
before that it gets the reason if the program cannot be run. The keeper ends when the program does, with the
same status (128 and the number for a signal). When its standard input ends, the process that started it has
ended, however it did, and so the program ends: asked first, and by force after some seconds, with all that it
started. A SIGTERM is passed on, and a SIGQUIT kills the program. Where the system can, the program also ends
with the keeper.

Standard library only: it runs without site-packages, so that it starts at once.
"""

# no belief: processes of this machine

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final

_PATIENCE: Final = 5.0
"""Seconds that a program has to end by itself."""
_PASSED_ON: Final = {signal.SIGTERM: signal.SIGTERM, signal.SIGQUIT: signal.SIGKILL}
"""What the program gets for a signal to this process."""
_PR_SET_PDEATHSIG: Final = 1


def main(told: int, command: list[str]) -> int:
    """Run the program to its end, and return its status."""
    ended, wake = socket.socketpair()
    wake.setblocking(False)
    asked: list[signal.Signals] = []
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in _PASSED_ON:
        signal.signal(number, lambda number, _: asked.append(signal.Signals(number)))
    signal.set_wakeup_fd(wake.fileno())
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_ends_with_parent())
    except OSError as error:
        os.write(told, str(error).encode())
        return 1
    os.close(told)
    while process.poll() is None:
        ready, _, _ = select.select([sys.stdin, ended], [], [])
        if ended in ready:
            ended.recv(4096)
        while asked:
            process.send_signal(_PASSED_ON[asked.pop(0)])
        if sys.stdin in ready and not os.read(sys.stdin.fileno(), 4096):
            _end(process)
    status = process.returncode
    return status if status >= 0 else 128 - status


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program, and then this process with all that is left of its session."""
    process.terminate()
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(os.getpgrp(), signal.SIGKILL)


def _ends_with_parent() -> Callable[[], None] | None:
    """What the program does before it begins, so that the kernel ends it with this process: Linux only."""
    if sys.platform != "linux":
        return None
    import ctypes

    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
