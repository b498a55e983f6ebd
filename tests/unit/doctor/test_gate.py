"""A Lambda function carries the checks of the gate, without any library."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cdk_eks_cilium.doctor.checks import all_checks

# What is loaded by the checks, beside what Python loads at its start.
PROGRAM = """
import sys
before = set(sys.modules)
import importlib
for name in sys.argv[1:]:
    importlib.import_module(name)
loaded = {each for each in set(sys.modules) - before if each.split(".")[0] not in sys.stdlib_module_names}
print(*sorted(each for each in loaded if not (each + ".").startswith("cdk_eks_cilium.doctor.")))
"""


def test_some_checks_are_of_the_gate() -> None:
    assert {"nodes-ready", "operator-runs", "nodes-have-addresses"} <= {
        each.id for each in all_checks() if each.gate
    }


def test_checks_of_the_gate_use_the_standard_library_alone(pytestconfig: pytest.Config) -> None:
    names = sorted({each.judge.__module__ for each in all_checks() if each.gate})
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, *names],
        cwd=pytestconfig.rootpath / "constructs",
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == ["cdk_eks_cilium"]
