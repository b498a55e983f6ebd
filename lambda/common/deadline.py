"""The function's time, and the pauses between attempts."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: Seconds kept for one more request: pauses are cut short so that the last attempt is at the very end.
LAST_ATTEMPT: Final = 1.0


@dataclass(frozen=True)
class Clock:
    """Time and randomness, which tests replace.

    Attributes:
        now: Seconds on a clock that only goes forward.
        sleep: Waits a number of seconds.
        jitter: A number from 0 up to 1.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


@dataclass(frozen=True)
class Pace:
    """The length of the pauses.

    Attributes:
        first: Seconds of the first pause. Each further pause doubles, less a random part of up to half.
        cap: Seconds of the longest pause.
    """

    first: float = 0.5
    cap: float = 8.0


class Deadline:
    """The remaining time, spent on attempts and pauses. Threads may share it."""

    def __init__(self, seconds: float, clock: Clock, pace: Pace) -> None:
        self._clock = clock
        self._pace = pace
        self._start = clock.now()
        self._end = self._start + seconds

    def part(self, seconds: float) -> Deadline:
        """A deadline of its own, from now on."""
        return Deadline(seconds, self._clock, self._pace)

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._clock.now() - self._start

    @property
    def remaining(self) -> float:
        """Seconds left; negative once the deadline has passed."""
        return self._end - self._clock.now()

    def pause(self, attempt: int, at_least: float = 0.0) -> bool:
        """Wait before the attempt that follows *attempt*; False, at once, when no time is left for it."""
        spare = self.remaining - LAST_ATTEMPT
        if spare <= 0:
            return False
        whole = min(self._pace.cap, self._pace.first * 2 ** min(attempt - 1, 10))
        backoff = whole * (1 - self._clock.jitter() / 2)
        self._clock.sleep(min(max(backoff, at_least), spare))
        return True
