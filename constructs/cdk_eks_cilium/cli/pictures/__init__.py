"""Pictures as SVG: from plans to text, without knowledge of commands."""

from __future__ import annotations
