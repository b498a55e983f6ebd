"""Charts for rehearsals: a Helm repository on this machine, and the stand-in it falls back to."""

from rehearsal.charts.repository import ChartRepository

__all__ = ["ChartRepository"]
