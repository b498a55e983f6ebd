"""Runs a Lambda function's code once and says what that took; a process of its own.

Arguments: the folder of the code, a file with the event. Prints seconds to import the handler, seconds to run
it, and the largest resident memory, in MiB, of the process and of any one it started.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import resource
import sys
import time
from pathlib import Path


class Context:
    """A function with five minutes to go."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds left."""
        return 300_000


def _own_peak_kib() -> int:
    """Our peak; getrusage would count what the process that started us had when it forked."""
    (line,) = [
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")
    ]
    return int(line.split()[1])


def main() -> None:
    """Run and print."""
    sys.path.insert(0, sys.argv[1])
    event = json.loads(Path(sys.argv[2]).read_text())
    start = time.perf_counter()
    handler = importlib.import_module("index").handler
    imported = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        handler(event, Context())
    done = time.perf_counter()
    largest = max(_own_peak_kib(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    json.dump({"import": imported - start, "run": done - imported, "mib": largest / 1024}, sys.stdout)


if __name__ == "__main__":
    main()
