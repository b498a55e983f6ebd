"""``settings``: check, describe and begin the settings of an environment."""

from __future__ import annotations
