"""What is allowed but worth a word, and what has to be replaced before a real deploy."""

from __future__ import annotations

from cdk_eks_cilium.addressing.vpc_blocks import secondary_cidr_warnings
from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.values import warnings as values_warnings
from cdk_eks_cilium.versions.kubernetes import support_warnings
from cdk_eks_cilium.versions.pairing import pairing_warnings

from .conversion import cilium_values, cilium_version
from .fields import is_placeholder
from .model import Settings


def warnings(settings: Settings) -> list[str]:
    """Say what may surprise about settings that `load` let pass; nothing about the defaults."""
    version = cilium_version(settings)
    found = [
        *support_warnings(settings.kubernetes_version),
        *pairing_warnings(version, settings.kubernetes_version),
        *values_warnings(cilium_values(settings), version),
        *secondary_cidr_warnings(settings.network.pod_cidr),
    ]
    if any(group.image == "al2" for group in settings.node_groups):
        found.append("node_groups: image 'al2' reached its end on 2025-11-26 and gets no more fixes")
    return found


def placeholders(settings: Settings) -> list[Problem]:
    """Say what only stands in for a real value, and keeps a deploy from being of use."""
    return [
        Problem(
            f"endpoint_access.public_cidrs[{index}]",
            "must be a range people reach the cluster from, and this one belongs to nobody (RFC 5737)",
            block,
            "write your own, such as the '/32' of your office, or an empty list for none",
        )
        for index, block in enumerate(settings.endpoint_access.public_cidrs)
        if is_placeholder(block)
    ]
