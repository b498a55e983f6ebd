"""The parts of a Helm template: its blocks, and the tokens of its expressions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_ACTION: Final = re.compile(
    r"\{\{-?\s*(?:/\*.*?\*/|((?:\"(?:\\.|[^\"\\])*\"|`[^`]*`|[^\"`}]|\}(?!\}))*?))\s*-?\}\}", re.S
)
_TOKEN: Final = re.compile(
    r'(?P<space>\s+)|(?P<text>"(?:\\.|[^"\\])*"|`[^`]*`)|(?P<assign>:?=)|(?P<sign>[|(),])'
    r"|(?P<variable>\$\w*)|(?P<field>\.\w+)|(?P<dot>\.)|(?P<number>-?\d[\w.]*)|(?P<word>\w+)|(?P<other>.)"
)
_OPENING: Final = {"if", "with", "range", "define", "block"}


@dataclass
class Node:
    """A part of a template: an action, or a block with its bodies.

    Attributes:
        kind: ``action``, the keyword of the block, ``text`` for text other than space, or ``space`` for
            space that no dash takes away.
        source: The expression.
        body: The parts inside the block.
        other: The parts inside its ``else``.
    """

    kind: str
    source: str = ""
    body: list[Node] = field(default_factory=list)
    other: list[Node] = field(default_factory=list)


def parsed(template: str) -> list[Node]:
    """The parts of a template.

    Raises:
        ValueError: If its blocks are not closed.
    """
    top: list[Node] = []
    #: For each open block the list that takes its parts, and the block itself.
    stack: list[tuple[list[Node], Node | None]] = [(top, None)]
    at = 0
    for match in _ACTION.finditer(template):
        stack[-1][0].extend(_between(template, at, match.start()))
        at = match.end()
        source = (match.group(1) or "").strip()
        word = re.match(r"\w*", source).group()  # type: ignore[union-attr]
        if not source:
            continue
        if word in _OPENING:
            node = Node(word, source[len(word) :])
            stack[-1][0].append(node)
            stack.append((node.body, node))
        elif word == "else":
            outer = stack[-1][1]
            if outer is None:
                raise ValueError("else without a block")
            rest = source[4:].strip()
            stack[-1] = (outer.other, outer)
            if rest:
                kind = re.match(r"\w+", rest).group()  # type: ignore[union-attr]
                inner = Node(kind, rest[len(kind) :])
                outer.other.append(inner)
                # The `end` closes the whole chain: the inner block takes the place of the outer.
                stack[-1] = (inner.body, inner)
        elif word == "end":
            stack.pop()
        else:
            stack[-1][0].append(Node("action", source))
    if len(stack) != 1:
        raise ValueError("a block is not closed")
    top.extend(_between(template, at, len(template)))
    return top


def _between(template: str, start: int, end: int) -> list[Node]:
    """What stands between two actions, whose dashes take space away."""
    text = template[start:end]
    if text.strip():
        return [Node("text")]
    taken = template[:start].endswith("-}}") or template[end:].startswith("{{-")
    return [Node("space")] if text and not taken else []


@dataclass(frozen=True)
class Token:
    """A token of an expression; `joined` if no space separates it from the token before."""

    kind: str
    text: str
    joined: bool = False


END: Final = Token("sign", ")")
CONSTANTS: Final = {"true", "false", "nil"}


def tokens(source: str) -> list[Token]:
    """The tokens of an expression."""
    found: list[Token] = []
    space = True
    for match in _TOKEN.finditer(source):
        kind = match.lastgroup or "other"
        if kind == "space":
            space = True
            continue
        found.append(Token(kind, match.group(), joined=not space))
        space = False
    return found
