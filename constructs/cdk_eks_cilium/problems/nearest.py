"""What a person may have meant: the known names nearest to a misspelt name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(given: str, known: Iterable[str], *, count: int = 1, cutoff: float = 0.6) -> list[str]:
    """Return the names in *known* that are spelt most like *given*, the nearest first.

    Case, dashes and underscores make no difference.

    Args:
        given: The name as written.
        known: The names that could have been meant.
        count: How many names to return at most.
        cutoff: How similar a name must be, from 0 (not at all) to 1 (the same).
    """
    folded: dict[str, str] = {}
    for name in known:
        folded.setdefault(_fold(name), name)
    return [folded[name] for name in get_close_matches(_fold(given), list(folded), n=count, cutoff=cutoff)]


def did_you_mean(given: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return a fix for *given*, ``did you mean 'egress'?``; empty if no name in *known* is near."""
    found = nearest(given, known, cutoff=cutoff)
    return f"did you mean {found[0]!r}?" if found else ""


def _fold(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")
