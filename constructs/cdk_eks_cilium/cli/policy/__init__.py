"""``policy``: what network policies mean, offline."""

from __future__ import annotations
