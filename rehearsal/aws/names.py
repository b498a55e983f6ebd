"""Logical ids for people."""

# no belief: words for people

from __future__ import annotations


def without_hash(logical_id: str) -> str:
    """A logical id without the eight hexadecimal letters that CDK appends."""
    end = logical_id[-8:]
    return logical_id[:-8] if len(logical_id) > 8 and set(end) <= set("0123456789ABCDEF") else logical_id


def shorten(logical_id: str, limit: int = 34) -> str:
    """A logical id without CDK's hash, cut in the middle when long."""
    logical_id = without_hash(logical_id)
    if len(logical_id) <= limit:
        return logical_id
    half = (limit - 2) // 2
    return f"{logical_id[:half]}..{logical_id[-half:]}"
