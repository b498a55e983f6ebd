"""Runs a Lambda function's code once, in a process of its own, and prints the cost.

Arguments: the folder of the code, and a file with the event. The output has the seconds to import the
handler, the seconds to run it, and the largest resident memory of the process and its children, in MiB.
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
    """The context of a function with five minutes left."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds left."""
        return 300_000


def own_peak_kib() -> int:
    """Our own peak: getrusage would include the memory of the parent process at the fork."""
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
    largest = max(own_peak_kib(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    json.dump({"import": imported - start, "run": done - imported, "mib": largest / 1024}, sys.stdout)


if __name__ == "__main__":
    main()
