"""The syntax of regular expressions that agents accept: RE2's, which Go's ``regexp`` shares.

Where the two differ: ``\\C`` and names of groups outside ASCII are RE2's alone, and are refused here.
Agents built with a Go before 1.22 refuse ``(?<name>``, which newer ones take like ``(?P<name>``.
Look-around, back references, atomic groups and possessive repetitions are in neither, so that matching takes
linear time. Sources: https://github.com/google/re2/wiki/Syntax and https://pkg.go.dev/regexp/syntax.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final

from .characters import EVERY, EVERY_BUT_NEWLINE, PERL, POSIX, Characters, unicode_class
from .nodes import Alternatives, Assertion, At, Captured, Node, OneOf, Repeat, Sequence, repetitions

MOST_REPETITIONS: Final = 1000
_DEEPEST: Final = 1000
_COUNT: Final = r"0|[1-9][0-9]*"
_REPEAT: Final = re.compile(rf"\{{({_COUNT})(,({_COUNT})?)?\}}")
_NAMED: Final = re.compile(r"\(\?P?<([A-Za-z0-9_]+)>")
_FLAGS: Final = re.compile(r"\(\?([imsU]*)(-([imsU]+))?([:)])")
_POSIX: Final = re.compile(r"\[:(\^?)([^\]]*?):\]")
_UNICODE: Final = re.compile(r"\\([pP])(?:\{(\^?)([^}]*)\}|(.))", re.DOTALL)
_HEX: Final = re.compile(r"\\x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})")
_OCTAL: Final = re.compile(r"\\(0[0-7]{0,2}|[1-7][0-7]{1,2})")
_CONTROLS: Final = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_SIMPLE: Final = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class ExpressionError(ValueError):
    """An expression that RE2 or Go refuses, with the reason as its text."""


@dataclass(frozen=True)
class _Flags:
    """What ``(?imsU)`` sets: ``U`` only swaps which repetitions are greedy, which changes no full match."""

    i: bool = False
    m: bool = False
    s: bool = False
    U: bool = False


@dataclass
class _Level:
    """What is open: the whole, or a group."""

    flags: _Flags
    captures: bool = False
    done: list[Node] = field(default_factory=list)
    parts: list[Node] = field(default_factory=list)

    def close(self) -> Node:
        """What it holds."""
        self.turn()
        whole = self.done[0] if len(self.done) == 1 else Alternatives(tuple(self.done))
        return Captured(whole) if self.captures else whole

    def turn(self) -> None:
        """End an alternative."""
        self.done.append(self.parts[0] if len(self.parts) == 1 else Sequence(tuple(self.parts)))
        self.parts = []


def parse(text: str) -> Node:
    """Read an expression.

    Raises:
        ExpressionError: If RE2 or Go refuses it.
    """
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._levels = [_Level(_Flags())]
        self._names: set[str] = set()
        self._flags = _Flags()
        self._after_repeat = False

    def parse(self) -> Node:
        while self._at < len(self._text):
            repeated = self._after_repeat
            self._after_repeat = False
            self._step(self._text[self._at], repeated)
        if len(self._levels) > 1:
            raise ExpressionError("a '(' without its ')'")
        whole = self._levels[0].close()
        if repetitions(whole) > MOST_REPETITIONS:
            raise ExpressionError(f"more than {MOST_REPETITIONS} repetitions within repetitions")
        return whole

    def _step(self, letter: str, repeated: bool) -> None:
        if letter in _SIMPLE:
            self._at += 1
            self._repeat(*_SIMPLE[letter], letter, repeated)
        elif letter == "{" and (found := _REPEAT.match(self._text, self._at)):
            self._at = found.end()
            low = int(found[1])
            high = low if found[2] is None else int(found[3]) if found[3] else None
            if max(low, high or 0) > MOST_REPETITIONS or (high is not None and high < low):
                raise ExpressionError(f"the repetition {found[0]}, which is not from 0 to {MOST_REPETITIONS}")
            self._repeat(low, high, found[0], repeated)
        elif letter == "(":
            self._open()
        elif letter == ")":
            if len(self._levels) == 1:
                raise ExpressionError("a ')' without its '('")
            self._at += 1
            level = self._levels.pop()
            self._flags = level.flags
            self._push(level.close())
        elif letter == "|":
            self._at += 1
            self._levels[-1].turn()
        elif letter == "\\":
            self._escape()
        else:
            self._single(letter)

    def _single(self, letter: str) -> None:
        flags = self._flags
        if letter == "[":
            self._push(OneOf(self._class()))
            return
        self._at += 1
        if letter == ".":
            self._push(OneOf(EVERY if flags.s else EVERY_BUT_NEWLINE))
        elif letter == "^":
            self._push(At("line start" if flags.m else "text start"))
        elif letter == "$":
            self._push(At("line end" if flags.m else "text end"))
        else:
            self._push(self._literal(letter))

    def _push(self, node: Node) -> None:
        self._levels[-1].parts.append(node)

    def _literal(self, letter: str) -> OneOf:
        characters = Characters.one(letter)
        return OneOf(characters.folded() if self._flags.i else characters)

    def _repeat(self, low: int, high: int | None, written: str, repeated: bool) -> None:
        parts = self._levels[-1].parts
        if not parts:
            raise ExpressionError(f"nothing to repeat before {written!r}")
        if repeated:
            raise ExpressionError(f"a repetition of a repetition at {written!r}")
        if self._text.startswith("?", self._at):
            self._at += 1
        self._after_repeat = True
        parts.append(Repeat(parts.pop(), low, high))

    def _open(self) -> None:
        if len(self._levels) > _DEEPEST:
            raise ExpressionError("groups that nest too deeply")
        flags, captures = self._flags, True
        if not self._text.startswith("(?", self._at):
            self._at += 1
        elif named := _NAMED.match(self._text, self._at):
            if named[1] in self._names:
                raise ExpressionError(f"two groups with the name {named[1]}")
            self._names.add(named[1])
            self._at = named.end()
        elif given := _FLAGS.match(self._text, self._at):
            self._at = given.end()
            on, off = set(given[1]), set(given[3] or "")
            self._flags = replace(flags, **dict.fromkeys(on, True), **dict.fromkeys(off - on, False))
            self._flags = replace(self._flags, **dict.fromkeys(off, False))
            if given[4] == ")":
                return
            captures = False
        else:
            raise ExpressionError(f"{_operator(self._text[self._at :])!r}, which RE2 does not know")
        self._levels.append(_Level(flags, captures))

    def _escape(self) -> None:
        rest = self._text[self._at :]
        letter = rest[1:2]
        places: dict[str, Assertion] = {
            "A": "text start",
            "z": "text end",
            "b": "word boundary",
            "B": "no word boundary",
        }
        if letter in places:
            self._at += 2
            self._push(At(places[letter]))
        elif letter == "Q":
            quoted, _, _ = rest[2:].partition(r"\E")
            for each in quoted:
                self._push(self._literal(each))
            self._at += len(rest) if r"\E" not in rest[2:] else len(quoted) + 4
        elif (characters := self._named_class()) is not None:
            self._push(OneOf(characters))
        else:
            self._push(self._literal(self._escaped()))

    def _named_class(self) -> Characters | None:
        r"""What ``\d``, ``\pN`` and the like mean, if one begins here."""
        letter = self._text[self._at + 1 : self._at + 2]
        if letter.lower() in PERL and letter:
            self._at += 2
            # The flag i folds these too: the Kelvin sign is in them then.
            found = PERL[letter.lower()]
            found = found.folded() if self._flags.i else found
            return found if letter.islower() else found.negated()
        if letter not in ("p", "P"):
            return None
        given = _UNICODE.match(self._text, self._at)
        known = unicode_class(given[3] or given[4]) if given and (given[3] or given[4]) else None
        if given is None or known is None:
            raise ExpressionError(f"an unknown class {self._text[self._at : self._at + 12]!r}")
        self._at = given.end()
        if self._flags.i:
            known = known.folded()
        return known.negated() if (given[1] == "P") != bool(given[2]) else known

    def _escaped(self) -> str:
        """The character that a backslash and what follows stand for."""
        text, at = self._text, self._at
        if found := _HEX.match(text, at):
            self._at = found.end()
            point = int(found[1] or found[2], 16)
            if point <= EVERY.sure[0][1]:
                return chr(point)
        elif octal := _OCTAL.match(text, at):
            self._at = octal.end()
            return chr(int(octal[1], 8))
        else:
            letter = text[at + 1 : at + 2]
            self._at += 2
            if letter in _CONTROLS:
                return _CONTROLS[letter]
            if letter and letter.isascii() and not letter.isalnum():
                return letter
        if not text[at + 1 :]:
            raise ExpressionError("a backslash at its end")
        raise ExpressionError(f"{text[at : at + 2]!r}, which RE2 does not know")

    def _class(self) -> Characters:
        begin = self._at
        self._at += 1
        negated = self._text.startswith("^", self._at)
        self._at += negated
        found, first = Characters((), ()), True
        while first or not self._text.startswith("]", self._at):
            if self._at >= len(self._text):
                raise ExpressionError(f"a '[' without its ']' at {self._text[begin:][:12]!r}")
            found |= self._class_part()
            first = False
        self._at += 1
        return found.negated() if negated else found

    def _class_part(self) -> Characters:
        if named := _POSIX.match(self._text, self._at):
            known = POSIX.get(named[2])
            if known is None:
                raise ExpressionError(f"an unknown class {named[0]!r}")
            self._at = named.end()
            known = known.folded() if self._flags.i else known
            return known.negated() if named[1] else known
        if self._text.startswith("\\", self._at) and (known := self._named_class()) is not None:
            return known
        low = high = self._class_letter()
        if self._text.startswith("-", self._at) and self._text[self._at + 1 : self._at + 2] not in ("]", ""):
            self._at += 1
            high = self._class_letter()
            if high < low:
                raise ExpressionError(f"the range {low}-{high} in the wrong order")
        characters = Characters.of([(ord(low), ord(high))])
        return characters.folded() if self._flags.i else characters

    def _class_letter(self) -> str:
        if self._text.startswith("\\", self._at):
            return self._escaped()
        letter = self._text[self._at : self._at + 1]
        self._at += 1
        if not letter:
            raise ExpressionError("a '[' without its ']'")
        return letter


def _operator(rest: str) -> str:
    """The beginning of a group that RE2 does not know."""
    found = re.match(r"\(\?(<[=!]|P?[<=>!#|:'&]|.)?", rest)
    return found[0] if found else rest[:3]
