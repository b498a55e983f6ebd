"""A clock that goes as fast as this machine lets the rehearsal go.

Limits of the rehearsal are for what happens on AWS. Another program that takes the cores, a stopped process
or a slow disk must not let them expire. So they count seconds by this clock: a second counts in
full while the rehearsal's processes sleep or have the cores to themselves, by half while they get half of
what they ask for, and not at all while one of them is stopped. On an idle machine the clock goes like any
other.

What the processes got and what they waited for is in `schedstat` of each thread
(https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat). Without these files the clock is the
wall clock.
"""

# no belief: the speed of this machine

from __future__ import annotations

import contextlib
import mmap
import os
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

TICK: Final = 0.2
"""Seconds between two looks at the processes. No limit is met more exactly than that."""
STANDSTILL: Final = 300.0
"""Seconds without any work after which the rehearsal hangs. Every limit of the rehearsal's own is shorter."""
# Servers of this process look for requests many times a second.
_IDLE_SHARE: Final = 0.1
_NANOSECONDS: Final = 1e9
_STOPPED: Final = "Tt"


@dataclass(frozen=True)
class Look:
    """What the rehearsal's processes did since the look before.

    Attributes:
        ran: Seconds in which threads ran, all together.
        waited: Seconds in which threads could have run, and other threads had the cores.
        stopped: Whether a process is stopped, by a signal or a debugger.
        blocked: Whether a process waits for a disk.
    """

    ran: float = 0.0
    waited: float = 0.0
    stopped: bool = False
    blocked: bool = False

    def share(self, seconds: float) -> float:
        """The part of the seconds that counts, from 0 to 1."""
        if self.stopped or self.blocked:
            return 0.0
        wanted = self.ran + self.waited
        if wanted <= 0.0:
            return 1.0
        asked = self.asked(seconds)
        return 1.0 - asked + asked * self.ran / wanted

    def asked(self, seconds: float) -> float:
        """The part of the seconds in which a thread ran or waited for a core, from 0 to 1."""
        return min(1.0, (self.ran + self.waited) / seconds) if seconds > 0 else 0.0


class Census:
    """Looks at this process and all processes below it.

    Args:
        proc: The folder of the kernel's files on processes.
        root: The id of the topmost process; by default this one's.
    """

    def __init__(self, proc: Path = Path("/proc"), root: int | None = None) -> None:
        self._proc = str(proc)
        self._root = root
        self._known: dict[str, tuple[int, int]] = {}

    def look(self) -> Look:
        """What happened since the look before; since each thread's start at the first."""
        ran = waited = 0
        stopped = blocked = False
        now: dict[str, tuple[int, int]] = {}
        ahead = [str(self._root or os.getpid())]
        while ahead:
            process = ahead.pop()
            state = self._state(process)
            stopped |= state in _STOPPED and state != ""
            blocked |= state == "D"
            tasks = f"{self._proc}/{process}/task"
            for thread in _names(tasks):
                ahead += _words(f"{tasks}/{thread}/children")
                numbers = _words(f"{tasks}/{thread}/schedstat")
                if len(numbers) < 2:
                    continue
                times = int(numbers[0]), int(numbers[1])
                before = self._known.get(thread, (0, 0))
                if before[0] > times[0]:
                    before = (0, 0)  # another thread with the same id
                ran += times[0] - before[0]
                waited += max(0, times[1] - before[1])
                now[thread] = times
        self._known = now
        return Look(ran / _NANOSECONDS, waited / _NANOSECONDS, stopped, blocked)

    def _state(self, process: str) -> str:
        # The name in brackets may have any characters, brackets too.
        after = _text(f"{self._proc}/{process}/stat").rpartition(") ")[2]
        return after[:1]


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []  # the process ended


def _words(path: str) -> list[str]:
    return _text(path).split()


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read().decode(errors="replace")
    except OSError:
        return ""


class _Waitable(Protocol):
    def wait(self, timeout: float | None = None) -> int: ...


@dataclass
class Pace:
    """The clock. It goes while somebody holds it by `running`.

    Args:
        census: Looks at the processes.
        monotonic: The wall clock.
        sleep: Waits between looks.

    Attributes:
        on_standstill: Called once when nothing has happened for `STANDSTILL` seconds, with these seconds; by
            default nothing is called.
    """

    census: Census = field(default_factory=Census)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    on_standstill: Callable[[float], None] | None = None

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew, held by nobody."""
        self._lock = threading.Lock()
        self._holders = 0
        self._thread: threading.Thread | None = None
        self._now = self._lag = self._quiet = self._still = 0.0
        self._shared = _SharedNumber()

    def now(self) -> float:
        """Seconds on this clock, since an arbitrary moment."""
        return self._now

    def lag(self) -> float:
        """Seconds of the wall clock that did not count."""
        return self._lag

    def quiet(self) -> float:
        """Seconds in which no process of the rehearsal ran or could have run."""
        return self._quiet

    @property
    def file(self) -> str:
        """A file with the lag, for other processes, as a double, lowest byte first; or nothing."""
        return self._shared.path

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Let the clock go on."""
        with self._lock:
            self._holders += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="pace", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1

    def wait(self, process: _Waitable, seconds: float) -> int:
        """Wait for the end of a process.

        Raises:
            subprocess.TimeoutExpired: It still runs after that many seconds on this clock.
        """
        with self.running():
            began = self.now()
            while True:
                try:
                    return process.wait(max(0.0, min(TICK, seconds)))
                except subprocess.TimeoutExpired:
                    if self.now() - began >= seconds:
                        raise

    def _run(self) -> None:
        self.census.look()  # what happened before does not count
        before = self.monotonic()
        while True:
            with self._lock:
                if not self._holders:
                    self._thread = None
                    return
            self.sleep(TICK)
            now = self.monotonic()
            self.count(now - before)
            before = now

    def count(self, seconds: float) -> None:
        """Take in that so many seconds of the wall clock passed since the last look."""
        # Where this process was kept from looking, it was kept from working.
        seen = min(seconds, 2 * TICK)
        look = self.census.look()
        advance = seen * look.share(seen)
        asked = look.asked(seen)
        self._now += advance
        self._lag += max(0.0, seconds - advance)
        self._shared.write(self._lag)
        if look.stopped or look.blocked:
            self._still = 0.0
            return
        self._quiet += seen * (1.0 - asked)
        self._still = self._still + seen if asked < _IDLE_SHARE else 0.0
        if self._still >= STANDSTILL and self.on_standstill:
            told, self.on_standstill = self.on_standstill, None
            told(self._still)


class _SharedNumber:
    """A number that other processes read from a file without a name."""

    def __init__(self) -> None:
        self.path = ""
        self._memory: mmap.mmap | None = None
        if hasattr(os, "memfd_create"):
            number = os.memfd_create("pace")
            os.truncate(number, 8)
            self._memory = mmap.mmap(number, 8)
            self.path = f"/proc/{os.getpid()}/fd/{number}"

    def write(self, value: float) -> None:
        if self._memory is not None:
            self._memory[:8] = struct.pack("<d", value)


PACE: Final = Pace()
"""The clock of this process."""

# The thread of the clock stays behind in the parent.
os.register_at_fork(after_in_child=PACE.reset)
