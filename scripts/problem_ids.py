"""Every rule that an input can break, read from the source of the library, with the rule's id.

A rule is a call that makes a problem: `Problem(...)`, `refusal(...)`, `Word(...)`, `Shape(...)` or
`place.problem(...)`. Its id is a literal, or the call passes on the id of another rule. `docs/problems.tsv`
keeps every id that was ever given, so that no id is given twice.

`python -m scripts.problem_ids` lists the rules that lack an id, each with a free id.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from scripts.schema_words import table

ROOT: Final = Path(__file__).resolve().parents[1]
LIBRARY: Final = ROOT / "constructs" / "cdk_eks_cilium"
LEDGER: Final = ROOT / "docs" / "problems.tsv"
ID: Final = re.compile(r"CEK[0-7]\d{3}")

ROOMS: Final[Mapping[str, str]] = {
    "0": "The form of data",
    "1": "Settings",
    "2": "Values",
    "3": "Addresses and nodes",
    "4": "Versions",
    "5": "Policies",
    "6": "Constructs",
    "7": "Command line",
}
"""The meaning of the first digit of an id."""

_DIGITS: Final = {
    "problems": "0",
    "settings": "1",
    "values": "2",
    "addressing": "3",
    "nodes": "3",
    "versions": "4",
    "policy": "5",
    "policy_analysis": "5",
    "cli": "7",
}
_CONSTRUCTS: Final = "6"
# The positions of rule and fix among the arguments.
_CALLS: Final = {"Problem": (1, 3), "refusal": (0, 1), "Word": (0, None), "Shape": (1, 2), "problem": (0, 1)}
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Site:
    """A rule of the library.

    Attributes:
        module: The file below the library, ``settings/rules/nodes.py``.
        node: The call.
        id: Its id, or None.
        rule: The rule as a clause, with ``{name}`` for a value.
        fix: The fix, in the same form.
        why: The reason, if the source has it.
    """

    module: str
    node: ast.Call
    id: str | None
    rule: str
    fix: str
    why: str

    @property
    def digit(self) -> str:
        """The first digit of ids of this room."""
        return _DIGITS.get(self.module.partition("/")[0], _CONSTRUCTS)


def sites(library: Path = LIBRARY) -> list[Site]:
    """Every rule, in the order of files and lines."""
    sources = [_Source(path, library) for path in sorted(library.rglob("*.py"))]
    constants = {name: value for source in sources for name, value in source.constants.items()}
    return [site for source in sources for site in source.sites(constants)]


class _Source:
    """A file of the library."""

    def __init__(self, path: Path, library: Path) -> None:
        self.module = path.relative_to(library).as_posix()
        text = path.read_text(encoding="utf-8")
        self.lines = text.splitlines()
        self.tree = ast.parse(text)
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}
        self.constants = dict(_assigned(self.tree.body))
        self.functions = {node.name: node for node in self.tree.body if isinstance(node, _FUNCTIONS)}

    def sites(self, constants: Mapping[str, ast.expr]) -> Iterator[Site]:
        calls = [node for node in ast.walk(self.tree) if isinstance(node, ast.Call) and _name(node) in _CALLS]
        for node in sorted(calls, key=lambda each: (each.lineno, each.col_offset)):
            given = next((each.value for each in node.keywords if each.arg == "id"), None)
            if given is not None and not isinstance(given, ast.Constant):
                continue  # The id is that of another rule, passed on.
            words = _Words({**constants, **self.constants, **self._locals(node)}, self.functions)
            rule, fix = (words.text(each) for each in _rule_and_fix(node))
            yield Site(self.module, node, str(given.value) if given else None, rule, fix, self._why(node))

    def _around(self, node: ast.AST) -> Iterator[ast.AST]:
        while node in self.parents:
            node = self.parents[node]
            yield node

    def _locals(self, node: ast.Call) -> dict[str, ast.expr]:
        """The last values of the names around the call, before the call."""
        found: dict[str, ast.expr] = {}
        for function in reversed([each for each in self._around(node) if isinstance(each, _FUNCTIONS)]):
            before = [each for each in ast.walk(function) if _line(each) <= node.lineno]
            found.update(_assigned(sorted(before, key=_line)))
        return found

    def _why(self, node: ast.Call) -> str:
        """The comment at the call, above the call or its condition, or the docstring of the function."""
        around = list(self._around(node))
        function = next((each for each in around if isinstance(each, _FUNCTIONS)), None)
        trailing = re.search(r"  # (?!noqa|type:)(.+)", self.lines[(node.end_lineno or node.lineno) - 1])
        inside = around[: around.index(function)] if function else around
        above = (self._above(each.lineno) for each in inside if isinstance(each, ast.stmt))
        text = trailing[1] if trailing else next(filter(None, above), "")
        if not text and function is not None:
            first = min([function.lineno, *(each.lineno for each in function.decorator_list)])
            text = self._above(first) or ast.get_docstring(function) or ""
        return re.split(r"(?<=[.!?])\s|\n\n", text + " ")[0].replace("\n", " ").strip()

    def _above(self, number: int) -> str:
        comments: list[str] = []
        for line in reversed(self.lines[: number - 1]):
            found = re.fullmatch(r"\s*#:? (?!noqa|type:|ruff:)(.+)", line)
            if not found:
                break
            comments.insert(0, found[1])
        return "\n".join(comments)


def _line(node: ast.AST) -> int:
    number: int = getattr(getattr(node, "target", node), "lineno", 0)
    return number


def _name(node: ast.Call) -> str:
    """The name of the called function; for a method only ``problem`` and ``refusal``."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr if node.func.attr in ("problem", "refusal") else ""
    return node.func.id if isinstance(node.func, ast.Name) and node.func.id != "problem" else ""


def _rule_and_fix(node: ast.Call) -> Sequence[ast.expr | None]:
    arguments = list(node.args)
    if _name(node) == "refusal" and arguments and re.fullmatch(r"'[a-z_]+'", ast.unparse(arguments[0])):
        arguments = arguments[1:]  # A kind goes before the rule.
    named = {each.arg: each.value for each in node.keywords}
    return [
        arguments[place] if place is not None and place < len(arguments) else named.get(name)
        for place, name in zip(_CALLS[_name(node)], ("rule", "fix"), strict=True)
    ]


def _assigned(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    for node in nodes:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "iter" if isinstance(node, ast.For | ast.comprehension) else "value", None)
        match targets, value:
            case [ast.Name(id=name)], ast.expr():
                yield name, value
            case [ast.Tuple(elts=names)], ast.Tuple(elts=values):
                for each, one in zip(names, values, strict=False):
                    if isinstance(each, ast.Name):
                        yield each.id, one


@dataclass(frozen=True)
class _Words:
    """Renders expressions as text for people."""

    names: Mapping[str, ast.expr]
    functions: Mapping[str, ast.FunctionDef | ast.AsyncFunctionDef]
    depth: int = 0

    def text(self, node: ast.expr | None) -> str:
        if node is None:
            return ""
        below = _Words(self.names, self.functions, self.depth + 1)
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.JoinedStr(values=parts):
                return "".join(map(below.text, parts))
            case ast.FormattedValue(value=ast.Name(id=name)) if isinstance(self._constant(name), str):
                return str(self._constant(name))
            case ast.FormattedValue(value=value, conversion=conversion):
                return f"'{_placeholder(value)}'" if conversion == ord("r") else _placeholder(value)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return below.text(left) + below.text(right)
            case ast.Call(func=ast.Attribute(value=value, attr="lower")) | ast.ListComp(elt=value):
                return below.text(value)
        choices = self._choices(node) if self.depth < 5 else []
        return " / ".join(filter(None, map(below.text, choices))) or _placeholder(node)

    def _constant(self, name: str) -> object:
        known = self.names.get(name)
        return known.value if isinstance(known, ast.Constant) and name.isupper() else None

    def _choices(self, node: ast.expr) -> list[ast.expr]:
        """The possible values of the expression."""
        match node:
            case ast.IfExp(body=first, orelse=second):
                return [first, second]
            case ast.List(elts=choices) | ast.BoolOp(values=choices):
                return choices
            case ast.Name(id=name) if name in self.names:
                return [self.names[name]]
            case ast.Call(func=ast.Name(id=name)) if name in self.functions:
                return _returned(self.functions[name])
            case ast.Subscript(value=ast.Name() as whole, slice=ast.Constant(value=int(place))):
                found = [one for each in self._choices(whole) for one in self._choices(each)]
                return [each.elts[place] for each in found if isinstance(each, ast.Tuple)]
        return []


def _returned(function: ast.AST) -> list[ast.expr]:
    found = [each for each in ast.walk(function) if isinstance(each, ast.Return)]
    return [each.value for each in sorted(found, key=lambda each: each.lineno) if each.value]


def _placeholder(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return f"{{{name.strip('_').lower()}}}"
        case ast.Call(func=ast.Attribute(attr="join"), args=[value]):
            return _placeholder(value)
        case ast.Call(func=ast.Name(id="map"), args=[_, value]):
            return _placeholder(value)
        case ast.Call(func=ast.Name(id=name), args=[value, *_]) if name in ("len", "str", "sorted", "repr"):
            return _placeholder(value)
        case ast.Call(func=ast.Attribute(attr=name, value=value)) if hasattr(str, name):
            return _placeholder(value)
        case ast.Call(func=value) | ast.Subscript(value=value):
            return _placeholder(value)
    return "{...}"


@cache
def ledger() -> dict[str, str]:
    """Every id that was ever given, with the first wording of its rule."""
    lines = LEDGER.read_text(encoding="utf-8").splitlines()[1:] if LEDGER.exists() else []
    return dict(line.split("\t", 1) for line in lines)


def renewed_ledger() -> str:
    """The ledger with the new ids; its entries stay."""
    known = {**{site.id: site.rule for site in sites() if site.id}, **ledger()}
    return "\n".join(["id\trule", *(f"{each}\t{known[each]}" for each in sorted(known)), ""])


def faults(found: Sequence[Site] | None = None) -> list[str]:
    """The faults of the ids: missing, malformed, of another room, or at two rules."""
    found = sites() if found is None else found
    counts = Counter(site.id for site in found if site.id)
    free = next_ids(found)
    wrong = []
    for site in found:
        at = f"{site.module}:{site.node.lineno}"
        if site.id is None:
            wrong.append(f'{at} needs an id; add id="{next(free[site.digit])}"')
        elif not ID.fullmatch(site.id) or site.id[3] != site.digit:
            wrong.append(f"{at} has the id {site.id}; ids of its room are CEK{site.digit}001 and on")
        elif counts[site.id] > 1:
            wrong.append(f"{at} has the id {site.id} of another rule; make one function of both rules")
    return wrong


def next_ids(found: Sequence[Site]) -> dict[str, Iterator[str]]:
    """The free ids of each room, the lowest first."""

    def free(digit: str) -> Iterator[str]:
        taken = [
            int(each[4:]) for each in {*ledger(), *(site.id or "" for site in found)} if each[3:4] == digit
        ]
        return (f"CEK{digit}{number:03d}" for number in range(max(taken, default=0) + 1, 1000))

    return {digit: free(digit) for digit in ROOMS}


def problems_tables() -> str:
    """The page's tables: the rules of each room, and the ids whose rules are gone."""
    found = sorted((site for site in sites() if site.id), key=lambda site: site.id or "")
    head = ["Id", "Rule", "What to do", "Why, or where it is checked", "Source"]
    parts = []
    for digit, room in ROOMS.items():
        rows = [
            [f"`{site.id}`", *map(_cell, (site.rule, site.fix, site.why)), f"`{site.module}`"]
            for site in found
            if site.digit == digit
        ]
        if rows:
            parts.append(f"## {room}\n\n{table(head, rows)}")
    gone = sorted(set(ledger()) - {site.id for site in found})
    if gone:
        parts.append(f"## Gone\n\n{table(head[:2], [[f'`{each}`', _cell(ledger()[each])] for each in gone])}")
    return "\n\n".join(parts)


def _cell(text: str) -> str:
    return re.sub(r"([*<_])", r"\\\1", " ".join(text.split()))


def main() -> int:
    """Print the faults of the ids.

    Returns:
        0 without a fault, 1 otherwise.
    """
    found = faults()
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
