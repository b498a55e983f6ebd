"""Sets of characters, as classes of RE2 have them, and what is sure about them.

RE2 and Go's ``regexp`` know Unicode by tables of their own, whose release differs from Python's. So a set has
the characters that are in it for sure, and all that may be in it: answers are certain wherever both agree.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

LAST: Final = 0x10FFFF
_LAST_ASCII: Final = 0x7F
_BEYOND_ASCII: Final = ((_LAST_ASCII + 1, LAST),)
#: The characters outside ASCII that fold to a letter of it: the long s and the Kelvin sign.
_FOLDED: Final = {0x17F: "s", 0x212A: "k"}

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Characters:
    """A set of characters.

    Attributes:
        sure: The code points in it, as ranges in order.
        possible: Every code point that is or may be in it.
    """

    sure: Ranges
    possible: Ranges

    @classmethod
    def of(cls, ranges: Iterable[tuple[int, int]]) -> Characters:
        """The set of some ranges."""
        merged = _merged(ranges)
        return cls(merged, merged)

    @classmethod
    def one(cls, letter: str) -> Characters:
        """The set of one character."""
        return cls.of([(ord(letter), ord(letter))])

    @property
    def is_doubtful(self) -> bool:
        """Whether it is not known of some character whether it is in the set."""
        return self.sure != self.possible

    def __or__(self, other: Characters) -> Characters:
        return Characters(_merged((*self.sure, *other.sure)), _merged((*self.possible, *other.possible)))

    def negated(self) -> Characters:
        """Every other character."""
        return Characters(_outside(self.possible), _outside(self.sure))

    def folded(self) -> Characters:
        """The set without regard to case.

        In ASCII this is exact. Beyond ASCII it depends on tables, and every character is possible.
        """
        ascii_ = [(low, min(high, _LAST_ASCII)) for low, high in self.sure if low <= _LAST_ASCII]
        letters = {chr(point) for low, high in ascii_ for point in range(low, high + 1)}
        letters |= {letter for point, letter in _FOLDED.items() if _has(self.sure, point)}
        letters |= {letter.swapcase() for letter in letters}
        points = {ord(letter) for letter in letters}
        points |= {point for point, letter in _FOLDED.items() if letter in letters}
        sure = _merged((*self.sure, *((point, point) for point in points)))
        beyond = any(high > _LAST_ASCII for _, high in self.possible)
        return Characters(sure, _merged((*sure, *self.possible, *(_BEYOND_ASCII if beyond else ()))))


def _has(ranges: Ranges, point: int) -> bool:
    return any(low <= point <= high for low, high in ranges)


def contains(ranges: Ranges, letter: str) -> bool:
    """Whether a character is in some ranges."""
    return _has(ranges, ord(letter))


def _merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


def _outside(ranges: Ranges) -> Ranges:
    found, begin = [], 0
    for low, high in ranges:
        if begin < low:
            found.append((begin, low - 1))
        begin = high + 1
    if begin <= LAST:
        found.append((begin, LAST))
    return tuple(found)


def _listed(text: str) -> Characters:
    """The set of ranges that are written as pairs: ``azAZ``."""
    return Characters.of((ord(a), ord(b)) for a, b in zip(text[::2], text[1::2], strict=True))


EVERY: Final = Characters.of([(0, LAST)])
EVERY_BUT_NEWLINE: Final = Characters.one("\n").negated()

# https://github.com/google/re2/wiki/Syntax; Go has the same classes. ``\s`` lacks the vertical tab.
PERL: Final = {"d": _listed("09"), "s": _listed("\t\n\f\r  "), "w": _listed("09AZ__az")}
"""By the letter after the backslash."""

POSIX: Final = {
    "alnum": _listed("09AZaz"),
    "alpha": _listed("AZaz"),
    "ascii": _listed("\0\x7f"),
    "blank": _listed("\t\t  "),
    "cntrl": _listed("\0\x1f\x7f\x7f"),
    "digit": _listed("09"),
    "graph": _listed("!~"),
    "lower": _listed("az"),
    "print": _listed(" ~"),
    "punct": _listed("!/:@[`{~"),
    "space": _listed("\t\r  "),
    "upper": _listed("AZ"),
    "word": _listed("09AZ__az"),
    "xdigit": _listed("09AFaf"),
}
"""By the name between ``[:`` and ``:]``."""

_NAMES: Final = (
    "C Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs"
)
_CATEGORIES: Final = frozenset(_NAMES.split())


@cache
def unicode_class(name: str) -> Characters | None:
    """The characters of a general category or a script; None if the name cannot be one.

    Categories are known in ASCII. Which scripts there are, and what is in them, depends on tables.
    """
    if name == "Any":
        return EVERY
    if name in _CATEGORIES:
        letters = [chr(point) for point in range(_LAST_ASCII + 1)]
        sure = Characters.of(
            (ord(letter), ord(letter)) for letter in letters if unicodedata.category(letter).startswith(name)
        ).sure
        return Characters(sure, _merged((*sure, *_BEYOND_ASCII)))
    if len(name) > 2 and name.isascii() and name[0].isupper() and name.replace("_", "").isalpha():
        return Characters((), EVERY.sure)
    return None
