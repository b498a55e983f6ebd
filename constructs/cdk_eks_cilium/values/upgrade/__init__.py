"""What an upgrade of Cilium means for the values of one environment, step by step."""

from __future__ import annotations

from .path import path
from .step import Change, Render, Step
from .upgrade import Upgrade, upgrade

__all__ = ["Change", "Render", "Step", "Upgrade", "path", "upgrade"]
