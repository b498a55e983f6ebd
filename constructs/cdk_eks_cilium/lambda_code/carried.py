"""The modules of the library that a function carries, because its own modules import them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

PACKAGE: Final = "cdk_eks_cilium"


def carried_modules(modules: Iterable[Path], package: Path) -> dict[str, Path]:
    """The modules that some modules import of the library, the modules that these import, and so on.

    The packages above each module are among them, but for the library's own: it imports all of CDK.

    Args:
        modules: Modules of a function.
        package: The folder of the library.

    Returns:
        The files by their paths below the folder of the library.
    """
    found: dict[str, Path] = {}
    waiting = [(path, "") for path in modules]
    while waiting:
        path, own = waiting.pop()
        for name in _imports(path, own):
            for inside in _files(name, package):
                relative = inside.relative_to(package).as_posix()
                if relative not in found and relative != "__init__.py":
                    found[relative] = inside
                    waiting.append((inside, _name(relative)))
    return found


def _imports(path: Path, own: str) -> Iterator[str]:
    """The names of modules that a module may import; ``from a import b`` can mean ``a.b``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = own.split(".")[: -node.level] if node.level else []
            base = ".".join(filter(None, [*above, node.module]))
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _files(name: str, package: Path) -> Iterator[Path]:
    """The files behind the name of a module of the library, with the packages above it."""
    top, *parts = name.split(".")
    if top != PACKAGE or not parts:
        return
    for depth in range(1, len(parts) + 1):
        below = package.joinpath(*parts[:depth])
        for file in (below / "__init__.py", below.with_suffix(".py")):
            if file.is_file():
                yield file


def _name(relative: str) -> str:
    """The dotted name of a module; of a package that of its ``__init__``, so that one level up is itself."""
    return ".".join([PACKAGE, *Path(relative).with_suffix("").parts])
