"""The list of decisions, made from their pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from scripts.schema_words import table

_PAGES: Final = Path(__file__).resolve().parents[1] / "docs" / "adr"


def decisions() -> str:
    """Every decision with its day."""
    rows = []
    for page in sorted(_PAGES.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        number, title = re.match(r"# (\d+)\. (.+)", text).groups()  # type: ignore[union-attr]
        day = re.search(r"\*\*Decided:\*\* (\S+)", text)
        rows.append([number, f"[{title}](adr/{page.name})", day[1] if day else ""])
    return table(["Number", "Decision", "Decided"], rows)
