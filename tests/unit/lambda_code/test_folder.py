from __future__ import annotations

import subprocess
import sys

import pytest

from cdk_eks_cilium.lambda_code.folder import function_folder


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
