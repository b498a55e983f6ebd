"""The shape of most lines, as protojson writes a flow: what differs from packet to packet, and what matters.

Fields come in the order of flow.proto. In some builds protojson puts a space after commas and colons. Lines
of any other shape are parsed whole. A line of this shape has three pieces: before the sides of the flow, the
sides, and the rest. The text of the sides repeats with each packet of two pods, and the rest with each
packet that a node sees at one point.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

BEGIN: Final = b'{"flow":{"time":"'
"""How a line begins; the time follows."""

SIDES: Final = b'"source":{'
"""Where the two sides begin: no object before them has this name, and text in JSON cannot have its quotes."""

_DESTINATION: Final = b',"destination":{'

REST: Final = b'"Type":"'
"""Where the rest begins."""

QUOTE: Final = b'"'
"""How a time ends."""

END: Final = b'"}\n'
"""What follows the time that comes last."""

END_BYTES: Final = len(END)

REPLY: Final = (b'"is_reply":true', b'"is_reply": true')
"""What the rest of an answer has; text in JSON cannot have it, because its quotes are escaped."""

SOCKET: Final = b'"Type":"SOCK"'
"""How the rest of an event of a socket begins."""

PROXIED: Final = b'"Type":"L7"'
"""How the rest of what a proxy saw begins."""

HTTP: Final = (b'"http":{', b'"http": {')
"""What the rest of a request has that is like no other: its path and its headers have ids."""

TIME_AT: Final = len(BEGIN)
"""Where the time begins."""

_FLOW: Final = len(b'{"flow":')
_BOTH: Final = re.compile(rb'"source": ?"([0-9a-f.:]+)", ?"destination": ?"([0-9a-f.:]+)"(.*)', re.DOTALL)

# No port: numbers that are more than a port or begin with a zero, and what no number is.
_PORT: Final = re.compile(
    rb" ?(0|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
)
_PARTS_WITH_PORT: Final = 4

# More bytes than these hold something else than two Ethernet addresses, a port, or the flags of TCP.
_ETHERNET_BYTES: Final = 70
_PORT_BYTES: Final = 8
_FLAGS_BYTES: Final = 140

Matter = tuple[bytes, ...]
"""What matters in a line before the sides."""


@dataclass(frozen=True)
class Pieces:
    """A line of this shape.

    Attributes:
        time: The time.
        head: What stands before the sides.
        sides: The sides.
        rest: What stands behind them, without the time at the end of the line.
    """

    time: bytes
    head: bytes
    sides: bytes
    rest: bytes


def pieces(line: bytes) -> Pieces | None:
    """The pieces of a line; None if it has another shape."""
    if not line.startswith(BEGIN):
        return None
    sides_at = line.find(SIDES)
    rest_at = line.find(REST, sides_at)
    if sides_at < 0 or rest_at < 0:
        return None
    time = line[TIME_AT : line.find(QUOTE, TIME_AT)]
    stop = -len(time) - END_BYTES
    # The time comes again at the end of the line. Where it does not, nothing is cut.
    rest = line[rest_at:stop] if line[stop:] == time + END else line[rest_at:]
    return Pieces(time, line[:sides_at], line[sides_at:rest_at], rest)


def head_fields(head: bytes) -> dict[str, Any]:
    """The fields before the sides.

    Raises:
        ValueError: If they are not the beginning of a JSON object.
    """
    return _object(_members(head[_FLOW:]) + b"}")


def side_texts(sides: bytes) -> tuple[bytes, bytes]:
    """The texts of the two sides, each as an object with one member; the second is empty in another shape.

    Raises:
        ValueError: If they are not members of a JSON object.
    """
    text = _members(sides)
    # No object in a side has this name, and text in JSON cannot have its quotes.
    source, comma, destination = text.partition(_DESTINATION)
    if not comma:
        return b"{" + text + b"}", b""
    return b"{" + source + b"}", b"{" + _DESTINATION[1:] + destination + b"}"


def side_fields(text: bytes) -> dict[str, Any]:
    """What the text of a side, or of both, says.

    Raises:
        ValueError: If it is not a JSON object.
    """
    return _object(text)


def rest_fields(rest: bytes) -> Mapping[str, Any]:
    """The fields behind the sides.

    Raises:
        ValueError: If they are not the end of a JSON object.
    """
    end = b"" if rest.endswith(b"\n") else b'"}'
    found: Mapping[str, Any] = _object(b'{"flow":{' + rest + end)["flow"]
    return found


def _members(text: bytes) -> bytes:
    """The text of members of an object without the comma that must come behind them."""
    stripped = text.rstrip()
    if not stripped.endswith(b","):
        raise ValueError("a comma is missing")
    return stripped[:-1]


def _object(text: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def without_addresses(matter: Matter) -> tuple[Matter, str, str] | None:
    """What matters without addresses, and the two addresses; None if the line has another shape."""
    found = _BOTH.match(matter[1])
    if found is None:
        return None
    alike = (b"", matter[0], found[3], *matter[2:])
    return alike, found[1].decode("ascii"), found[2].decode("ascii")


def without_port(alike: Matter) -> tuple[Matter, int] | None:
    """What matters without addresses, also without the port, and the port; None for lines of another shape.

    Args:
        alike: What matters without addresses, as `without_addresses` gives it.
    """
    found = _PORT.fullmatch(alike[-1]) if len(alike) == _PARTS_WITH_PORT else None
    if found is None:
        return None
    # With a port the second part, the outcome, is never empty.
    return (b"", *alike[:-1]), int(found[1])


def matters(head: bytes) -> Matter | None:
    """What matters in a line before the sides: verdict, addresses, protocol and port.

    Without what differs from packet to packet: times, ids, Ethernet addresses, ports of sources, TCP's flags.
    None if the line has another shape, so that something else could be there.
    """
    # `partition` takes a quarter of the time of `find` with its bounds.
    outcome, ethernet, rest = head.partition(b'"verdict":')[2].partition(b'"ethernet":')
    if ethernet:
        between, addressed, rest = rest.partition(b'"IP":{')
        if len(between) > _ETHERNET_BYTES:
            return None
    else:
        outcome, addressed, rest = outcome.partition(b'"IP":{')
    if not (outcome and addressed):
        return None
    addresses, ported, after = rest.partition(b'"source_port":')
    if not ported:
        return outcome, rest
    between, ported, after = after.partition(b'"destination_port":')
    if not ported or len(between) > _PORT_BYTES or len(after) > _FLAGS_BYTES:
        return None
    return outcome, addresses, after.partition(b"}")[0].partition(b",")[0]
