"""What the values refer to, before a deployment knows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.values import References, derive_cluster_name

from .model import Settings

PLACEHOLDER: Final = "<"
"""What texts that only a deployment knows begin with, and nothing else in values has."""
_OPERATOR_ROLE: Final = f"{PLACEHOLDER}ARN of the operator's role>"
_API_SERVER: Final = f"{PLACEHOLDER}host of the Kubernetes API>"


def references(settings: Settings) -> References:
    """What the values refer to, with placeholders for what only the deployment knows."""
    by_annotation = settings.cilium.operator_identity == "irsa"
    return References(
        cluster_name=derive_cluster_name(settings.name),
        operator_role_arn=_OPERATOR_ROLE if by_annotation else None,
        subnet_ids=tuple(_pod_subnet_ids(settings)),
        api_server_host=_API_SERVER,
    )


def _pod_subnet_ids(settings: Settings) -> Iterator[str]:
    network = settings.network
    if network.pod_subnets:
        yield from (network.pod_subnets[zone].id for zone in network.availability_zones)
        return
    for number, block in enumerate(network.pod_cidrs):
        within = f" of {block}" if number else ""
        yield from (
            f"{PLACEHOLDER}id of the pod subnet{within} in {zone}>" for zone in network.availability_zones
        )
