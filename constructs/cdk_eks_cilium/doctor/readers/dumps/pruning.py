"""Leaves out of a YAML item what no check reads, before it is parsed: libyaml reads two MB a second."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from cdk_eks_cilium.doctor.engine.fields import Tree

Keep = Callable[[str], Tree | None]

_KIND: Final = re.compile(r" *(?:- )?kind: (\w+)\s*$")
_KEY: Final = re.compile(r'"?([^"\s:]+)"?:(\s|$)')


def pruned(lines: Sequence[str], indent: int, keep: Keep) -> list[str] | None:
    """The lines of a mapping with the fields to keep, of the lines of an item; None where all are needed.

    Lines are left out where they are of the form that Kubernetes' programs write: keys two columns deeper
    than what holds them, and lists at the depth of their key.

    Args:
        lines: The lines of the item, which begins with a dash.
        indent: The spaces before its dash.
        keep: The fields to keep, by kind.
    """
    column = indent + 2
    tree = keep(_kind_in(lines, column))
    if tree is None or lines[0][indent : indent + 2] != "- ":
        return None
    levels: list[tuple[int, Tree]] = [(column, {**tree, "kind": None, "apiVersion": None})]
    found: list[str] = []
    depth, keeping = -1, False
    for line in (f"{lines[0][:indent]}  {lines[0][column:]}", *lines[1:]):
        own = len(line) - len(line.lstrip(" "))
        if depth >= 0 and (own > depth or not line.strip() or (own == depth and line.startswith("- ", own))):
            if keeping:
                found.append(line)
            continue
        while levels and levels[-1][0] > own:
            levels.pop()
        key = _KEY.match(line, own)
        if not key or not levels or levels[-1][0] != own:
            return None
        below = levels[-1][1].get(key[1], {})
        if below and not line[key.end() :].strip():
            levels.append((own + 2, below))
            depth = -1
        else:
            depth, keeping = own, below is None or bool(below)
        if below is None or below:
            found.append(line)
    return found


def _kind_in(lines: Sequence[str], column: int) -> str:
    for line in lines:
        if line.startswith("kind:", column) and (kind := _KIND.match(line)):
            return kind[1]
    return ""
