"""What changes from one set of policies to another: who may reach whom that could not, and the reverse."""

from .difference import Difference, PairChange
from .drawn import change_graph
from .grouping import ChangeLine, grouped
from .sides import ComparedSide, relabelled, workload_names
from .standing import KINDS, MIRRORED, ChangeKind, Standing
from .state import PolicyState

__all__ = [
    "KINDS",
    "MIRRORED",
    "ChangeKind",
    "ChangeLine",
    "ComparedSide",
    "Difference",
    "PairChange",
    "PolicyState",
    "Standing",
    "change_graph",
    "grouped",
    "relabelled",
    "workload_names",
]
