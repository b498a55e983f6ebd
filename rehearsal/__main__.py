"""Command line: `python -m rehearsal ASSEMBLY_DIR`."""

# no belief: the command line

from __future__ import annotations

import gc
import os
import sys

from rehearsal.stopping import Stopping


def main(arguments: list[str] | None = None, stopping: Stopping | None = None) -> int:
    """Runs the command line and returns the exit status.

    Args:
        arguments: The words; by default the words this process was started with.
        stopping: What ends this process before its end; by default nothing.
    """
    # Only here: Ctrl-C during the seconds of loading is answered as at any other time.
    from rehearsal.command import main as run

    return run(arguments, stopping)


def process() -> int:
    """Runs the command line as a process of its own, which signals end."""
    # Half a million objects stay to the end: looking for garbage among them took a tenth of the time.
    gc.set_threshold(20_000, 20, 50)
    stopping = Stopping(as_json="--json" in sys.argv)
    stopping.install()
    return main(stopping=stopping)


if __name__ == "__main__":
    status = process()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of a rehearsal that is over have nothing to say any more.
    os._exit(status)
