"""How often something was seen in recorded flows."""

from __future__ import annotations

from typing import Final

from .record import Example, Sighting

EXAMPLES: Final = 3
"""Examples of each conversation."""


class Tally:
    """How often a conversation was seen on one side with one outcome, or how often a reason occurred.

    Attributes:
        sighting: The first record; None for records that tell nothing about policies.
        reason: Why they tell nothing; empty if they tell something.
        records: How many records there are.
        first: The time of the earliest, as Hubble wrote it.
        last: The time of the latest.
        windows: How many records there are by window: the beginning of their times.
        examples: The first records that differ in more than their time.
    """

    __slots__ = ("examples", "first", "last", "reason", "records", "sighting", "windows")

    def __init__(self, sighting: Sighting | None, reason: str = "") -> None:
        self.sighting = sighting
        self.reason = reason
        self.records = 0
        self.first = b""
        self.last = b""
        self.windows: dict[bytes, int] = {}
        self.examples: list[Example] = []

    def add(self, time: bytes, window: bytes) -> None:
        """Count a record."""
        self.records += 1
        if time > self.last:
            self.last = time
        if time < self.first or not self.first:
            self.first = time
        self.windows[window] = self.windows.get(window, 0) + 1

    @property
    def has_room(self) -> bool:
        """Whether there is room for another example."""
        return len(self.examples) < EXAMPLES

    def exemplify(self, example: Example) -> None:
        """Keep an example, if there is room."""
        if self.has_room:
            self.examples.append(example)
