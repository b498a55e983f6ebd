"""What is missing in a dump: objects of a kind, and names that are known not to be there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.kinds import CUSTOM_TYPES, DAEMON_SETS, PODS
from cdk_eks_cilium.doctor.engine.readings import Objects

from . import layouts
from .adding import command_for
from .contents import Contents, Found
from .files import DumpFile

_AWS_NODE: Final = "aws-node"
_BUILT_IN: Final = re.compile(r"(\w+|rbac\.authorization|(flowcontrol|internal)\.apiserver)\.k8s\.io")
"""Groups that API servers serve without a CRD; gateway.networking.k8s.io and other long ones need theirs."""


def missing(found: Found, reading: Objects) -> str:
    """Why some objects are missing; empty if all are there."""
    reasons: list[str] = list(found.broken)
    if not found.whole:
        reasons += _parts(found, reading)
    if not reasons:
        return ""
    words = "; ".join(dict.fromkeys(reasons))
    return f"not all {reading.plural} are in the dump ({words}); add them with: {command_for(reading)}"


def _parts(found: Found, reading: Objects) -> Sequence[str]:
    # By default 'kubectl cluster-info dump' takes kube-system and the current namespace alone.
    few = 0 < len(found.namespaces) <= 2
    if found.namespaces and reading.namespace in found.namespaces:
        return ()
    if few:
        return [*found.parts, f"only the namespaces {' and '.join(sorted(found.namespaces))}"]
    return () if found.namespaces else found.parts


def absent(contents: Contents, files: Sequence[DumpFile], reading: Objects) -> frozenset[str]:
    """What a sysdump would have if it was there, though it lacks others of the kind.

    It has the DaemonSet aws-node wherever it recognizes EKS by the address of the API server
    (``submitFlavorSpecificTasks``). Where no pod is of that DaemonSet either, it is not there.
    """
    names = {_AWS_NODE} if reading.kind == DAEMON_SETS.kind else set()
    if not names or not any(layouts.is_sysdump(file.name) for file in files):
        return frozenset()
    pods = contents.kinds.get((PODS.group, PODS.kind))
    if pods is None or missing(pods, PODS):
        return frozenset()
    owners = {
        owner.get("name")
        for pod in pods.objects.values()
        for owner in at(pod, "metadata.ownerReferences") or ()
    }
    return frozenset(names - owners)


def is_unserved(contents: Contents, reading: Objects) -> bool:
    """Whether the dump lists all CRDs, and the kind is not among them."""
    types = contents.kinds.get((CUSTOM_TYPES.group, CUSTOM_TYPES.kind))
    if types is None or missing(types, CUSTOM_TYPES) or "." not in reading.group:
        return False
    if _BUILT_IN.fullmatch(reading.group):
        return False
    defined = {(at(each, "spec.group"), at(each, "spec.names.kind")) for each in types.objects.values()}
    return (reading.group, reading.kind) not in defined
