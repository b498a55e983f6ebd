"""Addresses as numbers: clusters have tens of thousands of them."""

from __future__ import annotations

from collections.abc import Iterable
from socket import AF_INET, inet_pton
from typing import Final

PREFIX_BITS: Final = 4
"""A delegated prefix is a /28, with 2 to this power addresses.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-prefix-eni.html
"""


def number(address: str) -> int | None:
    """An IPv4 address as a number; None for anything else, such as an IPv6 address."""
    try:
        return int.from_bytes(inet_pton(AF_INET, address), "big")
    except (OSError, ValueError):
        return None


class Ranges:
    """IPv4 ranges, to ask for many addresses whether they are inside."""

    def __init__(self, ranges: Iterable[str]) -> None:
        """Remember the ranges; a text that is not an IPv4 range is left out."""
        self.texts = tuple(dict.fromkeys(ranges))
        self._spans = [span for text in self.texts if (span := _span(text)) is not None]

    def __bool__(self) -> bool:
        return bool(self._spans)

    def __contains__(self, address: object) -> bool:
        value = number(address) if isinstance(address, str) else None
        return value is not None and any(first <= value <= last for first, last in self._spans)

    def overlap(self, text: str) -> bool:
        """Whether a range has an address in common with these."""
        span = _span(text)
        return span is not None and any(first <= span[1] and span[0] <= last for first, last in self._spans)

    def __str__(self) -> str:
        return ", ".join(self.texts)


def _span(text: str) -> tuple[int, int] | None:
    address, _, bits = text.partition("/")
    first = number(address)
    if first is None or not bits.isdigit() or int(bits) > 32:
        return None
    size = 1 << (32 - int(bits))
    first -= first % size
    return first, first + size - 1
