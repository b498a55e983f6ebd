"""Recorded flows, counted: gigabytes in bounded memory, at the speed of a look-up.

A cluster says the same thing over and over: who, to whom, at which port, with which outcome. Nearly all
bytes of a line repeat another line. So a line is cut where times, ports of sources, flags and Ethernet
addresses stand, and what is left is looked up. Only lines that say something new are parsed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any, Final

from .decoding import decode
from .fields import unjudged_fields
from .line_shape import (
    BEGIN,
    END,
    REPLY,
    SIDES,
    TIME,
    TIME_AT,
    TIME_BYTES,
    matters,
    shown_time,
    without_addresses,
)
from .lines import LineReader
from .record import Conversation, Example, Sighting, Unjudged

MOST_PENDING: Final = 100_000
"""Conversations that are counted before they are handed on."""

MOST_WINDOWS: Final = 1_000_000
"""Counts by time that are kept before conversations are handed on."""

MOST_REMEMBERED: Final = 64 << 20
"""Bytes of lines that are kept to be looked up."""

MOST_REASONS: Final = 200
"""Reasons that are told apart."""

_SHARE: Final = 600
"""Bytes of what is kept for a line beside its text: Python's own share, about."""

EXAMPLES: Final = 3
"""Examples of each conversation."""

_ANSWER: Final = Unjudged("an answer, which passes with its connection")


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

    def exemplify(self, example: Example) -> None:
        """Keep an example, if there is room."""
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)


class Recording:
    """Recorded flows.

    Args:
        reader: The lines.
        window: How many letters of a time tell windows apart: 13 for hours, 16 for minutes, 10 for days.
        headers: The headers of requests to keep, in lower case. By default no header: most are ids, which
            make each request another one.
        most_pending: As `MOST_PENDING`.

    Attributes:
        reasons: The records that tell nothing about policies, by reason.
        lost: How many events the nodes lost before Hubble saw them.
        silent: The nodes that the relay could not reach.
        unjudged: The fields that occurred and are not judged, as `unjudged_fields` has them.
        interrupted: Whether a person stopped the reading.
    """

    def __init__(
        self,
        reader: LineReader,
        *,
        window: int = 13,
        headers: Collection[str] = (),
        most_pending: int = MOST_PENDING,
    ) -> None:
        self.reader = reader
        self._headers = headers
        self.reasons: dict[str, Tally] = {}
        self.lost = 0
        self.silent: set[str] = set()
        self.unjudged: set[str] = set()
        self.interrupted = False
        self._window = window
        self._most_pending = most_pending
        self._pending: dict[tuple[Conversation, str, str], Tally] = {}
        # By what stands from the sides on, then by what matters before them.
        self._known: dict[bytes, Tally | dict[tuple[bytes, ...] | None, Tally]] = {}
        self._known_bytes = 0
        self._cells = 0

    def batches(self) -> Iterator[list[Tally]]:
        """The conversations with their counts; one comes again if it is seen after a batch.

        Raises:
            CallError: If a file cannot be read.
        """
        try:
            yield from self._batches()
        except KeyboardInterrupt:
            # A person ends `hubble observe --follow | ...`, and wants the answer so far.
            self.interrupted = True
        if self._pending:
            yield self._handed_on()

    def _batches(self) -> Iterator[list[Tally]]:
        # This loop runs for each line of gigabytes, so names are local and calls are few.
        known, window_end = self._known, TIME_AT + self._window
        for line in self.reader:
            tally: Tally | None = None
            head = tail = b""
            if line.startswith(BEGIN) and line.endswith(END):
                head, _, tail = line.partition(SIDES)
                tail = tail.rpartition(TIME)[0]
                found = known.get(tail)
                tally = found.get(matters(head)) if isinstance(found, dict) else found
            if tally is None:
                self._parse(line, head, tail)
                if len(self._pending) >= self._most_pending or self._cells >= MOST_WINDOWS:
                    yield self._handed_on()
                continue
            tally.records += 1
            time = line[TIME_AT : TIME_AT + TIME_BYTES]
            if time > tally.last:
                tally.last = time
            elif time < tally.first:
                tally.first = time
            window, windows = line[TIME_AT:window_end], tally.windows
            if window in windows:
                windows[window] += 1
            else:
                windows[window] = 1
                self._cells += 1

    def _parse(self, line: bytes, head: bytes, tail: bytes) -> None:
        if self._differs_in_addresses(head, tail):
            return None
        meaning: Sighting | Unjudged = _ANSWER
        data: Any = None
        is_answer = line.endswith(END) and (REPLY[0] in line or REPLY[1] in line)
        if not is_answer:  # most answers are responses that a proxy saw, each with another id
            try:
                data = json.loads(line.rstrip())
                if not isinstance(data, dict):
                    raise ValueError("it is not an object")
                decoded = decode(data)
            except json.JSONDecodeError as error:
                return self.reader.refuse(f"it is not JSON ({error.msg}, column {error.colno})")
            except UnicodeDecodeError:
                return self.reader.refuse("it is not UTF-8")
            except RecursionError:
                return self.reader.refuse("it is nested too deep")
            except (ValueError, TypeError, AttributeError) as error:
                return self.reader.refuse(f"it is not from Hubble: {error}")
            if decoded is None:
                return self._hear(data)
            meaning = decoded.with_headers(self._headers) if isinstance(decoded, Sighting) else decoded
        tally = self._tally(meaning)
        if isinstance(meaning, Sighting):
            self.unjudged.update(unjudged_fields(data.get("flow") or data))
            time = meaning.example.time.encode()
            tally.exemplify(meaning.example)
        else:
            time = head[TIME_AT : TIME_AT + TIME_BYTES]
        tally.add(time, time[: self._window])
        if tail:
            self._remember(head, tail, tally)
        return None

    def _remember(self, head: bytes, tail: bytes, tally: Tally) -> None:
        """Remember what a line says, for lines that differ in nothing that matters."""
        self._known_bytes += _SHARE + (len(tail) if tail not in self._known else 0)
        if self._known_bytes > MOST_REMEMBERED:
            self._known.clear()
            self._known_bytes = 0
        if tally is self.reasons.get(_ANSWER.reason):
            # The port of an answer differs with each connection, and does not matter.
            self._known[tail] = tally
            return
        matter = matters(head)
        if matter is not None:
            found = self._known.setdefault(tail, {})
            if isinstance(found, dict):
                found[matter] = tally
                if (alike := without_addresses(matter)) is not None:
                    found[alike[0]] = tally

    def _differs_in_addresses(self, head: bytes, tail: bytes) -> bool:
        """Count a line that differs in addresses alone from a line before; False if it differs in more.

        A public workload hears from thousands of addresses.
        """
        known = self._known.get(tail) if tail else None
        matter = matters(head) if isinstance(known, dict) else None
        alike = without_addresses(matter) if matter is not None else None
        if alike is None or matter is None or not isinstance(known, dict):
            return False
        tally = known.get(alike[0])
        if tally is None:
            return False
        time = head[TIME_AT : TIME_AT + TIME_BYTES]
        if tally.sighting is not None:
            moved = tally.sighting.at(*alike[1:], shown_time(time))
            if moved is None:
                return False
            tally = self._tally(moved)
            tally.exemplify(moved.example)
        tally.add(time, time[: self._window])
        self._known_bytes += _SHARE
        known[matter] = tally
        return True

    def _tally(self, meaning: Sighting | Unjudged) -> Tally:
        if isinstance(meaning, Unjudged):
            reason = meaning.reason
            if reason not in self.reasons and len(self.reasons) >= MOST_REASONS:
                reason = "for further reasons"
            return self.reasons.setdefault(reason, Tally(None, reason))
        self._cells += 1
        name = (meaning.conversation, meaning.direction, meaning.outcome)
        found = self._pending.get(name)
        if found is None:
            found = self._pending[name] = Tally(meaning)
        return found

    def _handed_on(self) -> list[Tally]:
        batch = list(self._pending.values())
        self._pending.clear()
        self._known.clear()
        self._known_bytes = self._cells = 0
        return batch

    def _hear(self, data: dict[str, Any]) -> None:
        lost = data.get("lost_events") or data.get("lostEvents")
        if isinstance(lost, dict):
            # protojson writes numbers of 64 bits as text.
            number = str(lost.get("num_events_lost") or lost.get("numEventsLost") or 0)
            self.lost += int(number) if number.isdecimal() else 0
        state = data.get("node_status") or data.get("nodeStatus")
        if isinstance(state, dict):
            change = state.get("state_change") or state.get("stateChange")
            if change in ("NODE_UNAVAILABLE", "NODE_ERROR", "NODE_GONE"):
                names = state.get("node_names") or state.get("nodeNames") or ()
                self.silent.update(str(each) for each in names)
