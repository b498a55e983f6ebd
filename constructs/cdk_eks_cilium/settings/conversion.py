"""Converts settings to the input of other packages."""

from __future__ import annotations

from typing import Final

from cdk_eks_cilium.nodes import FIXED_INTERFACE, IMAGES
from cdk_eks_cilium.values import CiliumValues, Egress
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .model import Settings
from .node_group import NodeGroupSettings

SAME: Final = tuple(name for name in CiliumValues.model_fields if name not in ("egress", "eni", "operator"))
"""The typed values that come unchanged from the settings of the same names."""


def cilium_version(settings: Settings) -> CiliumVersion:
    """Return the release of Cilium to install."""
    return CiliumVersion.of(settings.cilium.version)


def cilium_values(settings: Settings) -> CiliumValues:
    """Return the typed values of Cilium, for settings that `load` or `check` accepted."""
    cilium, eni = settings.cilium, settings.cilium.eni
    same = {name: getattr(cilium, name) for name in SAME}
    return CiliumValues(
        egress=Egress.pod() if cilium.egress == "pod" else Egress.node(egress_interface(settings)),
        # Interfaces have the tags of all resources too, except in the article's profile, which has no tags.
        eni=eni
        if cilium.profile == "article"
        else eni.model_copy(update={"tags": {**settings.tags, **eni.tags}}),
        operator=cilium.operator.model_copy(update={"replicas": operator_replicas(settings)}),
        **same,
    )


def primary_interface(group: NodeGroupSettings) -> str | None:
    """Return the name of the first network interface of a group's nodes, None if it is unknown."""
    return group.primary_interface or IMAGES[group.image].primary_interface


def egress_interface(settings: Settings) -> str:
    """Return the interface whose address pods leave with by egress 'node', the same on every node."""
    return primary_interface(settings.node_groups[0]) or FIXED_INTERFACE


def operator_replicas(settings: Settings) -> int:
    """Return how many operators to run: the setting, or by default one for each guaranteed node, at most two.

    Two operators never share a node.
    """
    # The article's profile always installs the chart's two, as the article did.
    if "replicas" in settings.cilium.operator.model_fields_set:
        return settings.cilium.operator.replicas
    guaranteed = sum(group.min_size for group in settings.node_groups)
    return 2 if settings.cilium.profile == "article" or guaranteed >= 2 else 1
