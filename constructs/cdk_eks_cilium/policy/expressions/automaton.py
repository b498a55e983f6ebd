"""Full matches of regular expressions in linear time, as RE2 finds them.

An expression becomes an automaton whose sets of states are made, and kept, while texts are read: each
character costs the same, so that no expression is slow on any text. Python's ``re`` goes back, and may take
exponential time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from .characters import contains
from .nodes import Alternatives, Assertion, At, Captured, Node, OneOf, Repeat, Sequence

_MOST_STATES: Final = 20_000
_DEEPEST: Final = 150
_MOST_KEPT: Final = 1_000

#: What is before or after a place in the text.
_Side = Literal["nothing", "newline", "word", "other"]


class TooLargeError(Exception):
    """An expression that is too large to judge; Envoy refuses it too."""


@dataclass(frozen=True)
class _Split:
    """States that follow without a character."""

    then: tuple[int, ...]


@dataclass(frozen=True)
class _Check:
    """A state that follows at a place in the text."""

    assertion: Assertion
    then: int


@dataclass(frozen=True)
class _Read:
    """A state that follows after a character."""

    sure: tuple[tuple[int, int], ...]
    possible: tuple[tuple[int, int], ...]
    then: int


_State = _Split | _Check | _Read | None
_MATCH: Final = 0
_States = frozenset[int]


class _Reached:
    """Some states that are reached together, with what follows them after each character that was seen."""

    __slots__ = ("accepts", "before", "states", "steps")

    def __init__(self, states: _States, before: _Side) -> None:
        self.states = states
        self.before = before
        self.steps: dict[str, _Reached] = {}
        self.accepts: bool | None = None


class Automaton:
    """Decides which texts an expression matches as a whole.

    Args:
        node: The expression.

    Raises:
        TooLargeError: If it has too many states, or nests too deeply.
    """

    def __init__(self, node: Node) -> None:
        self._states: list[_State] = [None]
        self._doubtful = False
        self._looks = False
        begin: _States = frozenset({self._add(node, _MATCH, 0)})
        self._begins = {sure: _Reached(begin, self._side("")) for sure in (True, False)}
        self._reached: dict[tuple[bool, _States, _Side], _Reached] = {}

    def matches(self, text: str) -> bool | None:
        """Whether the expression matches the whole *text*; None if that depends on tables of Unicode."""
        surely = self._run(text, sure=True)
        if surely or not self._doubtful:
            return surely
        return None if self._run(text, sure=False) else False

    def _run(self, text: str, *, sure: bool) -> bool:
        here = self._begins[sure]
        for letter in text:
            then = here.steps.get(letter)
            if then is None:
                then = here.steps[letter] = self._step(here, letter, sure)
            here = then
        if here.accepts is None:
            here.accepts = _MATCH in self._closure(here.states, here.before, "nothing")
        return here.accepts

    def _at(self, sure: bool, states: _States, before: _Side) -> _Reached:
        if len(self._reached) >= _MOST_KEPT:
            self._reached.clear()
        return self._reached.setdefault((sure, states, before), _Reached(states, before))

    def _step(self, here: _Reached, letter: str, sure: bool) -> _Reached:
        if len(here.steps) >= _MOST_KEPT:
            here.steps.clear()
        after = self._side(letter)
        found = set()
        for number in self._closure(here.states, here.before, after):
            state = self._states[number]
            if isinstance(state, _Read) and contains(state.sure if sure else state.possible, letter):
                found.add(state.then)
        return self._at(sure, frozenset(found), after)

    def _closure(self, states: _States, before: _Side, after: _Side) -> set[int]:
        """The states that follow without a character, between what is before and after."""
        found: set[int] = set()
        left = list(states)
        while left:
            number = left.pop()
            if number in found:
                continue
            found.add(number)
            state = self._states[number]
            if isinstance(state, _Split):
                left += state.then
            elif isinstance(state, _Check) and _holds(state.assertion, before, after):
                left.append(state.then)
        return found

    def _side(self, letter: str) -> _Side:
        """What a character is to assertions; without any, one word is enough."""
        if not self._looks:
            return "other"
        if not letter:
            return "nothing"
        if letter == "\n":
            return "newline"
        return "word" if letter.isascii() and (letter.isalnum() or letter == "_") else "other"

    def _add(self, node: Node, then: int, depth: int) -> int:
        """Add the states of a node that lead to *then*, and return the first."""
        if depth > _DEEPEST:
            raise TooLargeError
        match node:
            case OneOf(characters):
                self._doubtful |= characters.is_doubtful
                return self._state(_Read(characters.sure, characters.possible, then))
            case At(assertion):
                self._looks = True
                return self._state(_Check(assertion, then))
            case Sequence(parts):
                for part in reversed(parts):
                    then = self._add(part, then, depth + 1)
                return then
            case Alternatives(parts):
                return self._state(_Split(tuple(self._add(part, then, depth + 1) for part in parts)))
            case Captured(part):
                return self._add(part, then, depth + 1)
            case Repeat(part, low, high):
                return self._repeated(part, low, high, then, depth + 1)

    def _repeated(self, part: Node, low: int, high: int | None, then: int, depth: int) -> int:
        if high is None:
            loop = self._state(None)
            self._states[loop] = _Split((self._add(part, loop, depth), then))
            then = loop
        else:
            end = then
            for _ in range(high - low):
                then = self._state(_Split((self._add(part, then, depth), end)))
        for _ in range(low):
            then = self._add(part, then, depth)
        return then

    def _state(self, state: _State) -> int:
        if len(self._states) >= _MOST_STATES:
            raise TooLargeError
        self._states.append(state)
        return len(self._states) - 1


def _holds(assertion: Assertion, before: _Side, after: _Side) -> bool:
    match assertion:
        case "text start":
            return before == "nothing"
        case "text end":
            return after == "nothing"
        case "line start":
            return before in ("nothing", "newline")
        case "line end":
            return after in ("nothing", "newline")
        case "word boundary":
            return (before == "word") != (after == "word")
        case "no word boundary":
            return (before == "word") == (after == "word")
