"""``preflight``: whether an account takes a deploy of the settings, before it."""

from __future__ import annotations

from .call import declare as declare
from .call import run as run
