"""The warm servers of one rehearsal, each started by whoever asks first."""

# no belief: how processes are kept warm

from __future__ import annotations

from pathlib import Path

from rehearsal.aws.runtime import Runtime
from rehearsal.functions.warm_python import WarmPython


def warm_sdk(runtime: Runtime) -> WarmPython:
    """Python with AWS's SDK loaded."""
    return runtime.shared("sdk", lambda: WarmPython("sdk"))


def warm_aws_cli(runtime: Runtime, script: Path) -> WarmPython:
    """The AWS CLI of a layer, loaded, with its command ``aws``."""

    def start() -> WarmPython:
        warm = WarmPython("aws-cli", script.parent)
        warm.command("aws", script)
        return warm

    return runtime.shared(script, start)


def warm_up(runtime: Runtime, layer: Path) -> None:
    """Start loading what calls of functions will need, while the stack makes its first resources."""
    warm_sdk(runtime)
    if (script := layer / "awscli" / "aws.py").is_file():
        warm_aws_cli(runtime, script)
