"""Shapes of a picture as SVG text: no fonts, scripts or files from outside, so that it shows anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot
from typing import Final
from xml.sax.saxutils import escape

SANS: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
MONO: Final = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

INK: Final = "#1f2328"
GREY: Final = "#59636e"


class Picture:
    """A canvas that collects shapes in the order they are drawn.

    Args:
        width: Pixels.
        height: Pixels.
        title: Read aloud in place of the picture.
    """

    def __init__(self, width: int, height: int, title: str) -> None:
        self._size = (width, height)
        self._title = title
        self._arrows: dict[str, str] = {}
        self._shapes: list[str] = []

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str,
        stroke: str,
        radius: float = 6,
        dashed: bool = False,
    ) -> None:
        """A rectangle with round corners."""
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self._shapes.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}" '
            f'fill="{fill}" stroke="{stroke}"{dash}/>'
        )

    def area(self, x: float, y: float, width: float, height: float, *, fill: str) -> None:
        """A rectangle without a line around it."""
        self._shapes.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}"/>'
        )

    def grid(
        self, x: float, y: float, columns: int, rows: int, size: float, *, colour: str, width: float
    ) -> None:
        """The lines between square cells."""
        lines = [f"M{x + size * each:g},{y:g}v{rows * size:g}" for each in range(1, columns)]
        lines += [f"M{x:g},{y + size * each:g}h{columns * size:g}" for each in range(1, rows)]
        if lines:
            path = "".join(lines)
            self._shapes.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}"/>')

    def circle(self, x: float, y: float, radius: float, *, fill: str, stroke: str) -> None:
        """A circle."""
        self._shapes.append(f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}" stroke="{stroke}"/>')

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 13,
        bold: bool = False,
        mono: bool = False,
        colour: str = INK,
        middle: bool = False,
    ) -> None:
        """A line of text; *y* is its base line."""
        attributes = f' font-size="{size:g}" fill="{colour}"'
        attributes += ' font-weight="600"' if bold else ""
        attributes += f' font-family="{MONO}"' if mono else ""
        attributes += ' text-anchor="middle"' if middle else ""
        self._shapes.append(f'<text x="{x:g}" y="{y:g}"{attributes}>{escape(text)}</text>')

    def line(
        self,
        points: Sequence[tuple[float, float]],
        *,
        colour: str,
        width: float = 1.5,
        dashed: bool = False,
        arrow: bool = True,
        both: bool = False,
        radius: float = 0,
        title: str = "",
    ) -> None:
        """A line through points, with arrow heads; a reader who points at it sees *title*."""
        marker = ""
        if arrow or both:
            name = self._arrows.setdefault(colour, f"arrow{len(self._arrows) + 1}")
            marker = f' marker-end="url(#{name})"' + (f' marker-start="url(#{name})"' if both else "")
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        end = f"><title>{escape(title)}</title></path>" if title else "/>"
        self._shapes.append(
            f'<path d="{_path(points, radius)}" fill="none" stroke="{colour}" '
            f'stroke-width="{width:g}"{dash}{marker}{end}'
        )

    def render(self) -> str:
        """The whole file."""
        width, height = self._size
        markers = [
            f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            f'markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0,0 L8,4 L0,8 z" '
            f'fill="{colour}"/></marker>'
            for colour, name in self._arrows.items()
        ]
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img" aria-labelledby="title" font-family="{SANS}">',
            f'<title id="title">{escape(self._title)}</title>',
            f"<defs>{''.join(markers)}</defs>",
            # Its own ground: readable on a light page and on a dark one.
            f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="12" fill="#ffffff" '
            'stroke="#d1d9e0"/>',
            *self._shapes,
            "</svg>",
        ]
        return "\n".join(lines) + "\n"


def _path(points: Sequence[tuple[float, float]], radius: float) -> str:
    """The commands of a line through points, with round corners."""
    if len(points) < 3 or not radius:
        return "M" + " L".join(f"{x:g},{y:g}" for x, y in points)
    parts = [f"M{points[0][0]:g},{points[0][1]:g}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        (x, y), (a, b) = _toward(corner, before, radius), _toward(corner, after, radius)
        parts.append(f"L{x:g},{y:g} Q{corner[0]:g},{corner[1]:g} {a:g},{b:g}")
    return " ".join([*parts, f"L{points[-1][0]:g},{points[-1][1]:g}"])


def _toward(start: tuple[float, float], end: tuple[float, float], most: float) -> tuple[float, float]:
    """The point *most* pixels from *start* on the way to *end*, or halfway if that is nearer."""
    (x, y), (a, b) = start, end
    far = hypot(a - x, b - y)
    part = min(most, far / 2) / far if far else 0
    return x + (a - x) * part, y + (b - y) * part
