"""CRDs by name, and what agents wait for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cdk_eks_cilium.doctor.engine.fields import name_of
from cdk_eks_cilium.doctor.engine.kinds import CUSTOM_TYPES
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

from .cilium import at_least
from .cilium_config import is_on

SCHEMA: Final = "io.cilium.k8s.crd.schema.version"
"""The label by which operators know how new a CRD is: pkg/k8s/apis/cilium.io/register.go."""

_ALWAYS: Final[Mapping[str, tuple[int, int]]] = {
    "ciliumclusterwidenetworkpolicies": (1, 12),
    "ciliumidentities": (1, 12),
    "ciliumnetworkpolicies": (1, 12),
    "ciliumnodes": (1, 12),
    "ciliumnodeconfigs": (1, 13),
    "ciliumcidrgroups": (1, 14),
    "ciliumpodippools": (1, 14),
}
"""CRDs that agents wait for in any configuration, and the first minor of each.

``agentCRDResourceNames`` in pkg/k8s/synced/crd.go of cilium/cilium at 0520fcda (1.15); the first minors
stand in `cdk_eks_cilium.versions.upgrade_notes`.
"""

_BY_OPTION: Final[Mapping[str, tuple[str, ...]]] = {
    "ciliumclusterwideenvoyconfigs": ("enable-envoy-config",),
    "ciliumegressgatewaypolicies": ("enable-ipv4-egress-gateway", "enable-egress-gateway"),
    "ciliumendpointslices": ("enable-cilium-endpoint-slice",),
    "ciliumenvoyconfigs": ("enable-envoy-config",),
    "ciliumlocalredirectpolicies": ("enable-local-redirect-policy",),
}
"""CRDs that agents wait for where an option is on, from the same function."""


def by_name(seen: Seen) -> Mapping[str, Object]:
    """The CRDs by their names; needs `CUSTOM_TYPES`."""
    return {name_of(each): each for each in seen.list(CUSTOM_TYPES)}


def awaited(release: str, options: Mapping[str, str]) -> list[str]:
    """The names of the CRDs that agents of a release wait for with some options."""
    found = {plural for plural, since in _ALWAYS.items() if at_least(release, since)}
    found |= {plural for plural, names in _BY_OPTION.items() if any(is_on(options, name) for name in names)}
    if not is_on(options, "disable-endpoint-crd"):
        found.add("ciliumendpoints")
    return sorted(f"{plural}.cilium.io" for plural in found)
