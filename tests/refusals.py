"""What a refusal says, for tests of its words."""

from __future__ import annotations

import re


def worded(said: object) -> str:
    """The text of an error, or of a command that prints one, without the ids behind its lines."""
    return re.sub(r" \[CEK\d{4}\]$", "", str(said), flags=re.MULTILINE)
