"""Recorded flows, counted: gigabytes in bounded memory, at the speed of a look-up.

A cluster says the same thing over and over: who, to whom, at which port, with which outcome. Nearly all
bytes of a line repeat another line. So a line is cut into pieces where times, ports of sources, flags and
Ethernet addresses stand, and the pieces are looked up. Only pieces that are new are parsed, and only lines
that say something new are decoded.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from .decoding import ANSWER, SOCKET_EVENT, decode, example_of
from .fields import unjudged_fields
from .known_pieces import KnownPieces, KnownSides, Said
from .line_shape import (
    BEGIN,
    END,
    END_BYTES,
    QUOTE,
    REST,
    SIDES,
    TIME_AT,
    Matter,
    Pieces,
    head_fields,
    matters,
    pieces,
    without_addresses,
    without_port,
)
from .lines import LineReader
from .record import Conversation, Sighting, Unjudged
from .tally import Tally

MOST_PENDING: Final = 100_000
"""Conversations that are counted before they are handed on."""

MOST_WINDOWS: Final = 1_000_000
"""Counts by time that are kept before conversations are handed on."""

MOST_REMEMBERED: Final = 64 << 20
"""Bytes of lines that are kept to be looked up."""

MOST_REASONS: Final = 200
"""Reasons that are told apart."""


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
        lost: How many events were lost, by the name of their source: ``HUBBLE_RING_BUFFER`` and others of
            `LostEventSource` in Cilium's ``api/v1/flow/flow.proto``; empty where the record names no source.
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
        self.lost: Counter[str] = Counter()
        self.silent: set[str] = set()
        self.unjudged: set[str] = set()
        self.interrupted = False
        self._window = window
        self._most_pending = most_pending
        self._pending: dict[tuple[Conversation, str, str], Tally] = {}
        self._known: KnownPieces[Tally] = KnownPieces(MOST_REMEMBERED)
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
        # This loop runs for each line of gigabytes, so names are local, calls are few, and the cutting that
        # `pieces` does is written out.
        rests, known_sides, window_end = self._known.rests, self._known.sides, TIME_AT + self._window
        for line in self.reader:
            tally: Tally | None = None
            time = b""
            if line.startswith(BEGIN):
                sides_at = line.find(SIDES)
                rest_at = line.find(REST, sides_at)
                time = line[TIME_AT : line.find(QUOTE, TIME_AT)]
                stop = -len(time) - END_BYTES
                rest = rests.get(line[rest_at:stop])
                if rest is not None and line[stop:] == time + END:
                    tally = rest.count
                    if tally is None:
                        sides = known_sides.get(line[sides_at:rest_at])
                        if sides is not None:
                            tally = sides.counts.get((rest, matters(line[:sides_at])))
            if tally is None:
                self._read(line)
                if len(self._pending) >= self._most_pending or self._cells >= MOST_WINDOWS:
                    yield self._handed_on()
                continue
            tally.records += 1
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

    def _read(self, line: bytes) -> None:
        found = pieces(line)
        if found is not None:
            try:
                return self._put_together(found)
            except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
                pass  # the whole line is what errors are about
        data: Any = None
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
        self._count(decoded, unjudged_fields(data.get("flow") or data))
        return None

    def _put_together(self, found: Pieces) -> None:
        """Count a line by its pieces.

        Raises:
            ValueError: If it is not JSON, or not from Hubble; and more, as `decode`.
        """
        rest, is_known = self._known.rest(found.rest)
        if rest.is_answer or rest.is_socket:
            settled = self._tally(ANSWER if rest.is_answer else SOCKET_EVENT)
            settled.add(found.time, found.time[: self._window])
            if is_known:
                rest.count = settled
            return
        sides, said, matter = self._known.side(found.sides), rest.said(), matters(found.head)
        tally = self._met(found, sides, said, matter)
        if tally is None:
            head = head_fields(found.head)
            decoded = decode({"flow": {**head, **sides.fields, **said.fields, "node_name": said.node}})
            assert decoded is not None
            tally = self._count(decoded, (*unjudged_fields(head), *said.unjudged))
        if matter is not None and is_known:
            self._known.remember(sides, rest, matter, tally)
            self._known.remember_meaning(sides, said.meaning, matter, tally)
            if (key := without_addresses(matter)) is not None:
                self._known.remember_meaning(sides, said.meaning, key[0], tally)
                if (ported := without_port(key[0])) is not None:
                    self._known.remember_meaning(sides, said.meaning, ported[0], tally)
                    if sides.pods is not None and tally.sighting is not None:
                        self._known.remember_between_pods(said.meaning, ported[0], tally.sighting)

    def _met(
        self, found: Pieces, sides: KnownSides[Tally], said: Said, matter: Matter | None
    ) -> Tally | None:
        """Count a line that says the same as one before, at another place, address or port.

        A public workload hears from thousands of addresses, and a scan goes through thousands of ports.
        Returns None if no line before says the same.
        """
        key = without_addresses(matter) if matter is not None else None
        if matter is None or key is None:
            return None
        time = found.time.decode()  # before anything counts: it may be invalid
        tally = sides.meant.get((said.meaning, matter))
        if tally is None:
            tally = self._moved(sides, said.meaning, *key)
        if tally is not None:
            if tally.sighting is not None and tally.has_room:
                addresses = dict(zip(("source", "destination"), key[1:], strict=True))
                flow = {"IP": addresses, **sides.fields, "node_name": said.node}
                tally.exemplify(example_of(flow, time))
            tally.add(found.time, found.time[: self._window])
        return tally

    def _moved(
        self, sides: KnownSides[Tally], meaning: str, alike: Matter, source: str, destination: str
    ) -> Tally | None:
        """What counts a line that differs from one before by addresses, by the port, or by its pods."""
        tally, port = sides.meant.get((meaning, alike)), None
        if tally is None and (ported := without_port(alike)) is not None:
            tally, port = sides.meant.get((meaning, ported[0])), ported[1]
            if tally is None and sides.pods is not None:
                model = self._known.between_pods.get((meaning, ported[0]))
                return self._tally(model.between(*sides.pods, port)) if model is not None else None
        if tally is None or tally.sighting is None:
            return tally
        moved = tally.sighting.at(source, destination, port)
        return self._tally(moved) if moved is not None else None

    def _count(self, meaning: Sighting | Unjudged, unjudged: Iterable[str]) -> Tally:
        """Count a record that was decoded."""
        if isinstance(meaning, Unjudged):
            tally, time = self._tally(meaning), b""
        else:
            meaning = meaning.with_headers(self._headers)
            tally, time = self._tally(meaning), meaning.example.time.encode()
            tally.exemplify(meaning.example)
            self.unjudged.update(unjudged)
        tally.add(time, time[: self._window])
        return tally

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
        self._known.forget_counts()
        self._cells = 0
        return batch

    def _hear(self, data: dict[str, Any]) -> None:
        lost = data.get("lost_events") or data.get("lostEvents")
        if isinstance(lost, dict):
            # protojson writes numbers of 64 bits as text.
            number = str(lost.get("num_events_lost") or lost.get("numEventsLost") or 0)
            self.lost[str(lost.get("source") or "")] += int(number) if number.isdecimal() else 0
        state = data.get("node_status") or data.get("nodeStatus")
        if isinstance(state, dict):
            change = state.get("state_change") or state.get("stateChange")
            if change in ("NODE_UNAVAILABLE", "NODE_ERROR", "NODE_GONE"):
                names = state.get("node_names") or state.get("nodeNames") or ()
                self.silent.update(str(each) for each in names)
