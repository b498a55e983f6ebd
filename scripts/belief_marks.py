"""Where code refers to the ledger of beliefs, and where the rehearsal must.

A mark is a comment: ``# belief: EKS-max-pods-cap``, with commas between several ids. In the rehearsal, ``# no
belief`` and a reason marks what is a limit or a mechanism of the rehearsal itself, and not a rule of AWS or
Kubernetes. These places of the rehearsal must have a mark:

- every module,
- every handler of CloudFormation types: a class with `types`,
- every refusal: a new error, and every ``raise`` of what a function returns,
- every `Duration` with a source of its own, and every `Adversary`.

A mark belongs to a place if it stands in its statement, directly above it, or at the head of a statement or
a function around it. Errors of Python itself, and the errors of a malformed assembly, are not refusals.

`python -m scripts.belief_marks` says what lacks a mark.
"""

from __future__ import annotations

import ast
import builtins
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from cdk_eks_cilium.beliefs import beliefs

ROOT: Final = Path(__file__).resolve().parents[1]
REHEARSAL: Final = ROOT / "rehearsal"
CODE: Final = (REHEARSAL, *(ROOT / each for each in ("constructs", "lambda", "stacks", "scripts", "app.py")))

NO_BELIEF: Final = "no belief"
"""What stands in place of ids."""

_MARK: Final = re.compile(r"#.*?\b(?:belief: (?P<ids>[\w, -]+)|(?P<none>no belief)\b)")
# Of the rehearsal's input: they say that an assembly cannot be rehearsed.
_NOT_REFUSALS: Final = {"AssemblyError", "NestingError"}
_DATA: Final = "constructs/cdk_eks_cilium/beliefs/data"
_STATED: Final = {"Duration", "Adversary"}
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Place:
    """A place of the rehearsal that must have a mark.

    Attributes:
        module: The file, below the folder that was read.
        line: Its line.
        what: What it is, in words.
        ids: The ids of its marks, or `NO_BELIEF`; empty where it lacks a mark.
    """

    module: str
    line: int
    what: str
    ids: tuple[str, ...]


class _Module:
    """The marks of one module, and its places."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._lines = text.splitlines()
        self._tree = ast.parse(text)
        self._marks = dict(marks(text))

    def places(self) -> Iterator[Place]:
        """Yield what must have a mark."""
        everything = tuple(each for ids in self._marks.values() for each in ids)
        yield Place(self._name, 1, "the module", everything)
        yield from self._within(self._tree, [])

    def _within(self, node: ast.AST, around: Sequence[ast.AST]) -> Iterator[Place]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef) and _states_types(child):
                ids = self._between(self._top(child), child.end_lineno or child.lineno)
                yield Place(self._name, child.lineno, f"the handler {child.name}", ids)
            # A mark of a class does not cover what its methods refuse.
            inside: Sequence[ast.AST] = around
            if isinstance(child, ast.ClassDef):
                inside = []
            elif isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
                inside = [*around, child]
            if what := _what(child):
                ids = tuple(each for one in inside for each in self._at(one))
                yield Place(self._name, getattr(child, "lineno", 1), what, ids)
            yield from self._within(child, inside)

    def _at(self, node: ast.AST) -> tuple[str, ...]:
        """The marks above a statement and in it; of a statement with a body, in its head."""
        body = getattr(node, "body", None)
        # Comments above the first statement of the body are that statement's own.
        last = self._top(body[0]) - 1 if body else getattr(node, "end_lineno", 0)
        return self._between(self._top(node), last)

    def _top(self, node: ast.AST) -> int:
        """The first line of the comments directly above a node, or of the node."""
        decorators = getattr(node, "decorator_list", [])
        pattern = getattr(node, "pattern", None)
        first = min((each.lineno for each in [*decorators, pattern] if each is not None), default=0)
        line: int = first or getattr(node, "lineno", 1)
        while line > 1 and self._lines[line - 2].lstrip().startswith("#"):
            line -= 1
        return line

    def _between(self, first: int, last: int) -> tuple[str, ...]:
        return tuple(each for line in range(first, last + 1) for each in self._marks.get(line, ()))


def _states_types(node: ast.ClassDef) -> bool:
    return any(
        isinstance(target, ast.Name) and target.id == "types" and statement.value is not None
        for statement in node.body
        if isinstance(statement, (ast.Assign, ast.AnnAssign))
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
    )


def _what(node: ast.AST) -> str | None:
    """What a node is that must have a mark."""
    match node:
        case ast.Raise(exc=ast.Call(func=function)) if not _known(ast.unparse(function)):
            return f"the refusal {ast.unparse(function)}"
        case ast.Call(func=ast.Name(id="Duration"), args=[_, ast.Name(id="COMMON")]):
            return None  # marked where COMMON is
        case ast.Call(func=ast.Name(id=name)) if name in _STATED:
            return f"the {name}"
        case ast.Call(func=ast.Name(id=name)) if name.endswith("Error") and not _known(name):
            return f"the refusal {name}"
    return None


def _known(name: str) -> bool:
    return name in _NOT_REFUSALS or hasattr(builtins, name)


def marks(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield each line with a mark, and the mark's ids or `NO_BELIEF`."""
    # To find the comments takes long, and most files of the library have no mark.
    if not _MARK.search(text):
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and (found := _MARK.search(token.string)):
            ids = found["ids"].split(",") if found["ids"] else [NO_BELIEF]
            yield token.start[0], tuple(each.strip() for each in ids)


def places(folder: Path = REHEARSAL) -> list[Place]:
    """Everything in the rehearsal that must have a mark."""
    return [
        place
        for path in sorted(folder.rglob("*.py"))
        if (text := path.read_text(encoding="utf-8")).strip()
        and path.name not in ("__init__.py", "__main__.py")
        for place in dict.fromkeys(_Module(path.relative_to(folder).as_posix(), text).places())
    ]


@cache
def users() -> Mapping[str, tuple[str, ...]]:
    """The files that refer to each belief, by its id; an id may be unknown to the ledger."""
    found: dict[str, list[str]] = {}
    for path in _files(CODE):
        for _, ids in marks(path.read_text(encoding="utf-8")):
            for each in ids:
                found.setdefault(each, []).append(path.relative_to(ROOT).as_posix())
    return {each: tuple(dict.fromkeys(names)) for each, names in found.items() if each != NO_BELIEF}


def _files(roots: Iterable[Path]) -> Iterator[Path]:
    for root in roots:
        yield from [root] if root.is_file() else sorted(root.rglob("*.py"))


def faults(folder: Path = REHEARSAL) -> list[str]:
    """Say what lacks a mark in the rehearsal, and which mark of any code names an unknown belief."""
    missing = [
        f"{folder.name}/{place.module}:{place.line}: {place.what} has no belief; add `# belief: ID` to it, "
        f"and the belief to {_DATA}"
        for place in places(folder)
        if not place.ids
    ]
    unknown = [
        f"{', '.join(names)}: {each} is not in the ledger; add it to {_DATA}"
        for each, names in users().items()
        if each not in beliefs()
    ]
    return missing + unknown


def main() -> int:
    """Say what lacks a mark.

    Returns:
        0 if nothing does, 1 otherwise.
    """
    said = faults()
    print("\n".join(said) if said else f"{len(places())} places of the rehearsal have their beliefs")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
