"""What holds between the files of the library; which room may import which, `make layers` says."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def sources(root: Path) -> dict[str, ast.Module]:
    """Every file of the library by its path in it."""
    library = root / "constructs" / "cdk_eks_cilium"
    return {
        path.relative_to(library).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(library.rglob("*.py"))
    }


def test_no_two_public_classes_of_the_library_share_a_name(sources: dict[str, ast.Module]) -> None:
    places: defaultdict[str, set[str]] = defaultdict(set)
    for path, module in sources.items():
        for statement in module.body:
            if isinstance(statement, ast.ClassDef) and not statement.name.startswith("_"):
                places[statement.name].add(path)

    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_imports_run_in_a_circle_not_even_for_type_checkers(sources: dict[str, ast.Module]) -> None:
    """import-linter leaves out what stands under ``TYPE_CHECKING``."""
    modules = {_name(path): path for path in sources}
    graph = {name: _imports(path, sources[path], modules.keys()) for name, path in modules.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def _name(path: str) -> str:
    return ".".join(("cdk_eks_cilium", *Path(path).with_suffix("").parts)).removesuffix(".__init__")


def _imports(path: str, module: ast.Module, known: Collection[str]) -> set[str]:
    """The known modules that a file imports from."""
    folder = ("cdk_eks_cilium", *Path(path).parent.parts)
    found = set()
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom):
            near = ".".join(folder[: len(folder) - node.level + 1] if node.level else ())
            base = ".".join(filter(None, (near, node.module)))
            below = (f"{base}.{alias.name}" for alias in node.names)
            found |= {name if name in known else base for name in below}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found & set(known)
