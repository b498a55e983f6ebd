"""The code of our Lambda functions: in a checkout, or inside the installed wheel."""

from __future__ import annotations

import atexit
import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from cdk_eks_cilium.lambda_code.carried import PACKAGE, carried_modules

_PACKAGE = Path(__file__).resolve().parents[1]

# Lambda reads the code as another user, and the zip keeps the modes of its files:
# https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html.
_FILE_MODE: Final = 0o644
_FOLDER_MODE: Final = 0o755


@cache
def function_folder(name: str) -> Path:
    """A temporary folder with the modules of a function and of ``lambda/common``, deleted at exit.

    What these import of the library is there too, below an empty package of its name.
    Lambda takes one folder, without packages above it. Everyone may read it, whatever the umask is and
    whatever modes the installation has.

    Raises:
        FileNotFoundError: If neither the wheel nor a checkout around this file holds the folder.
        FileExistsError: If a module of the function has the name of a common one.
    """
    for base in (_PACKAGE / "_lambda", _PACKAGE.parents[1] / "lambda"):
        if (base / name / "index.py").is_file():
            return _together(base, name)
    raise FileNotFoundError(f"the code of the Lambda function {name!r} is not in this installation")


def folder_hash(folder: Path) -> str:
    """The hash of the modules in *folder*: their names, modes and contents.

    CDK's own hash leaves the modes out, so that a build with unreadable files would keep its hash, and a
    later build would not replace it.
    """
    whole = hashlib.sha256()
    for path in sorted(_shown(folder.rglob("*.py"))):
        content = path.read_bytes()
        name = path.relative_to(folder).as_posix()
        whole.update(f"{name} {path.stat().st_mode & 0o777:o} {len(content)}\n".encode() + content)
    return whole.hexdigest()


def _together(base: Path, name: str) -> Path:
    scratch = tempfile.mkdtemp(prefix="cdk-eks-cilium-")
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    folder = Path(scratch) / name
    folder.mkdir()
    folder.chmod(_FOLDER_MODE)
    for module in (*_modules(base / "common"), *_modules(base / name)):
        copy = folder / module.name
        if copy.exists():
            raise FileExistsError(f"{module}: lambda/common has a module of the same name")
        shutil.copyfile(module, copy)
        copy.chmod(_FILE_MODE)
    _carry(folder)
    return folder


def _carry(folder: Path) -> None:
    """Put what the function imports of the library beside its modules."""
    carried = carried_modules(list(_modules(folder)), _PACKAGE)
    if not carried:
        return
    library = folder / PACKAGE
    library.mkdir()
    (library / "__init__.py").touch()
    for relative, source in carried.items():
        (library / relative).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, library / relative)
    for path in (library, *library.rglob("*")):
        path.chmod(_FOLDER_MODE if path.is_dir() else _FILE_MODE)


def _modules(folder: Path) -> Iterator[Path]:
    """The modules in *folder*; macOS keeps attributes of a file beside it as ``._name.py``."""
    return _shown(folder.glob("*.py"))


def _shown(paths: Iterable[Path]) -> Iterator[Path]:
    return (path for path in paths if not path.name.startswith("."))
