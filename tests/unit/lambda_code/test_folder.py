from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cdk_eks_cilium.lambda_code.folder import folder_hash, function_folder


@pytest.mark.parametrize("name", ["aws_node_removal", "eni_sweep", "policy_set"])
def test_common_modules_are_beside_the_functions_own(name: str) -> None:
    modules = {path.name for path in function_folder(name).iterdir()}
    assert {"index.py", "properties.py", "custom_resource.py", "errors.py"} <= modules


def test_a_function_is_put_together_once() -> None:
    assert function_folder("eni_sweep") is function_folder("eni_sweep")


def test_a_function_that_is_not_there_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="code of the Lambda function 'nothing' is not in this"):
        function_folder("nothing")


def test_what_was_put_together_goes_with_the_process() -> None:
    script = (
        "from cdk_eks_cilium.lambda_code.folder import function_folder; "
        "folder = function_folder('aws_node_removal'); print(folder, folder.is_dir())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    folder, there = done.stdout.split()
    assert there == "True"
    assert subprocess.run(["test", "-e", folder], check=False).returncode == 1


STAGE = """
import os, sys
os.umask(int(sys.argv[1], 8))
from cdk_eks_cilium.lambda_code.folder import folder_hash, function_folder
folder = function_folder("eni_sweep")
print({oct(path.stat().st_mode & 0o777) for path in folder.iterdir()}, oct(folder.stat().st_mode & 0o777))
print(folder_hash(folder))
"""


def test_everyone_may_read_the_code_whatever_the_umask() -> None:
    def staged(umask: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", STAGE, umask], capture_output=True, text=True, check=True
        ).stdout

    assert staged("077").startswith("{'0o644'} 0o755\n")
    assert staged("077") == staged("022")


def test_what_is_not_a_module_does_not_change_the_hash(tmp_path: Path) -> None:
    (tmp_path / "index.py").write_text("handler = None\n")
    before = folder_hash(tmp_path)
    for name in (".DS_Store", "._index.py", "notes.txt"):
        (tmp_path / name).write_text("anything")
    assert folder_hash(tmp_path) == before


def test_unreadable_code_has_another_hash(tmp_path: Path) -> None:
    (tmp_path / "index.py").write_text("handler = None\n")
    (tmp_path / "index.py").chmod(0o644)
    before = folder_hash(tmp_path)
    (tmp_path / "index.py").chmod(0o600)
    assert folder_hash(tmp_path) != before
