"""Few expressions for many paths, and few patterns for many names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MOST_PATHS: Final = 20
"""Expressions of paths for one method, peer and port."""

MOST_NAMES: Final = 20
"""Names of one domain."""

ANY_PATH: Final = "/.*"
ANY_NAME: Final = "*"

_UUID: Final = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_HEX: Final = "[0-9a-fA-F]"
_SEGMENT: Final = "[^/?]+"
_IDS: Final = (
    (re.compile("[0-9]+"), "[0-9]+"),
    (re.compile(_UUID), _UUID),
    # Hashes and object ids: 12 and more hexadecimal digits, one of them a number. 'added' is a word.
    (re.compile(r"(?=.*[0-9])[0-9a-fA-F]{12,}"), f"{_HEX}{{12,}}"),
)
_QUERY: Final = r"(\?.*)?"

# What RE2 and Python read as themselves.
_SPECIAL: Final = re.compile(r"([.^$*+?{}\[\]\\|()])")


@dataclass(frozen=True)
class Reduced:
    """Expressions for paths, or patterns for names.

    Attributes:
        texts: The expressions, in order.
        wider: What they mean beyond what was seen, as clauses.
    """

    texts: tuple[str, ...]
    wider: tuple[str, ...] = ()


def paths(seen: Iterable[str]) -> Reduced:
    """Expressions that mean some paths, with ids in them as what ids look like."""
    found: dict[tuple[str, ...], set[str]] = {}
    queried: set[tuple[str, ...]] = set()
    for path in seen:
        plain, mark, _ = path.partition("?")
        shape = tuple(_segment(each) for each in plain.split("/"))
        found.setdefault(shape, set()).add(plain)
        if mark:
            queried.add(shape)
    ids = {shape for shape in found if any(_is_template(each) for each in shape)}
    wider = [f"{_text(shape)} for ids in paths" for shape in sorted(ids)]
    wider += [f"any query after {_text(shape)}" for shape in sorted(queried)]
    shapes = {shape: shape in queried for shape in found}
    while len(shapes) > MOST_PATHS:
        before = len(shapes)
        shapes, clause = _widened(shapes)
        if len(shapes) == before:
            return Reduced((ANY_PATH,), (f"any path: {before} paths have nothing in common",))
        wider.append(clause)
    texts = sorted(_text(shape) + (_QUERY if query else "") for shape, query in shapes.items())
    return Reduced(tuple(texts), tuple(wider))


def names(seen: Iterable[str]) -> Reduced:
    """Patterns that mean some DNS names: many names of one domain become one pattern."""
    domains: dict[str, set[str]] = {}
    for name in seen:
        domains.setdefault(name.partition(".")[2], set()).add(name)
    texts: list[str] = []
    wider: list[str] = []
    for domain, own in sorted(domains.items()):
        if len(own) <= MOST_NAMES:
            texts += own
        elif "." in domain:
            texts.append(f"*.{domain}")
            wider.append(f"*.{domain} for {len(own)} names")
        else:
            return Reduced(
                (ANY_NAME,), (f"any name: {len(own)} names are right below {domain or 'the root'}",)
            )
    return Reduced(tuple(sorted(texts)), tuple(wider))


def _segment(text: str) -> str:
    for expression, template in _IDS:
        if expression.fullmatch(text):
            return template
    return _SPECIAL.sub(r"\\\1", text)


def _is_template(segment: str) -> bool:
    return segment == _SEGMENT or any(segment == template for _, template in _IDS)


def _text(shape: tuple[str, ...]) -> str:
    return "/".join(shape) or "/"


def _widened(shapes: dict[tuple[str, ...], bool]) -> tuple[dict[tuple[str, ...], bool], str]:
    """Replace the segment with the most values by any segment, in paths that differ only there."""
    groups: dict[tuple[int, tuple[str, ...]], set[tuple[str, ...]]] = {}
    for shape in shapes:
        for place in range(1, len(shape)):
            rest = (*shape[:place], _SEGMENT, *shape[place + 1 :])
            groups.setdefault((place, rest), set()).add(shape)
    if not groups:
        return shapes, ""
    (_, shape), members = max(groups.items(), key=lambda one: (len(one[1]), one[0]))
    if len(members) == 1:
        return shapes, ""
    left = {each: query for each, query in shapes.items() if each not in members}
    left[shape] = any(shapes[each] for each in members) or left.get(shape, False)
    return left, f"{_text(shape)} for {len(members)} paths"
