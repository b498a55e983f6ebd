"""The pieces of lines that were met: what most lines say is found by their text, in bounded memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from .fields import judged_fields, unjudged_fields
from .line_shape import HTTP, PROXIED, REPLY, SOCKET, Matter, rest_fields, side_fields, side_texts
from .parties import RecordedEndpoint
from .record import Party, Sighting

Count = TypeVar("Count")

_SHARE: Final = 600
"""Bytes of what is kept for a line beside its text: Python's own share, about."""

_SIDES: Final = ("source", "destination")

_PARSED: Final = 4
"""How many times its text a piece takes with what is parsed of it, about."""


class Rest(Generic[Count]):
    """What stands behind the sides of a flow.

    Attributes:
        is_answer: Whether the flow is an answer, whatever else it has.
        is_socket: Whether it is an event of a socket, and not an answer.
        count: What counts the answers.
    """

    __slots__ = ("_said", "_text", "count", "is_answer", "is_socket")

    def __init__(self, text: bytes) -> None:
        self.is_answer = REPLY[0] in text or REPLY[1] in text
        self.is_socket = not self.is_answer and text.startswith(SOCKET)
        self.count: Count | None = None
        self._text = text
        self._said: Said | None = None

    def said(self) -> Said:
        """What it says.

        Raises:
            ValueError: If the text is not the end of a JSON object.
        """
        if self._said is None:
            self._said = Said.of(rest_fields(self._text))
        return self._said


@dataclass(frozen=True)
class Said:
    """What stands behind sides, without what differs from node to node and from packet to packet.

    Attributes:
        fields: The fields that decide what a record means.
        unjudged: The fields that are not judged, as `unjudged_fields` has them.
        node: The node that saw it.
        meaning: A text that says the same: equal texts are of equal fields.
    """

    fields: Mapping[str, Any]
    unjudged: frozenset[str]
    node: str
    meaning: str

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Said:
        """What some fields of a flow say."""
        judged, unjudged = judged_fields(fields), frozenset(unjudged_fields(fields))
        node = fields.get("node_name", fields.get("nodeName"))
        meaning = f"{judged!r} {sorted(unjudged)!r}"
        return cls(judged, unjudged, node if isinstance(node, str) else "", meaning)


class KnownSides(Generic[Count]):
    """The two sides of a flow.

    Attributes:
        fields: Both, parsed.
        counts: What counts lines between them, by the rest, and by what matters before the sides.
        meant: The same by the meaning of the rest.
        pods: The two sides if both are pods, and nothing else stands with them.
    """

    __slots__ = ("counts", "fields", "meant", "pods")

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = fields
        source, destination = (_pod(fields.get(name)) for name in _SIDES)
        self.pods: tuple[Party, Party] | None = None
        if source is not None and destination is not None and len(fields) == len(_SIDES):
            self.pods = source, destination
        self.counts: dict[tuple[Rest[Count], Matter | None], Count] = {}
        self.meant: dict[tuple[str, Matter], Count] = {}


class KnownPieces(Generic[Count]):
    """Remembers pieces by their text, and forgets all when they are too many.

    Args:
        most: How many bytes to keep, about.

    Attributes:
        rests: What stands behind sides.
        sides: The sides.
        between_pods: A record between two pods, by the meaning of the rest and by what matters without
            addresses and port: records between other pods, at other ports, differ from it only by these.
    """

    def __init__(self, most: int) -> None:
        self.rests: dict[bytes, Rest[Count]] = {}
        self.sides: dict[bytes, KnownSides[Count]] = {}
        self.between_pods: dict[tuple[str, Matter], Sighting] = {}
        self._side: dict[bytes, dict[str, Any]] = {}
        self._most = most
        self._bytes = 0

    def rest(self, text: bytes) -> tuple[Rest[Count], bool]:
        """What stands behind the sides, and whether it is remembered.

        Requests of HTTP, what a proxy saw of answers, and events of sockets have ids, and do not come again.
        """
        found = self.rests.get(text)
        if found is not None:
            return found, True
        rest: Rest[Count] = Rest(text)
        passing = rest.is_socket or (text.startswith(PROXIED) and (rest.is_answer or _is_request(text)))
        if not passing:
            self._keep(len(text) * (1 if rest.is_answer else _PARSED))
            self.rests[text] = rest
        return rest, not passing

    def side(self, text: bytes) -> KnownSides[Count]:
        """The sides.

        Raises:
            ValueError: If they are not members of a JSON object.
        """
        found = self.sides.get(text)
        if found is None:
            source, destination = side_texts(text)
            found = KnownSides(
                {**self._read_side(source), **(self._read_side(destination) if destination else {})}
            )
            self._keep(len(text) * _PARSED)
            self.sides[text] = found
        return found

    def _read_side(self, text: bytes) -> dict[str, Any]:
        """One side of a flow: each pod is in flows with many others."""
        found = self._side.get(text)
        if found is None:
            found = side_fields(text)
            found = {
                key: RecordedEndpoint(each) if isinstance(each, dict) else each for key, each in found.items()
            }
            self._keep(len(text) * _PARSED)
            self._side[text] = found
        return found

    def remember(self, sides: KnownSides[Count], rest: Rest[Count], matter: Matter, count: Count) -> None:
        """Remember what counts lines of these pieces."""
        self._keep(0)
        sides.counts[rest, matter] = count

    def remember_meaning(self, sides: KnownSides[Count], meaning: str, matter: Matter, count: Count) -> None:
        """Remember what counts lines of this meaning."""
        if (meaning, matter) not in sides.meant:
            self._keep(0)
            sides.meant[meaning, matter] = count

    def remember_between_pods(self, meaning: str, matter: Matter, sighting: Sighting) -> None:
        """Remember a record between two pods."""
        if (meaning, matter) not in self.between_pods:
            self._keep(0)
            self.between_pods[meaning, matter] = sighting

    def forget_counts(self) -> None:
        """Forget what counts lines, but no piece."""
        for each in self.sides.values():
            each.counts.clear()
            each.meant.clear()

    def _keep(self, size: int) -> None:
        self._bytes += _SHARE + size
        if self._bytes > self._most:
            self.rests.clear()
            self.sides.clear()
            self.between_pods.clear()
            self._side.clear()
            self._bytes = 0


def _pod(endpoint: Any) -> Party | None:
    return endpoint.pod if isinstance(endpoint, RecordedEndpoint) else None


def _is_request(text: bytes) -> bool:
    return HTTP[0] in text or HTTP[1] in text
