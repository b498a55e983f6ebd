"""The code of our Lambda functions: in a checkout, or inside the installed wheel."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def function_folder(name: str, *, common: bool = False) -> Path:
    """The folder of a function's modules.

    Args:
        name: The function's folder in ``lambda``, named as its construct.
        common: Whether it also needs the modules of ``lambda/common``, which are then beside its own: a
            function is one folder, and Lambda knows no packages above it.

    Raises:
        FileNotFoundError: If neither the wheel nor a checkout around this file holds the folder.
    """
    for base in (_PACKAGE / "_lambda", _PACKAGE.parents[1] / "lambda"):
        if (base / name / "index.py").is_file():
            return _together(base, name) if common else base / name
    raise FileNotFoundError(f"the code of the Lambda function {name!r} is not in this installation")


@cache
def _together(base: Path, name: str) -> Path:
    """The function's modules and the common ones in one folder, which goes when the process does."""
    scratch = tempfile.mkdtemp(prefix="cdk-eks-cilium-")
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    folder = Path(scratch) / name
    folder.mkdir()
    for module in (*(base / "common").glob("*.py"), *(base / name).glob("*.py")):
        if (folder / module.name).exists():
            raise FileExistsError(f"{module}: lambda/common has a module of that name, too")
        shutil.copyfile(module, folder / module.name)
    return folder
