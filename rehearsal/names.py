"""Logical ids for people."""

from __future__ import annotations


def shorten(logical_id: str, limit: int = 34) -> str:
    """A logical id without CDK's hash, cut in the middle when long."""
    if len(logical_id) > 8 and all(letter in "0123456789ABCDEF" for letter in logical_id[-8:]):
        logical_id = logical_id[:-8]
    if len(logical_id) <= limit:
        return logical_id
    half = (limit - 2) // 2
    return f"{logical_id[:half]}..{logical_id[-half:]}"
