"""What changes from one set of policies to another: who may reach whom that could not, and the reverse."""

from .atoms import atoms, port_sets
from .difference import PairChange, PolicyDifference
from .drawn import change_graph
from .ends import EndNames, NamedEnd, end_order, rectangles, spoken
from .grouping import ChangeLine, grouped
from .sides import OUTSIDE, ComparedSide, compared_sides, relabelled, workload_names
from .stand_ins import stand_ins
from .standing import KINDS, MIRRORED, ChangeKind, Standing, StateJudge
from .state import PolicyState

__all__ = [
    "KINDS",
    "MIRRORED",
    "OUTSIDE",
    "ChangeKind",
    "ChangeLine",
    "ComparedSide",
    "EndNames",
    "NamedEnd",
    "PairChange",
    "PolicyDifference",
    "PolicyState",
    "Standing",
    "StateJudge",
    "atoms",
    "change_graph",
    "compared_sides",
    "end_order",
    "grouped",
    "port_sets",
    "rectangles",
    "relabelled",
    "spoken",
    "stand_ins",
    "workload_names",
]
