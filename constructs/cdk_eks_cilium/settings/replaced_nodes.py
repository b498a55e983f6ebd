"""Which nodes another release of Cilium replaces, with the settings as they are."""

from __future__ import annotations

from cdk_eks_cilium.versions.cilium import CiliumVersion

from .address_plan import capacity_plan
from .model import Settings


def replaced_nodes(settings: Settings, old: CiliumVersion, new: CiliumVersion) -> list[str]:
    """Return a sentence for each node group whose nodes a change from *old* to *new* replaces.

    A launch template has the number of pods that a node takes. Where that follows from what Cilium can do, as
    for bare metal from 1.18 on, EKS replaces the nodes of the group.
    """
    before, after = (
        {group.group.name: group.pods_per_node for group in capacity_plan(_with(settings, version)).groups}
        for version in (old, new)
    )
    return [
        f"{name}: its nodes take {after[name]} pods instead of {pods}, so EKS replaces them"
        for name, pods in before.items()
        if after[name] != pods
    ]


def _with(settings: Settings, version: CiliumVersion) -> Settings:
    cilium = settings.cilium.model_copy(update={"version": version.number})
    return settings.model_copy(update={"cilium": cilium})
