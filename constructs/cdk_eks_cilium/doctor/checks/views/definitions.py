"""CRDs by name, and what agents wait for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cdk_eks_cilium.doctor.engine.fields import name_of
from cdk_eks_cilium.doctor.engine.kinds import CUSTOM_TYPES
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.versions.cilium import CiliumVersion
from cdk_eks_cilium.versions.upgrade_notes import later_definitions

from .cilium_config import is_on

SCHEMA: Final = "io.cilium.k8s.crd.schema.version"
"""The label by which operators know how new a CRD is: pkg/k8s/apis/cilium.io/register.go."""

_ALWAYS: Final = frozenset(
    {
        "ciliumcidrgroups",
        "ciliumclusterwidenetworkpolicies",
        "ciliumidentities",
        "ciliumnetworkpolicies",
        "ciliumnodeconfigs",
        "ciliumnodes",
        "ciliumpodippools",
    }
)
"""CRDs that agents wait for in any configuration, from the minors on that brought them.

``agentCRDResourceNames`` in pkg/k8s/synced/crd.go of cilium/cilium at 0520fcda.
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


def awaited(version: CiliumVersion, options: Mapping[str, str]) -> list[str]:
    """The names of the CRDs that agents of a release wait for with some options."""
    found = set(_ALWAYS - later_definitions(version))
    found |= {plural for plural, names in _BY_OPTION.items() if any(is_on(options, name) for name in names)}
    if not is_on(options, "disable-endpoint-crd"):
        found.add("ciliumendpoints")
    return sorted(f"{plural}.cilium.io" for plural in found)
