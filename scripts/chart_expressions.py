"""The expressions of a Helm template as trees, and the conditions that they state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Final

from scripts.chart_syntax import CONSTANTS, Token, tokens


@dataclass(frozen=True)
class Expression:
    """A part of a pipeline: a call, a look into a value, or a word.

    Attributes:
        kind: ``call``, ``field``, ``variable``, ``dot``, ``text`` or ``word``.
        name: The function, the variable, or the text.
        given: The arguments of a call, or the value that is looked into.
        safe: Whether null may be looked into, as in ``($x).y``.
    """

    kind: str
    name: str = ""
    given: tuple[Expression, ...] = ()
    safe: bool = False


def expression(source: str) -> Expression:
    """The pipeline in *source*."""
    found, _ = _pipeline(tokens(source), 0)
    return found


def _pipeline(words: list[Token], at: int) -> tuple[Expression, int]:
    piped: tuple[Expression, ...] = ()
    while True:
        name, given, at = _command(words, at)
        if name:
            result = Expression("call", name, (*given, *piped))
        elif len(given) > 1 and given[0].kind == "field":
            # A method with arguments, such as ``.Files.Get "x"``.
            result = Expression("call", given[0].name, (*given[1:], *piped))
        else:
            result = given[0] if given else Expression("word")
        if at >= len(words) or words[at].text == ")":
            return result, at + 1
        piped, at = (result,), at + 1


def _command(words: list[Token], at: int) -> tuple[str, list[Expression], int]:
    name, given = "", list[Expression]()
    while at < len(words) and words[at].text not in ("|", ")"):
        token = words[at]
        if token.kind == "word" and not name and not given and token.text not in CONSTANTS:
            name, at = token.text, at + 1
        else:
            operand, at = _operand(words, at)
            given.append(operand)
    return name, given, at


def _operand(words: list[Token], at: int) -> tuple[Expression, int]:
    token, at = words[at], at + 1
    safe = False
    if token.text == "(":
        found, at = _pipeline(words, at)
        safe = True
    elif token.kind == "field":
        found = Expression("field", token.text[1:], (Expression("dot"),))
    elif token.kind in ("variable", "dot"):
        found = Expression(token.kind, token.text)
    elif token.kind in ("text", "number"):
        found = Expression("text", token.text.strip('"`'))
    else:
        found = Expression("word", token.text)
    while at < len(words) and words[at].kind == "field" and words[at].joined:
        found = Expression("field", words[at].text[1:], (found,), safe)
        at, safe = at + 1, False
    return found, at


Condition = frozenset[str]
"""Statements that all hold: ``a.b`` and ``!a.b`` for a value that is true or not, ``?a.b`` for one that is
there, ``a.b=text`` and ``a.b!=text``."""

Conditions = frozenset[Condition]
"""Alternatives; one of them holds."""

ALWAYS: Final[Conditions] = frozenset({frozenset()})
NEVER: Final[Conditions] = frozenset()

#: More alternatives than this are not worth telling apart.
_MOST: Final = 12


def simplest(alternatives: Iterable[Condition]) -> Conditions:
    """The same in fewer words: ``a or b !a`` is ``a or b``, and ``a or a b`` is ``a``."""
    before, found = None, set(alternatives)
    while found != before:
        before, found = found, {_shortened(each, found) for each in found}
    return frozenset(each for each in found if not any(other < each for other in found))


def _shortened(condition: Condition, among: Iterable[Condition]) -> Condition:
    """The condition without a statement whose opposite another alternative asks for, and no more."""
    for statement in sorted(condition):
        opposite = (condition - {statement}) | {negated(statement)}
        if any(negated(statement) in other and other <= opposite for other in among):
            return condition - {statement}
    return condition


def both(one: Conditions, other: Conditions) -> Conditions:
    """When both hold; *one* alone where that takes too many words."""
    pairs = {a | b for a, b in product(one, other) if not any(negated(each) in b for each in a)}
    found = simplest(pairs)
    return found if len(found) <= _MOST else one


def either(alternatives: Iterable[Conditions]) -> Conditions:
    """When one of several holds."""
    return simplest(each for conditions in alternatives for each in conditions)


def negated(statement: str) -> str:
    """The opposite of a statement."""
    if "!=" in statement:
        return statement.replace("!=", "=")
    if "=" in statement:
        return statement.replace("=", "!=")
    return statement.removeprefix("!") if statement.startswith("!") else f"!{statement}"


def path_of(statement: str) -> str:
    """The value that a statement is about."""
    return statement.lstrip("!?").partition("=")[0].rstrip("!")
