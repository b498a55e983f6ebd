"""Runs as a process of its own: watches a process and all processes below it, and says who used how much.

Arguments: the process, and the seconds between two looks. It ends with the process, and prints JSON: for each
sample its time, the seconds of CPU since the sample before by kind of process, and the kinds that were there.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Final

ROOT: Final = "rehearsal"
FUNCTIONS: Final = "Lambda functions"
HANDLERS: Final = "CDK's handlers"
HELM: Final = "helm"
KUBECTL: Final = "kubectl"
AWS_CLI: Final = "AWS CLI"
CLEANING: Final = "guardian"

_NANOSECONDS: Final = 1e9


def kind(words: list[str], folder: Path) -> str:
    """What a process is.

    Args:
        words: Its command line.
        folder: Its working folder: a function runs in the folder of its code.
    """
    names = [word.rpartition("/")[2] for word in words[:4]]
    if not names:
        return ROOT
    if names[0] in (HELM, KUBECTL):
        return names[0]
    if "guardian.py" in names[:4]:
        return CLEANING
    if "warm_command.py" in words or "warm_command.py" in names or "aws-cli" in words or names[0] == "aws":
        return AWS_CLI
    if (folder / "helm").is_dir() or names[0] == "node":
        return HANDLERS
    return FUNCTIONS


class Sampler:
    """Sums up what each kind of process did.

    Args:
        root: The process at the top.
        proc: The folder of the kernel's files on processes.
    """

    def __init__(self, root: int, proc: Path = Path("/proc")) -> None:
        self._root = str(root)
        self._proc = proc
        self._kinds: dict[str, tuple[str, str]] = {}
        self._seen: dict[str, int] = {}

    def sample(self) -> tuple[dict[str, float], list[str]]:
        """Seconds of CPU since the last sample by kind, and the kinds that are there.

        A warm server that waits for work, and the guardian, use CPU and do not count as there.
        """
        used: dict[str, float] = {}
        there: set[str] = set()
        seen: dict[str, int] = {}
        ahead = [(self._root, "")]
        while ahead:
            process, parent = ahead.pop()
            nanoseconds = 0
            for thread in self._threads(process):
                ahead += ((child, process) for child in self._words(process, thread, "children"))
                times = self._words(process, thread, "schedstat")
                nanoseconds += int(times[0]) if times else 0
            what = ROOT if process == self._root else self._kind(process)
            # Threads that ended take their time with them.
            done = max(0, nanoseconds - self._seen.get(process, 0))
            used[what] = used.get(what, 0.0) + done / _NANOSECONDS
            seen[process] = nanoseconds
            if parent != self._root or not self._resident(process):
                there.add(what)
        self._seen = seen
        return used, sorted(there)

    def _resident(self, process: str) -> bool:
        """Whether a process waits for others until the end of the rehearsal."""
        return any(
            name in self._kinds.get(process, ("", ""))[0] for name in ("warm_server.py", "guardian.py")
        )

    def _threads(self, process: str) -> list[str]:
        try:
            return os.listdir(self._proc / process / "task")
        except OSError:
            return []

    def _words(self, process: str, thread: str, file: str) -> list[str]:
        try:
            return (self._proc / process / "task" / thread / file).read_text().split()
        except OSError:
            return []

    def _kind(self, process: str) -> str:
        """The kind of a process; asked anew when it runs another program, or runs it elsewhere."""
        try:
            line = (self._proc / process / "cmdline").read_bytes().decode(errors="replace")
            folder = os.readlink(self._proc / process / "cwd")
        except OSError:
            line = folder = ""
        known = self._kinds.get(process)
        if known is None or known[0] != f"{folder} {line}":
            found = kind([word for word in line.split("\0") if word], Path(folder))
            known = self._kinds[process] = (f"{folder} {line}", found)
        return known[1]


def main() -> None:
    """Samples until the process has ended."""
    process, pause = int(sys.argv[1]), float(sys.argv[2])
    sampler = Sampler(process)
    samples: list[dict[str, Any]] = []
    while Path(f"/proc/{process}/task").exists() and not _zombie(process):
        began = time.monotonic()
        used, there = sampler.sample()
        samples.append({"at": began, "used": used, "there": there})
        time.sleep(max(0.0, pause - (time.monotonic() - began)))
    print(json.dumps(samples))


def _zombie(process: int) -> bool:
    try:
        return ") Z " in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return True


if __name__ == "__main__":
    main()
