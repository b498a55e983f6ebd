"""Text that terminals and XML take."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text without control characters, which terminals obey and XML forbids."""
    return "".join(
        each if each in "\n\t" or each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text
    )
