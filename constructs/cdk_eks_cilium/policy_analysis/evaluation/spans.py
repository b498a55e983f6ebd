"""Sets of ports by protocol, as disjoint spans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from .flow import PROTOCOLS

Span = tuple[int, int]
"""First and last, both included."""

_LAST: Final = {protocol: 255 if protocol.startswith("ICMP") else 65535 for protocol in PROTOCOLS}


@dataclass(frozen=True)
class PortSet:
    """Ports by protocol; for ICMP, types.

    Attributes:
        spans: By protocol, in order, with gaps between; protocols without ports are left out.
    """

    spans: Mapping[str, tuple[Span, ...]]

    @classmethod
    def of(cls, parts: Iterable[tuple[str, int, int]]) -> PortSet:
        """The ports in any of some spans, each a protocol with its first and last port."""
        by_protocol: dict[str, list[Span]] = {}
        for protocol, first, last in parts:
            by_protocol.setdefault(protocol, []).append((first, last))
        return cls({protocol: _merged(spans) for protocol, spans in by_protocol.items()})

    @classmethod
    def union(cls, sets: Iterable[PortSet]) -> PortSet:
        """The ports in any of some sets."""
        given = tuple(sets)
        return given[0] if len(given) == 1 else cls.of(part for one in given for part in one.parts())

    @classmethod
    def everything(cls) -> PortSet:
        """Every port of every protocol."""
        return cls({protocol: ((0, last),) for protocol, last in _LAST.items()})

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __hash__(self) -> int:
        return hash(frozenset(self.spans.items()))

    def __contains__(self, item: tuple[str, int]) -> bool:
        protocol, port = item
        # A loop takes half the time of `any` here, and every flow asks this of many items.
        for first, last in self.spans.get(protocol, ()):  # noqa: SIM110
            if first <= port <= last:
                return True
        return False

    def __or__(self, other: PortSet) -> PortSet:
        if not other.spans or self.is_everything:
            return self
        return PortSet.of([*self.parts(), *other.parts()])

    def __and__(self, other: PortSet) -> PortSet:
        if self.is_everything:
            return other
        if other.is_everything:
            return self
        both = {
            protocol: tuple(_common(spans, other.spans[protocol]))
            for protocol, spans in self.spans.items()
            if protocol in other.spans
        }
        return PortSet({protocol: spans for protocol, spans in both.items() if spans})

    def __sub__(self, other: PortSet) -> PortSet:
        left = {
            protocol: tuple(_without(spans, other.spans.get(protocol, ())))
            for protocol, spans in self.spans.items()
        }
        return PortSet({protocol: spans for protocol, spans in left.items() if spans})

    def parts(self) -> Iterator[tuple[str, int, int]]:
        """Every span with its protocol."""
        for protocol, spans in self.spans.items():
            for first, last in spans:
                yield protocol, first, last

    @property
    def is_everything(self) -> bool:
        """Whether no port is missing."""
        return len(self.spans) == len(_LAST) and all(
            spans == ((0, _LAST[protocol]),) for protocol, spans in self.spans.items()
        )

    def __str__(self) -> str:
        left = PortSet.everything() - self
        if not left:
            return "all ports"
        if len(list(left.parts())) < len(list(self.parts())):
            return f"all ports but {left}"
        # A port without a protocol is a port of three protocols, shown once.
        alike: dict[tuple[Span, ...], list[str]] = {}
        for protocol in PROTOCOLS:
            if protocol in self.spans:
                alike.setdefault(self.spans[protocol], []).append(protocol)
        return ", ".join(_text(names, spans) for spans, names in alike.items())


def stretches(sets: Iterable[PortSet]) -> Iterator[tuple[str, int, int]]:
    """All ports of all protocols, cut wherever one of some sets begins or ends."""
    starts: dict[str, set[int]] = {protocol: {0} for protocol in PROTOCOLS}
    for protocol, first, last in (part for one in sets for part in one.parts()):
        starts[protocol] |= {first, last + 1} - {_LAST[protocol] + 1}
    for protocol, found in starts.items():
        ordered = sorted(found)
        for first, following in zip(ordered, [*ordered[1:], _LAST[protocol] + 1], strict=True):
            yield protocol, first, following - 1


def _text(names: list[str], spans: tuple[Span, ...]) -> str:
    together = "/".join(names)
    if spans == ((0, _LAST[names[0]]),):
        return f"all {together}"
    return f"{together} " + "+".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def _common(one: tuple[Span, ...], other: tuple[Span, ...]) -> Iterator[Span]:
    for a, b in one:
        for c, d in other:
            if max(a, c) <= min(b, d):
                yield max(a, c), min(b, d)


def _without(one: tuple[Span, ...], other: tuple[Span, ...]) -> Iterator[Span]:
    for first, last in one:
        at = first
        for c, d in other:
            if d < at or c > last:
                continue
            if c > at:
                yield at, c - 1
            at = d + 1
        if at <= last:
            yield at, last
