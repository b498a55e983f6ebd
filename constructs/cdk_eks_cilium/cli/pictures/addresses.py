"""A picture of the pods' address space, drawn to scale: every cell is a /28, and all cells are of one size.

Zones stand side by side, ranges below each other. AWS picks the places of prefixes and interfaces in a
subnet; the picture shows how many there are at worst, not where.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Final

from cdk_eks_cilium.addressing import CapacityPlan, SubnetPlan, ZonePlan

from .cells import KINDS, Cells, Kind, cells_of
from .svg import GREY, INK, Picture

_WIDTH: Final = 1240
_MARGIN: Final = 36
_GAP: Final = 24
_STRIP: Final = 22
_CAPTION: Final = 108
_LEGEND: Final = 84
_MOST_GROUPS: Final = 4
_CELL_SIZES: Final = (14, 12, 10, 8, 7, 6, 5, 4, 3, 2)
_TALLEST: Final = 560
_TALLEST_ROW: Final = 150
"""The most pixels that all ranges may be high together with a cell size; more for many ranges."""

_PROBLEM: Final = "#b3261e"
_ZONE_FILL: Final = ("#dbeafe", "#e0e7ff", "#ede9fe")
_ZONE_LINE: Final = "#6b7fb8"


@dataclass(frozen=True)
class _Row:
    """The subnets of one range, or of one rank where ranges are not known."""

    block: str | None
    subnets: dict[str, SubnetPlan]


def draw(capacity: CapacityPlan, *, blocks: Sequence[str] = (), name: str = "") -> str:
    """Return the picture of a plan as the text of an SVG file.

    Args:
        blocks: The pod ranges of the subnets, to draw the rest of them too.
    """
    rows = list(_rows(capacity, blocks))
    layout = _Layout(capacity, rows)
    title = f"Addresses of {name}" if name else "Addresses of the pods"
    picture = Picture(_WIDTH, layout.height, f"{title}: {_summary(capacity)}")
    _head(picture, capacity, title)
    top = layout.head
    for row in rows:
        if row.block:
            _strip(picture, top, row, max(IPv4Network(each).num_addresses for each in blocks))
            top += layout.strip
        for column, zone in enumerate(capacity.zones):
            subnet = row.subnets.get(zone.zone)
            if subnet is not None:
                _panel(picture, layout, layout.left(column), top, zone, subnet)
        top += layout.rows_height(row) + _CAPTION
    _legend(picture, layout, top)
    return picture.render()


def _summary(capacity: CapacityPlan) -> str:
    verdict = "all find room" if capacity.fits else "they do not all find room"
    return (
        f"{capacity.nodes_maximum:,} nodes and {capacity.pods_maximum:,} pods at maximum size, and {verdict}"
    )


def _rows(capacity: CapacityPlan, blocks: Sequence[str]) -> Iterator[_Row]:
    """Group the subnets by their range, and subnets without a range by their rank in the zone."""
    for block in blocks:
        inside = {
            zone.zone: subnet
            for zone in capacity.zones
            for subnet in zone.subnets
            if IPv4Network(subnet.subnet.cidr).subnet_of(IPv4Network(block))
        }
        if inside:
            yield _Row(block, inside)
    left = {
        zone.zone: [
            subnet
            for subnet in zone.subnets
            if not any(IPv4Network(subnet.subnet.cidr).subnet_of(IPv4Network(block)) for block in blocks)
        ]
        for zone in capacity.zones
    }
    for rank in range(max((len(subnets) for subnets in left.values()), default=0)):
        yield _Row(None, {zone: subnets[rank] for zone, subnets in left.items() if rank < len(subnets)})


class _Layout:
    """Where everything goes, with the largest cells that keep the rows from being too tall."""

    def __init__(self, capacity: CapacityPlan, rows: Sequence[_Row]) -> None:
        self._zones = max(1, len(capacity.zones))
        self.head = 104 + 18 * min(_MOST_GROUPS, len(capacity.groups))
        self.strip = _STRIP + 50
        self.panel = (_WIDTH - 2 * _MARGIN - (self._zones - 1) * _GAP) // self._zones
        self.cells = {
            id(subnet): cells_of(subnet, capacity) for row in rows for subnet in row.subnets.values()
        }
        for self.cell in _CELL_SIZES:
            self.columns = 1 << ((self.panel // self.cell).bit_length() - 1)
            total = sum(self.rows_height(row) for row in rows)
            if total <= max(_TALLEST, _TALLEST_ROW * len(rows)):
                break
        bodies = sum(self.rows_height(row) + _CAPTION + (self.strip if row.block else 0) for row in rows)
        self.height = self.head + int(bodies) + _LEGEND

    def kinds(self) -> list[Kind]:
        """The kinds of cells in all subnets."""
        there = {kind for cells in self.cells.values() for kind in cells.kinds}
        return [kind for kind in KINDS if kind in there]

    def left(self, column: int) -> int:
        return _MARGIN + column * (self.panel + _GAP)

    def rows_height(self, row: _Row) -> int:
        return max(
            -(-len(self.cells[id(subnet)].kinds) // self.columns) * self.cell
            for subnet in row.subnets.values()
        )


def _head(picture: Picture, capacity: CapacityPlan, title: str) -> None:
    picture.text(_MARGIN, 46, title, size=22, bold=True)
    colour = INK if capacity.fits else _PROBLEM
    picture.text(_MARGIN, 72, _summary(capacity) + ".", size=14, colour=colour, bold=not capacity.fits)
    for number, group in enumerate(capacity.groups[:_MOST_GROUPS]):
        types = ", ".join(group.group.instance_types)
        hidden = len(capacity.groups) - _MOST_GROUPS
        more = f" (and {_count(hidden, 'group')} more)" if hidden > 0 and number + 1 == _MOST_GROUPS else ""
        picture.text(
            _MARGIN,
            94 + 18 * number,
            f"{group.group.name}: {group.group.min_size:,} to {group.group.max_size:,} nodes of {types}, "
            f"{group.pods_per_node} pods each on {_taken(group.take.prefixes, group.take.singles)} "
            f"and {_count(group.take.interfaces, 'pod interface')}{more}",
            size=12.5,
            colour=GREY,
        )


def _taken(prefixes: int, singles: int) -> str:
    parts = [_count(prefixes, "prefix", "prefixes")] if prefixes or not singles else []
    return " and ".join([*parts, *([_count(singles, "address", "addresses")] if singles else [])])


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _strip(picture: Picture, top: int, row: _Row, largest: int) -> None:
    """The whole range with its subnets in place, as wide as its share of the largest range."""
    block = IPv4Network(str(row.block))
    width = (_WIDTH - 2 * _MARGIN) * block.num_addresses / largest
    picture.text(_MARGIN, top + 14, str(block), size=14, mono=True, bold=True)
    picture.text(_MARGIN + 148, top + 14, f"{block.num_addresses:,} addresses", size=12, colour=GREY)
    top += 22
    picture.box(_MARGIN, top, width, _STRIP, fill="#f6f8fa", stroke="#afb8c1", radius=3, dashed=True)
    scale = width / block.num_addresses
    cut = 0
    for number, (zone, subnet) in enumerate(row.subnets.items()):
        part = IPv4Network(subnet.subnet.cidr)
        offset = int(part.network_address) - int(block.network_address)
        cut = max(cut, offset + part.num_addresses)
        left, share = _MARGIN + offset * scale, part.num_addresses * scale
        fill = _ZONE_FILL[number % len(_ZONE_FILL)]
        picture.box(left, top, share, _STRIP, fill=fill, stroke=_ZONE_LINE, radius=3)
        if share > 8 * len(zone):
            picture.text(left + share / 2, top + 15, zone, size=11.5, middle=True)
    spare = (block.num_addresses - cut) * scale
    if spare > 120:
        picture.text(
            _MARGIN + cut * scale + spare / 2, top + 15, "no subnet yet", size=11.5, colour=GREY, middle=True
        )


def _panel(
    picture: Picture, layout: _Layout, left: int, top: int, zone: ZonePlan, subnet: SubnetPlan
) -> None:
    cells = layout.cells[id(subnet)]
    _grid(picture, layout, left, top, cells)
    low = top + -(-len(cells.kinds) // layout.columns) * layout.cell + 20
    picture.text(left, low, zone.zone, size=13, bold=True)
    picture.text(left, low + 18, subnet.subnet.cidr, size=12, mono=True)
    nodes = _span(zone.nodes_minimum, zone.nodes_maximum)
    picture.text(left, low + 34, f"{nodes} nodes, {zone.nodes_surge:,} in updates", size=11.5, colour=GREY)
    counts = _span(cells.used(subnet.minimum), cells.used(subnet.maximum))
    picture.text(left, low + 50, f"{counts} of {cells.usable:,} {cells.unit}", size=11.5, colour=GREY)
    if subnet.fits:
        picture.text(left, low + 66, f"{subnet.headroom_percent} % stay free", size=11.5, colour=GREY)
    else:
        picture.text(left, low + 66, f"{cells.missing:,} too few", size=11.5, bold=True, colour=_PROBLEM)


def _span(least: int, most: int) -> str:
    return f"{least:,} to {most:,}" if least < most else f"{most:,}"


def _grid(picture: Picture, layout: _Layout, left: int, top: int, cells: Cells) -> None:
    size, columns = layout.cell, min(layout.columns, len(cells.kinds))
    for kind, first, end in cells.runs():
        for row, column, rows, width in _rectangles(first, end, columns):
            x, y = left + column * size, top + row * size
            picture.area(x, y, width * size, rows * size, fill=kind.fill)
    rows = -(-len(cells.kinds) // columns)
    picture.grid(left, top, columns, rows, size, colour="#ffffff", width=1 if size > 4 else 0.5)


def _rectangles(first: int, end: int, columns: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the rectangles that cells *first* to *end* cover: row, column, rows and columns of each."""
    row, column = divmod(first, columns)
    if column:
        width = min(columns - column, end - first)
        yield row, column, 1, width
        row, first = row + 1, first + width
    rows, rest = divmod(max(0, end - first), columns)
    if rows:
        yield row, 0, rows, columns
    if rest:
        yield row + rows, 0, 1, rest


def _legend(picture: Picture, layout: _Layout, top: int) -> None:
    left = _MARGIN
    for kind in layout.kinds():
        picture.area(left, top + 4, 14, 14, fill=kind.fill)
        picture.text(left + 21, top + 16, kind.label, size=12)
        left += 46 + round(6.3 * len(kind.label))
    rows = any(len(cells.kinds) >= layout.columns for cells in layout.cells.values())
    row = f", a full row a /{29 - layout.columns.bit_length()}" if rows else ""
    picture.text(
        _MARGIN,
        top + 46,
        f"One cell is a /28 of 16 addresses{row}. AWS picks the places; the picture shows how many are "
        "taken, at worst.",
        size=12,
        colour=GREY,
    )
