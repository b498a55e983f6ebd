"""What the gate reads, and so what it may read: kube-system's objects, the nodes, and nothing else.

The checks read some kinds in every namespace. Whatever the gate waits for runs in kube-system.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.doctor.engine.kinds import KUBE_SYSTEM
from cdk_eks_cilium.doctor.engine.readings import Objects

_CLUSTERWIDE: Final = ("CiliumNode", "Node")
PAGE: Final = 500
"""Objects of a page, as kubectl asks for them."""


def narrowed(reading: Objects) -> Objects:
    """A reading without other namespaces than kube-system."""
    return reading if reading.kind in _CLUSTERWIDE else replace(reading, namespace=KUBE_SYSTEM)


def requests_of(checks: Iterable[Check]) -> tuple[Objects, ...]:
    """What is asked of the API for some checks; what they read of AWS is left out."""
    found = (each for check in checks for each in check.reads)
    return tuple(dict.fromkeys(narrowed(each) for each in found if isinstance(each, Objects)))


def path_of(request: Objects) -> str:
    """The path of a list in the API."""
    base = f"/apis/{request.group}/{request.version}" if request.group else f"/api/{request.version}"
    space = f"/namespaces/{request.namespace}" if request.namespace else ""
    return f"{base}{space}/{request.plural}"
