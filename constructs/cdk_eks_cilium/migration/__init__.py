"""A cluster on its way from aws-node to Cilium: phases, values, and who reaches whom. Plain Python."""

from .old_pods import OLD_PODS_POLICY, old_pods_policy
from .phases import NEW_NODES, PHASES, Phase
from .values import beside_problems, beside_values
from .verdicts import PLACEMENTS, MovingPods, Placement, Side, VerdictChange

__all__ = [
    "NEW_NODES",
    "OLD_PODS_POLICY",
    "PHASES",
    "PLACEMENTS",
    "MovingPods",
    "Phase",
    "Placement",
    "Side",
    "VerdictChange",
    "beside_problems",
    "beside_values",
    "old_pods_policy",
]
