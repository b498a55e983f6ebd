"""What the settings mean to the packages that do the work."""

from __future__ import annotations

from typing import Final

from cdk_eks_cilium.nodes import FIXED_INTERFACE, IMAGES
from cdk_eks_cilium.values import CiliumValues, Egress, Eni
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .model import NodeGroupSettings, Settings

SAME: Final = tuple(name for name in CiliumValues.model_fields if name not in ("egress", "eni", "operator"))
"""The typed values that settings of the same name give as they are."""


def cilium_version(settings: Settings) -> CiliumVersion:
    """Return the release of Cilium to install."""
    return CiliumVersion.of(settings.cilium.version)


def cilium_values(settings: Settings) -> CiliumValues:
    """Return what Cilium must do, for settings that `load` or `check` let pass."""
    cilium = settings.cilium
    same = {name: getattr(cilium, name) for name in SAME}
    return CiliumValues(
        egress=Egress.pod() if cilium.egress == "pod" else Egress.node(egress_interface(settings)),
        eni=_eni(settings),
        operator=cilium.operator.model_copy(update={"replicas": operator_replicas(settings)}),
        **same,
    )


def _eni(settings: Settings) -> Eni:
    """The interfaces, which carry the tags of everything, too."""
    eni = settings.cilium.eni
    # The article's profile knows no tags; its interfaces carry none.
    if settings.cilium.profile == "article":
        return eni
    return eni.model_copy(update={"tags": {**settings.tags, **eni.tags}})


def primary_interface(group: NodeGroupSettings) -> str | None:
    """Return the name of the first network interface of a group's nodes, None when it is not known."""
    return group.primary_interface or IMAGES[group.image].primary_interface


def egress_interface(settings: Settings) -> str:
    """Return the interface that egress 'node' hides pods behind, the same on every node."""
    return primary_interface(settings.node_groups[0]) or FIXED_INTERFACE


def operator_replicas(settings: Settings) -> int:
    """Return how many operators to run: as said, else as nodes are certain, at most two.

    No two of them share a node.
    """
    # The article's profile installs the chart's two in any case, as the article did.
    if "replicas" in settings.cilium.operator.model_fields_set:
        return settings.cilium.operator.replicas
    certain = sum(group.min_size for group in settings.node_groups)
    return 2 if settings.cilium.profile == "article" or certain >= 2 else 1
