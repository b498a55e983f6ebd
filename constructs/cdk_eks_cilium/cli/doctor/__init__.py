"""``doctor``: what is right and wrong with a cluster, or with a dump of one."""

from __future__ import annotations

from .call import declare as declare
from .call import run as run
