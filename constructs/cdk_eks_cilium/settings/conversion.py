"""What the settings mean to the packages that do the work."""

from __future__ import annotations

from typing import Final

from cdk_eks_cilium.values import CiliumValues, Egress, Encryption, Hubble
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .model import NodeGroup, Settings

FIXED_INTERFACE: Final = "eth0"
"""The primary interface of Bottlerocket and AL2, on every instance type.

The kernel parameters of Bottlerocket say ``net.ifnames=0``:
https://github.com/bottlerocket-os/bottlerocket/blob/develop/variants/aws-k8s-1.35/Cargo.toml.
"""


def cilium_version(settings: Settings) -> CiliumVersion:
    """Return the release of Cilium to install."""
    return CiliumVersion.of(settings.cilium.version)


def cilium_values(settings: Settings) -> CiliumValues:
    """Return what Cilium shall do, for settings that `load` or `check` let pass."""
    cilium = settings.cilium
    return CiliumValues(
        egress=Egress.pod() if cilium.egress == "pod" else Egress.node(egress_interface(settings)),
        hubble=Hubble(relay=cilium.hubble.relay, ui=cilium.hubble.ui),
        kube_proxy_replacement=cilium.kube_proxy_replacement,
        encryption=Encryption(type=cilium.encryption) if cilium.encryption else None,
        operator_replicas=operator_replicas(settings),
        # The article's profile knows no tags; its interfaces carry none.
        eni_tags={} if cilium.profile == "article" else settings.tags,
        profile=cilium.profile,
        image_registry=cilium.image_registry,
        overrides=cilium.overrides,
    )


def primary_interface(group: NodeGroup) -> str | None:
    """Return the name of the first network interface of a group's nodes, None when it is not known."""
    return group.primary_interface or (None if group.image == "al2023" else FIXED_INTERFACE)


def egress_interface(settings: Settings) -> str:
    """Return the interface that egress 'node' hides pods behind, the same on every node."""
    return primary_interface(settings.node_groups[0]) or FIXED_INTERFACE


def operator_replicas(settings: Settings) -> int:
    """Return how many operators there are nodes for, at most two: no two of them share a node."""
    # The article's profile installs the chart's two in any case, as the article did.
    certain = sum(group.min_size for group in settings.node_groups)
    return 2 if settings.cilium.profile == "article" or certain >= 2 else 1
