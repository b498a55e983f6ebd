"""The code of our Lambda functions: in a checkout, or inside the installed wheel."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


@cache
def function_folder(name: str) -> Path:
    """A temporary folder with the modules of a function and of ``lambda/common``, deleted at exit.

    Lambda takes one folder, without packages above it.

    Raises:
        FileNotFoundError: If neither the wheel nor a checkout around this file holds the folder.
        FileExistsError: If a module of the function has the name of a common one.
    """
    for base in (_PACKAGE / "_lambda", _PACKAGE.parents[1] / "lambda"):
        if (base / name / "index.py").is_file():
            return _together(base, name)
    raise FileNotFoundError(f"the code of the Lambda function {name!r} is not in this installation")


def _together(base: Path, name: str) -> Path:
    scratch = tempfile.mkdtemp(prefix="cdk-eks-cilium-")
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    folder = Path(scratch) / name
    folder.mkdir()
    for module in (*(base / "common").glob("*.py"), *(base / name).glob("*.py")):
        if (folder / module.name).exists():
            raise FileExistsError(f"{module}: lambda/common has a module of the same name")
        shutil.copyfile(module, folder / module.name)
    return folder
