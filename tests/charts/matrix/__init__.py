"""Every feature, and what charts make of it."""

from __future__ import annotations

from typing import Final

from tests.charts.matrix import addresses, datapath, layer_seven, observation, pods
from tests.charts.matrix.case import Case

CASES: Final[list[Case]] = [
    *addresses.CASES,
    *datapath.CASES,
    *layer_seven.CASES,
    *observation.CASES,
    *pods.CASES,
]
