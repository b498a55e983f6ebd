"""The chart values of Cilium on a cluster where old nodes still have aws-node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.problems import MISSING, Problem
from cdk_eks_cilium.values import CiliumValues
from cdk_eks_cilium.values.rendering.merge import merged, override
from cdk_eks_cilium.versions import CiliumVersion
from cdk_eks_cilium.versions.behaviour import policy

from .phases import NEW_NODES

_ON_NEW_NODES: Final = {"kubernetes.io/os": "linux", NEW_NODES: "true"}

# belief: CILIUM-restarts-unmanaged-dns, CILIUM-agents-by-selector
_BESIDE: Final[Mapping[str, Any]] = {
    "nodeSelector": _ON_NEW_NODES,
    "envoy": {"nodeSelector": _ON_NEW_NODES},
    "nodeinit": {"nodeSelector": _ON_NEW_NODES},
    # The watcher would restart CoreDNS on old nodes again and again, since aws-node's pods have no endpoint
    # of Cilium: https://github.com/cilium/cilium/issues/24689.
    "operator": {"unmanagedPodWatcher": {"restart": False}},
}
_PATHS: Final = (
    ("nodeSelector",),
    ("envoy", "nodeSelector"),
    ("nodeinit", "nodeSelector"),
    ("operator", "unmanagedPodWatcher", "restart"),
)
_STRICT: Final = ("encryption", "strictMode")


def beside_values(values: CiliumValues) -> CiliumValues:
    """The values with Cilium on the new nodes alone, and CoreDNS of old nodes left alone."""
    return values.model_copy(update={"overrides": merged(values.overrides, _BESIDE)})


def beside_problems(values: CiliumValues, version: CiliumVersion, where: str) -> Iterator[Problem]:
    """Why Cilium cannot run beside aws-node; *where* is the construct's path."""
    if not policy.ENABLE_DEFAULT_DENY.holds(version):
        yield Problem(
            f"{where}: version",
            f"must be {policy.ENABLE_DEFAULT_DENY.since} or later during a migration: earlier ones cannot "
            "let old pods in without taking the policies of new pods away",
            str(version),
            "migrate with a newer release",
            id="CEK6056",
        )
    for path in _PATHS:
        found = override(values, *path)
        if found is not MISSING:
            yield Problem(
                f"{where}: values.overrides.{'.'.join(path)}",
                "must not be set during a migration, which decides where Cilium runs and what it restarts",
                found,
                "leave it out until the phase 'finish'",
                id="CEK6049",
            )
    if override(values, *_STRICT) is not MISSING:
        yield Problem(
            f"{where}: values.overrides.{'.'.join(_STRICT)}",
            "must not be set during a migration: strict mode drops what is not encrypted, and traffic with "
            "pods of aws-node never is",
            fix="leave it out until the phase 'finish'",
            id="CEK6050",
        )
