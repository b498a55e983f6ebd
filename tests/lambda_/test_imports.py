"""What functions may import: Python's standard library, and the botocore of Lambda's runtime."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from cdk_eks_cilium.lambda_code.folder import function_folder

LAMBDA = Path(__file__).resolve().parents[2] / "lambda"
FUNCTIONS = sorted(path.parent.name for path in LAMBDA.glob("*/index.py"))

every_function = pytest.mark.parametrize("name", FUNCTIONS)


def imported(source: str, *, relative: bool = False) -> set[str]:
    """The top-level names of everything a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert relative or node.level == 0, "Lambda loads index.py without a package: these fail there"
            if node.level:
                continue
            names.add(str(node.module).split(".")[0])
    return names


def loaded_with(name: str) -> list[str]:
    """The libraries of AWS that are loaded once the handler can be called."""
    script = "import sys, index; print(*{'boto3', 'botocore'} & set(sys.modules), callable(index.handler))"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=function_folder(name), capture_output=True, text=True, check=True)
    *libraries, is_callable = done.stdout.split()
    assert is_callable == "True"
    return libraries


def test_every_folder_but_the_common_one_is_a_function() -> None:
    folders = {path.parent.name for path in LAMBDA.glob("*/*.py")}
    assert folders - {"common"} == set(FUNCTIONS)
    assert len(FUNCTIONS) >= 3


@every_function
def test_a_function_imports_the_standard_library_and_botocore_alone(name: str) -> None:
    """The gate carries a part of the library in a folder of its own, to which the same holds."""
    folder = function_folder(name)
    modules = sorted(folder.rglob("*.py"))
    own = {path.stem for path in folder.glob("*.py")} | {path.name for path in folder.glob("*/")}
    allowed = set(sys.stdlib_module_names) | {"botocore"} | own
    foreign = {
        path.name: imported(path.read_text(), relative=path.parent != folder) - allowed for path in modules
    }
    assert {name: names for name, names in foreign.items() if names} == {}


@every_function
def test_no_module_has_the_name_of_a_module_of_the_standard_library(name: str) -> None:
    modules = {path.stem for path in function_folder(name).glob("*.py")}
    assert modules & (set(sys.stdlib_module_names) | {"boto3", "botocore"}) == set()


@every_function
def test_loading_a_function_does_not_load_boto3(name: str) -> None:
    assert "boto3" not in loaded_with(name)


def test_create_and_update_do_not_load_the_client_of_ec2() -> None:
    assert loaded_with("eni_sweep") == []
