"""What releases of Cilium do differently, each behaviour named once, with its bounds and its source.

Code asks for the behaviour, ``behaviour.chart.ROUTING_MODE.holds(version)``, and never compares numbers:
a test refuses that everywhere else in the library.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import agents, chart, datapath, policy, refusals
from .behaviour import Behaviour

__all__ = ["Behaviour", "agents", "chart", "datapath", "policy", "refusals", "table"]


def table() -> Iterator[tuple[str, Behaviour]]:
    """Yield every behaviour with its name, such as ``chart.ROUTING_MODE``."""
    for theme in (agents, chart, datapath, policy, refusals):
        for name, value in vars(theme).items():
            if isinstance(value, Behaviour):
                yield f"{theme.__name__.rpartition('.')[2]}.{name}", value
