"""Recorded flows against proposed policies: what would be refused, and what would pass."""

from .replay import Replay
from .report import Change, Kind, Report

__all__ = ["Change", "Kind", "Replay", "Report"]
