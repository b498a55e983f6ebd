"""Pictures as SVG: they take plans and give text, and know nothing of commands."""

from __future__ import annotations
