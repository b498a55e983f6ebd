"""What the function may lean on: Lambda's Python and the botocore it brings along."""

from __future__ import annotations

import ast
import subprocess
import sys

from cdk_eks_cilium.function_code import function_folder

FOLDER = function_folder("aws_node_removal", common=True)
MODULES = sorted(FOLDER.glob("*.py"))


def imported(source: str) -> set[str]:
    """The top-level names of everything a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "Lambda loads index.py without a package: relative imports fail there"
            names.add(str(node.module).split(".")[0])
    return names


def test_the_function_imports_the_standard_library_and_botocore_alone() -> None:
    allowed = set(sys.stdlib_module_names) | {"botocore"} | {path.stem for path in MODULES}
    foreign = {path.name: imported(path.read_text()) - allowed for path in MODULES}
    assert "index.py" in foreign
    assert {name: names for name, names in foreign.items() if names} == {}


def test_no_module_hides_one_of_the_standard_library() -> None:
    assert {path.stem for path in MODULES} & (set(sys.stdlib_module_names) | {"botocore"}) == set()


def test_loading_the_function_does_not_load_boto3() -> None:
    script = "import sys; import index; print('boto3' in sys.modules, callable(index.handler))"
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=FOLDER, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["False", "True"]
