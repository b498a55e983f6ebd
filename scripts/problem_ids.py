"""Every rule that an input can break, read from the source of the library, with the rule's id.

A rule is a call that makes a problem: `Problem(...)`, `refusal(...)`, `Word(...)`, `Shape(...)`,
`place.problem(...)`, or in a table `Refusal(...)` or `Contradiction(...)`. Its id is a literal, or the call
passes on the id of another rule. `docs/problems.tsv` keeps every id that was ever given, so that none is
given twice.

`python -m scripts.problem_ids` says which rules lack an id, and which one is free.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count, takewhile
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
"""What the first digit of an id stands for."""

_DIGITS: Final = {
    "problems": "0",
    "settings": "1",
    "values": "2",
    "helm": "2",
    "addressing": "3",
    "nodes": "3",
    "versions": "4",
    "policy": "5",
    "policy_analysis": "5",
    "cli": "7",
}
_CONSTRUCTS: Final = "6"
# Where rule and fix stand among the arguments.
_CALLS: Final[Mapping[str, tuple[int | None, int | None]]] = {
    "Contradiction": (None, None),
    "Problem": (1, 3),
    "Refusal": (3, 4),
    "Shape": (1, 2),
    "Word": (0, None),
    "problem": (0, 1),
    "refusal": (0, 1),
}
# What a name may stand for: what it is set to, or what its function returns.
_Names = dict[str, list[ast.expr]]


@dataclass(frozen=True)
class Site:
    """Where the library has a rule.

    Attributes:
        module: The file below the library, ``settings/rules/nodes.py``.
        line: The line of the call.
        id: Its id; None where it lacks one.
        rule: The rule as a clause, with ``{name}`` for what is filled in.
        fix: The fix, likewise.
        why: The reason, where the source gives one.
    """

    module: str
    line: int
    id: str | None
    rule: str
    fix: str
    why: str

    @property
    def digit(self) -> str:
        """The first digit of ids of this room."""
        return _DIGITS.get(self.module.partition("/")[0], _CONSTRUCTS)


@cache
def sites(library: Path = LIBRARY) -> tuple[Site, ...]:
    """Every rule, in the order of files and lines, as the files are at the first call."""
    texts = {path.relative_to(library).as_posix(): path.read_text() for path in sorted(library.rglob("*.py"))}
    trees = {module: ast.parse(text) for module, text in texts.items()}
    constants = {name: value for tree in trees.values() for name, value in _set(tree.body).items()}
    found: list[Site] = []
    for module, tree in trees.items():
        returned = {each.name: _returned(each) for each in tree.body if isinstance(each, ast.FunctionDef)}
        names = {**constants, **returned, **_set(tree.body)}
        read = _Source(module, texts[module].splitlines()).sites(tree, names, [])
        found += sorted(read, key=lambda site: site.line)
    return tuple(found)


def _set(nodes: Iterable[ast.AST]) -> _Names:
    found: _Names = {}
    for node in nodes:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                | ast.AugAssign(target=ast.Name(id=name), value=value)
                | ast.NamedExpr(target=ast.Name(id=name), value=value)
                | ast.comprehension(target=ast.Name(id=name), iter=value)
            ):
                found[name] = [value]
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                found.update({ast.unparse(each): [value] for each, value in zip(names, values, strict=False)})
    return found


def _returned(function: ast.FunctionDef) -> list[ast.expr]:
    found = [each for each in ast.walk(function) if isinstance(each, ast.Return)]
    return [each.value for each in sorted(found, key=lambda each: each.lineno) if each.value]


@dataclass(frozen=True)
class _Source:
    """A file of the library."""

    module: str
    lines: Sequence[str]

    def sites(self, node: ast.AST, names: _Names, around: Sequence[ast.stmt]) -> Iterator[Site]:
        """Yield the rules in *node*; *around* are the statements that it is in, from the inside out."""
        names.update(_set([node, *getattr(node, "generators", ())]))
        if isinstance(node, ast.FunctionDef):
            names, around = dict(names), [node]
        elif isinstance(node, ast.stmt):
            around = [node, *around]
        if isinstance(node, ast.Call) and _name(node) in _CALLS:
            given = next((each.value for each in node.keywords if each.arg == "id"), None)
            # An id that is not a constant is that of another rule, passed on.
            if given is None or isinstance(given, ast.Constant):
                rule, fix = (_words(each, names) for each in _rule_and_fix(node))
                id_ = str(given.value) if given else None
                yield Site(self.module, node.lineno, id_, rule, fix, self._why(node, around))
        for child in ast.iter_child_nodes(node):
            yield from self.sites(child, names, around)

    def _why(self, node: ast.Call, around: Sequence[ast.stmt]) -> str:
        """The comment at the call, or above a statement around it; otherwise what the function is."""
        at_end = re.search(r"  # (?!noqa|type:)(.+)", self.lines[(node.end_lineno or node.lineno) - 1])
        comments = [at_end[1] if at_end else "", *(self._above(each.lineno) for each in around)]
        function = around[-1]
        docstring = ast.get_docstring(function) if isinstance(function, ast.FunctionDef) else None
        said = next(filter(None, comments), docstring or "")
        return re.split(r"(?<=[.!?])\s|\n\n", said + " ")[0].replace("\n", " ").strip()

    def _above(self, number: int) -> str:
        found = (
            re.fullmatch(r"\s*#:? (?!noqa|type:|ruff:|belief:)(.+)", line)
            for line in self.lines[number - 2 :: -1]
        )
        comments = [each[1] for each in takewhile(bool, found) if each]
        return "\n".join(reversed(comments))


def _name(node: ast.Call) -> str:
    return ast.unparse(node.func).rpartition(".")[2]


def _rule_and_fix(node: ast.Call) -> Iterator[ast.expr | None]:
    arguments = list(node.args)
    if _name(node) == "refusal" and re.fullmatch(r"'[a-z_]+'", ast.unparse(arguments[0])):
        arguments = arguments[1:]  # A kind goes before the rule.
    named = {each.arg: each.value for each in node.keywords}
    for place, name in zip(_CALLS[_name(node)], ("rule", "fix"), strict=True):
        yield arguments[place] if place is not None and place < len(arguments) else named.get(name)


def _words(node: ast.expr | None, names: _Names, depth: int = 0) -> str:
    """The text of an expression as people read it, with its alternatives."""
    match node:
        case None:
            return ""
        case ast.Constant(value=value):
            return str(value)
        case ast.JoinedStr(values=parts):
            return "".join(_words(each, names, depth) for each in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _words(left, names, depth) + _words(right, names, depth)
        case ast.FormattedValue(value=value, conversion=conversion):
            known = _choices(value, names)
            if isinstance(value, ast.Name) and value.id.isupper() and isinstance(known[0], ast.Constant):
                return str(known[0].value)
            return f"'{_placeholder(value)}'" if conversion == ord("r") else _placeholder(value)
    choices = (_words(each, names, depth + 1) for each in _choices(node, names)) if depth < 5 else ()
    return " / ".join(filter(None, choices)) or _placeholder(node)


def _choices(node: ast.expr, names: _Names) -> list[ast.expr]:
    """What the expression may come to."""
    match node:
        case ast.IfExp(body=first, orelse=second):
            return [first, second]
        case ast.BoolOp(values=choices) | ast.List(elts=choices):
            return choices
        case ast.ListComp(elt=choice):
            return [choice]
        case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)):
            return names.get(name, [])
        case ast.Subscript(value=ast.Name() as whole, slice=ast.Constant(value=int(place))):
            found = [one for each in _choices(whole, names) for one in _choices(each, names)]
            return [each.elts[place] for each in found if isinstance(each, ast.Tuple)]
    return []


def _placeholder(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return f"{{{name.strip('_').lower()}}}"
        case (
            ast.Call(func=ast.Attribute(attr="join"), args=[value])
            | ast.Call(func=ast.Name(id="len" | "str" | "sorted"), args=[value])
        ):
            return _placeholder(value)
        case ast.Call(func=ast.Attribute(attr=name, value=value)) if hasattr(str, name):
            return _placeholder(value)
        case ast.Call(func=value) | ast.Subscript(value=value):
            return _placeholder(value)
    return "{...}"


@cache
def ledger() -> dict[str, str]:
    """Every id that was ever given, with the rule as it was first worded."""
    lines = LEDGER.read_text(encoding="utf-8").splitlines()[1:] if LEDGER.exists() else []
    return dict(line.split("\t", 1) for line in lines)


def renewed_ledger() -> str:
    """The ledger with the ids that are new; what it has stays."""
    known = {**{site.id: site.rule for site in sites() if site.id}, **ledger()}
    return "\n".join(["id\trule", *(f"{each}\t{known[each]}" for each in sorted(known)), ""])


def faults(found: Sequence[Site] | None = None) -> list[str]:
    """Say what is wrong with the ids: missing, malformed, of another room, or at two rules."""
    found = sites() if found is None else found
    counts = Counter(site.id for site in found if site.id)
    free = next_ids(found)
    said = []
    for site in found:
        at = f"{site.module}:{site.line}"
        if site.id is None:
            said.append(f'{at} needs an id; add id="{next(free[site.digit])}"')
        elif not ID.fullmatch(site.id) or site.id[3] != site.digit:
            said.append(f"{at} has the id {site.id}; ids of its room are CEK{site.digit}001 and on")
        elif counts[site.id] > 1:
            said.append(f"{at} has the id {site.id} of another rule; make one function of both rules")
    return said


def next_ids(found: Sequence[Site]) -> dict[str, Iterator[str]]:
    """The free ids of each room, lowest first."""
    used = {*ledger(), *(site.id for site in found if site.id)}
    last = {digit: max((int(each[4:]) for each in used if each[3] == digit), default=0) for digit in ROOMS}
    return {digit: map(f"CEK{digit}{{:03d}}".format, count(last[digit] + 1)) for digit in ROOMS}


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
    """Say what is wrong with the ids.

    Returns:
        0 if nothing is wrong, 1 otherwise.
    """
    said = faults()
    for each in said:
        print(each)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
