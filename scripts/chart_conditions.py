"""What a template's conditions say of a cluster that this library installs Cilium on."""

from __future__ import annotations

import re
from typing import Final

from scripts.chart_expressions import ALWAYS, NEVER, Conditions, Expression, negated

#: Values that this library owns, see ``values/rules/owned.py``, and what it makes of each.
_OWNED: Final = {
    "agent": True,
    "aksbyocni.enabled": False,
    "alibabacloud.enabled": False,
    "azure.enabled": False,
    "eni.enabled": True,
    "gke.enabled": False,
    "ipv4.enabled": True,
    "operator.enabled": True,
    "preflight.enabled": False,
    "serviceAccounts.operator.create": True,
    "sleepAfterInit": False,
}
#: Variables that hold what the library owns.
OWNED_TEXTS: Final = {"$ipam": "eni"}
#: The oldest minor of Kubernetes that EKS creates, see ``versions/kubernetes.py``.
_OLDEST: Final = 30


def asks_cluster(tree: Expression) -> bool:
    """Whether an expression is the cluster's release."""
    return tree.name == "KubeVersion" or any(map(asks_cluster, tree.given))


def of_cluster(constraint: str) -> tuple[Conditions, Conditions]:
    """Whether every cluster has a release that fits, or none; `_OLDEST` is the oldest that EKS creates."""
    match = re.match(r"(<|>=)\s*1\.(\d+)", constraint)
    if match is None or int(match[2]) > _OLDEST:
        return ALWAYS, ALWAYS
    return (NEVER, ALWAYS) if match[1] == "<" else (ALWAYS, NEVER)


def stated(statement: str) -> tuple[Conditions, Conditions]:
    """When a statement holds, and when it does not."""
    known = _OWNED.get(statement)
    if known is not None:
        return (ALWAYS, NEVER) if known else (NEVER, ALWAYS)
    return frozenset({frozenset({statement})}), frozenset({frozenset({negated(statement)})})
