"""The shape of most lines, as protojson writes a flow: what differs from packet to packet, and what matters.

Fields come in the order of flow.proto. In some builds protojson puts a space after commas and colons. Lines
of any other shape are parsed whole.
"""

from __future__ import annotations

import re
from typing import Final

BEGIN: Final = b'{"flow":{"time":"'
"""How a line begins; the time follows."""

SIDES: Final = b'"source":{'
"""Where the two sides begin, and with them what a conversation repeats."""

TIME: Final = b'"time"'
"""What comes last, after what a conversation repeats."""

END: Final = b'"}\n'
"""How a whole line ends."""

REPLY: Final = (b'"is_reply":true', b'"is_reply": true')
"""What an answer has; text in JSON cannot have it, because its quotes are escaped."""

TIME_AT: Final = len(BEGIN)
"""Where the time begins."""

TIME_BYTES: Final = len("2026-11-30T12:00:00.000000000Z")
"""How long the longest time is."""

_BOTH: Final = re.compile(rb'"source": ?"([0-9a-f.:]+)", ?"destination": ?"([0-9a-f.:]+)"(.*)', re.DOTALL)

# More bytes than these hold something else than two Ethernet addresses, a port, or the flags of TCP.
_ETHERNET_BYTES: Final = 70
_PORT_BYTES: Final = 8
_FLAGS_BYTES: Final = 140


def shown_time(text: bytes) -> str:
    """The time that begins *text*."""
    return text.split(b'"')[0].decode(errors="replace")


def without_addresses(matter: tuple[bytes, ...]) -> tuple[tuple[bytes, ...], str, str] | None:
    """What matters without addresses, and the two addresses; None if the line has another shape."""
    found = _BOTH.match(matter[1])
    if found is None:
        return None
    alike = (b"", matter[0], found[3], *matter[2:])
    return alike, found[1].decode("ascii"), found[2].decode("ascii")


def matters(head: bytes) -> tuple[bytes, ...] | None:
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
