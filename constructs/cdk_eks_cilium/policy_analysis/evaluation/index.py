"""Labels of many sides, for selectors: a set of sides is a number with one bit for each side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .labels import NAMESPACE_LABELS, Labels, Matcher, undescribed

Masks = tuple[int, int]
"""The sides for which something is known to hold, and those for which it holds or may hold."""


class LabelIndex:
    """Sides by their labels.

    Args:
        sides: The labels of each side, of which the first has the lowest bit.
    """

    def __init__(self, sides: Sequence[Labels]) -> None:
        self.everyone = (1 << len(sides)) - 1
        self._undescribed = bits(
            number for number, labels in enumerate(sides) if undescribed(labels) is not None
        )
        # Bits are collected as numbers first: to set one in a long number copies all of it.
        found: dict[str, dict[str, list[int]]] = {}
        for number, labels in enumerate(sides):
            for key, value in labels.items():
                found.setdefault(key, {}).setdefault(value, []).append(number)
        self._values = {
            key: {value: bits(numbers) for value, numbers in values.items()} for key, values in found.items()
        }
        self._chosen: dict[Matcher, Masks] = {}

    def choose(self, matcher: Matcher) -> Masks:
        """The sides that a selector chooses, and that it may choose."""
        found = self._chosen.get(matcher)
        if found is None:
            found = self._chosen[matcher] = self._find(matcher)
        return found

    def _find(self, matcher: Matcher) -> Masks:
        sure = possible = self.everyone
        for key, operator, values in matcher.terms():
            holding, unknown = self._holding(key, operator, values), self._unknown(key)
            sure &= holding & ~unknown
            possible &= holding | unknown
            if not possible:
                break
        return sure, possible

    def _holding(self, key: str, operator: str, values: Iterable[str]) -> int:
        known = self._values.get(key, {})
        found = 0
        for value in values if operator in ("In", "NotIn") else known:
            found |= known.get(value, 0)
        return found if operator in ("In", "Exists") else self.everyone & ~found

    def _unknown(self, key: str) -> int:
        """The pods of namespaces that nobody described, if the key is that of a label of theirs."""
        if not self._undescribed or not key.removeprefix("k8s:").startswith(NAMESPACE_LABELS):
            return 0
        known = 0
        for sides in self._values.get(key, {}).values():
            known |= sides
        return self._undescribed & ~known


def bits(numbers: Iterable[int]) -> int:
    """The set of some sides, by their numbers."""
    there = list(numbers)
    if len(there) < 8:
        found = 0
        for number in there:
            found |= 1 << number
        return found
    raw = bytearray(max(there) // 8 + 1)
    for number in there:
        raw[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(raw, "little")


def members(mask: int) -> Iterator[int]:
    """The numbers of the sides in a set, in order."""
    if mask.bit_count() * 8 < mask.bit_length():
        while mask:
            bit = mask & -mask
            yield bit.bit_length() - 1
            mask ^= bit
        return
    # Of a dense set, each byte is looked at once: to clear a bit in a long number copies all of it.
    for place, byte in enumerate(mask.to_bytes((mask.bit_length() + 7) // 8, "little")):
        for bit in _BITS[byte]:
            yield place * 8 + bit


_BITS = tuple(tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256))
