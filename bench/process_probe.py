"""Runs a command, and prints what it cost: CPU seconds, and the peak of its resident memory in MiB.

The arguments are the file for the command's output, and the command. Linux counts the memory of whoever
starts a process as that process's own (``setmax_mm_hiwater_rss`` in ``exec_mmap``, fs/exec.c of the kernel),
so a process as small as this one has to do it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys


def main() -> None:
    """Run and print; exit as the command does."""
    output, *command = sys.argv[1:]
    with open(output, "wb") as file:
        process = subprocess.Popen(command, stdout=file)
        _, status, usage = os.wait4(process.pid, 0)
    json.dump({"seconds": usage.ru_utime + usage.ru_stime, "mib": usage.ru_maxrss / 1024}, sys.stdout)
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
