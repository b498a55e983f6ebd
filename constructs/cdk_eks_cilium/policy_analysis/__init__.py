"""What policies mean: who may reach whom and why, what is wrong with them, how they look. Plain Python.

It reads `cdk_eks_cilium.policy`, the language; the language knows nothing of it.
"""

from .evaluation import (
    Endpoint,
    Evaluation,
    Explanation,
    Flow,
    HttpRequest,
    Matrix,
    PortSet,
    Reach,
    Ruling,
)
from .inventories import inventory
from .workloads import Inventory, Workload

__all__ = [
    "Endpoint",
    "Evaluation",
    "Explanation",
    "Flow",
    "HttpRequest",
    "Inventory",
    "Matrix",
    "PortSet",
    "Reach",
    "Ruling",
    "Workload",
    "inventory",
]
