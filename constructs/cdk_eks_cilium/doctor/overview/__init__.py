"""What there is in a cluster, without a verdict: nodes with interfaces, prefixes and agents, and subnets."""

from __future__ import annotations

from .overview import READS as READS
from .overview import NodeLine as NodeLine
from .overview import Overview as Overview
from .overview import overview as overview
