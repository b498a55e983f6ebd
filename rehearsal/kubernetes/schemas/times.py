"""Times as the server reads and writes them: RFC 3339, in UTC, in whole seconds or in microseconds."""

# belief: K8S-canonical-values

from __future__ import annotations

import datetime
import re
from typing import Final

LAYOUT: Final = "2006-01-02T15:04:05Z07:00"
MICRO_LAYOUT: Final = "2006-01-02T15:04:05.000000Z07:00"
_PARTS: Final = (
    ("2006", r"\d{4}"),
    ("-", "-"),
    ("01", r"\d\d"),
    ("-", "-"),
    ("02", r"\d\d"),
    ("T", "T"),
    ("15", r"\d\d"),
    (":", ":"),
    ("04", r"\d\d"),
    (":", ":"),
    ("05", r"\d\d"),
)
_ZONE: Final = r"(?:Z|[+-]\d\d:\d\d)"
_SECONDS: Final = (*_PARTS, ("Z07:00", rf"(?:[.,]\d+)?{_ZONE}"))
_MICROSECONDS: Final = (*_PARTS, (".000000", r"[.,]\d{6}(?!\d)"), ("Z07:00", _ZONE))


def canonical(text: str, *, micro: bool = False) -> str:
    """The time in UTC, in whole seconds or, with ``micro``, in microseconds.

    Raises:
        ValueError: The text is not a time; with the words of Go's parser.
    """
    layout = MICRO_LAYOUT if micro else LAYOUT
    position = 0
    for name, pattern in _MICROSECONDS if micro else _SECONDS:
        match = re.compile(pattern, re.ASCII).match(text, position)
        # belief: K8S-canonical-values
        if not match:
            problem = f'cannot parse "{text[position:]}" as "{name}"'
            raise ValueError(f'parsing time "{text}" as "{layout}": {problem}')
        position = match.end()
    # belief: K8S-canonical-values
    if position < len(text):
        raise ValueError(f'parsing time "{text}": extra text: "{text[position:]}"')
    precision = "microseconds" if micro else "seconds"
    return _utc(text).isoformat(timespec=precision).replace("+00:00", "Z")


# belief: K8S-canonical-values
def _utc(text: str) -> datetime.datetime:
    # Python takes six digits of a second, Go any number.
    plain = re.sub(r"[.,](\d{1,6})\d*", r".\1", text)
    try:
        return datetime.datetime.fromisoformat(plain).astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        limits = (("month", 5, 1, 12), ("hour", 11, 0, 23), ("minute", 14, 0, 59), ("second", 17, 0, 59))
        what = next((n for n, at, low, high in limits if not low <= int(text[at : at + 2]) <= high), "day")
        raise ValueError(f'parsing time "{text}": {what} out of range') from None
