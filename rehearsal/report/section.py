"""A further part of a report: a table, with a picture if there is one."""

# no belief: the report

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A part of the HTML report and of the JSON, after the parts that every report has.

    Attributes:
        title: Its heading.
        text: What a reader must know to read it.
        columns: The headings of its table.
        rows: The rows of its table, each with a cell for each column.
        picture: SVG text, shown above the table; nothing by default. Not in the JSON.
    """

    title: str
    text: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    picture: str = ""
