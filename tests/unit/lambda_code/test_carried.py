"""The modules of the library that a function carries."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from cdk_eks_cilium.lambda_code.carried import carried_modules
from cdk_eks_cilium.lambda_code.folder import folder_hash, function_folder

# What the runtime of Lambda has beside the standard library, and what botocore needs.
RUNTIME = ("botocore", "jmespath", "dateutil", "urllib3", "six")


def library(folder: Path, **modules: str) -> Path:
    """A library with these modules, each name with ``__`` for a folder."""
    for name, text in modules.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        for package in [path.parent, *path.parent.parents]:
            if folder in [package, *package.parents]:
                (package / "__init__.py").touch()
        path.write_text(text)
    return folder


def carried(folder: Path, function: str, **modules: str) -> set[str]:
    index = folder / "index.py"
    index.write_text(function)
    return set(carried_modules([index], library(folder / "cdk_eks_cilium", **modules)))


def test_a_function_without_the_library_carries_nothing(tmp_path: Path) -> None:
    assert carried(tmp_path, "import json\nfrom errors import E", a="") == set()


@pytest.mark.parametrize(
    "text",
    [
        "from cdk_eks_cilium.room.one import thing",
        "from cdk_eks_cilium.room import one",
        "import cdk_eks_cilium.room.one",
        "def late():\n    from cdk_eks_cilium.room.one import thing",
    ],
)
def test_what_imports_mean_is_carried_with_what_it_imports(tmp_path: Path, text: str) -> None:
    found = carried(
        tmp_path,
        text,
        room__one="from . import two",
        room__two="from ..other.three import x",
        other__three="x = 1",
        room__four="",
    )
    assert found == {
        "room/__init__.py",
        "room/one.py",
        "room/two.py",
        "other/__init__.py",
        "other/three.py",
    }


def test_the_gate_carries_the_engine_and_its_checks_and_nothing_that_needs_a_package() -> None:
    folder = function_folder("readiness_gate") / "cdk_eks_cilium"
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")}

    assert (folder / "__init__.py").read_text() == ""
    assert {"doctor/engine/examine.py", "doctor/gate/checks.py", "doctor/checks/pods/coredns.py"} <= names
    assert all(name.startswith("doctor/") or name == "__init__.py" for name in names)
    assert "doctor/readers/aws.py" not in names


def test_the_gate_runs_without_any_installed_package(tmp_path: Path) -> None:
    for name in RUNTIME:
        found = importlib.util.find_spec(name)
        assert found is not None
        assert found.origin is not None
        origin = Path(found.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (tmp_path / source.name).symlink_to(source)
    script = (
        "import sys; sys.path[:0] = sys.argv[1:]; import index; "
        "print(index.handler({'RequestType': 'Delete', 'PhysicalResourceId': 'x'}, "
        "type('C', (), {'get_remaining_time_in_millis': lambda self: 60000})()))"
    )
    folder = str(function_folder("readiness_gate"))
    command = [sys.executable, "-I", "-S", "-c", script, folder, str(tmp_path)]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "{'PhysicalResourceId': 'x'}"


def test_the_hash_sees_what_is_carried(tmp_path: Path) -> None:
    (tmp_path / "cdk_eks_cilium").mkdir()
    module = tmp_path / "cdk_eks_cilium" / "a.py"
    module.write_text("x = 1\n")
    before = folder_hash(tmp_path)
    module.write_text("x = 2\n")
    assert folder_hash(tmp_path) != before
