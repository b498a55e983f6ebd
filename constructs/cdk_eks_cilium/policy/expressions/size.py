"""How large RE2's program for an expression is, which Envoy limits to 100 instructions.

Envoy refuses a larger one, and with it every policy of the endpoint; Cilium has no setting for it
(https://github.com/cilium/cilium/issues/41314, https://github.com/cilium/cilium/issues/48773). The limit is
``re2.max_program_size.error_level`` of Envoy's runtime (``regex.proto`` of its API).
"""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_uppercase
from typing import Final

from .characters import LAST, Characters, Ranges, contains
from .nodes import Alternatives, At, Captured, Node, OneOf, Repeat, Sequence

MOST_INSTRUCTIONS: Final = 100
"""The largest program that Envoy takes unless its runtime says otherwise."""

# To find the beginning of a match, to fail, and to match.
_FRAME: Final = 4
_LAST_ASCII: Final = 0x7F
#: The instructions for all UTF-8 beyond ASCII.
_UTF8: Final = 6


def program_size(node: Node) -> int:
    """About the number of instructions that RE2 makes of an expression.

    It is exact for most expressions that occur, and rarely a few too small: the tests compare it with RE2.
    """
    return _FRAME + _size(_unanchored(node))


def _unanchored(node: Node) -> Node:
    """The expression without what RE2 keeps beside the program: anchors, and a literal after the first."""
    parts = list(_parts(node))
    if parts and parts[-1] == At("text end"):
        parts.pop()
    if parts and parts[0] == At("text start"):
        parts.pop(0)
        while parts and _is_literal(parts[0]):
            parts.pop(0)
    return Sequence(tuple(parts))


def _is_literal(node: Node) -> bool:
    return isinstance(node, OneOf) and node.characters.sure[0][0] == node.characters.sure[-1][1]


def _joined(parts: tuple[Node, ...]) -> Iterator[Node]:
    """The parts, with repetitions of one set of characters in a row as one."""
    last: Node | None = None
    for part in parts:
        joined = _join(last, part) if last is not None else None
        if joined is None and last is not None:
            yield last
        last = joined or part
    if last is not None:
        yield last


def _join(one: Node, other: Node) -> Repeat | None:
    """Two repetitions of one set of characters as one; None for other nodes, and for two plain characters."""
    first, second = _times(one), _times(other)
    repeats = isinstance(one, Repeat) or isinstance(other, Repeat)
    if first is None or second is None or not repeats or first[0] != second[0]:
        return None
    (same, low, high), (_, more, most) = first, second
    return Repeat(same, low + more, None if high is None or most is None else high + most)


def _times(node: Node) -> tuple[OneOf, int, int | None] | None:
    """A set of characters with how often it stands; None for other nodes."""
    if isinstance(node, OneOf):
        return node, 1, 1
    if isinstance(node, Repeat) and isinstance(node.part, OneOf):
        return node.part, node.low, node.high
    return None


def _size(node: Node) -> int:
    match node:
        case OneOf(characters):
            return _ranges(characters.sure)
        case At():
            return 1
        case Sequence(parts):
            return sum(map(_size, _joined(parts)))
        case Captured(part):
            return 2 + _size(part)
        case Repeat(part, low, high):
            return _repeated(_size(part), low, high)
        case Alternatives(parts):
            return _choice([_parts(part) for part in parts])


def _repeated(size: int, low: int, high: int | None) -> int:
    if high is None:
        # The last of them is the one that repeats.
        return size if low == 0 else size * low + 1
    return size * low + (size + 1) * (high - low)


def _ranges(ranges: Ranges) -> int:
    """One instruction for each range in ASCII, both cases of letters as one; beyond, for each byte."""
    folds = all(contains(ranges, upper) == contains(ranges, upper.lower()) for upper in ascii_uppercase)
    total = 0
    for low, high in ranges:
        if folds and low >= ord("A") and high <= ord("Z"):
            continue
        if low <= _LAST_ASCII:
            total += 1
        if low <= _LAST_ASCII + 1 and high == LAST:
            total += _UTF8
        elif high > _LAST_ASCII:
            total += len(chr(max(low, _LAST_ASCII + 1)).encode("utf-8", "replace"))
    return total


def _parts(node: Node) -> tuple[Node, ...]:
    return node.parts if isinstance(node, Sequence) else (node,)


def _choice(parts: list[tuple[Node, ...]]) -> int:
    """The size of alternatives: RE2 makes their common beginnings once, and one set of single characters."""
    total, at = 0, 0
    while at < len(parts):
        first = parts[at][:1]
        end = at + 1
        while end < len(parts) and first and parts[end][:1] == first:
            end += 1
        if end - at > 1:
            total += _size(first[0]) + _choice([each[1:] for each in parts[at:end]])
        else:
            end, size = _one(parts, at)
            total += size
        at = end
    return total


def _one(parts: list[tuple[Node, ...]], at: int) -> tuple[int, int]:
    """The size of an alternative, or of single characters in a row, and where the next begins."""
    characters, end = Characters((), ()), at
    while end < len(parts) and len(parts[end]) == 1 and isinstance(one := parts[end][0], OneOf):
        characters |= one.characters
        end += 1
    if end > at:
        return end, _ranges(characters.sure)
    return at + 1, _size(Sequence(parts[at]))
