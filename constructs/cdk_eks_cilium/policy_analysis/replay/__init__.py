"""Recorded flows against proposed policies: what would be refused, and what would pass."""

from .replay import Replay
from .report import FlowChange, Kind, ReplayReport

__all__ = ["FlowChange", "Kind", "Replay", "ReplayReport"]
