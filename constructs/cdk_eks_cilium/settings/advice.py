"""Advice on settings that are allowed, and what has to be replaced before a real deploy."""

from __future__ import annotations

from cdk_eks_cilium.addressing import QuotaUse, secondary_cidr_advice
from cdk_eks_cilium.nodes import IMAGES
from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.values import warnings as values_warnings
from cdk_eks_cilium.versions.kubernetes import support_warnings
from cdk_eks_cilium.versions.pairing import pairing_warnings

from .address_plan import address_plan
from .conversion import cilium_values, cilium_version
from .fields import is_placeholder
from .model import Settings


def advise(settings: Settings) -> list[str]:
    """Return advice on what may surprise about settings that `load` let pass; none on the defaults."""
    version = cilium_version(settings)
    found = [
        *support_warnings(settings.kubernetes_version),
        *pairing_warnings(version, settings.kubernetes_version),
        *values_warnings(cilium_values(settings), version),
        *(text for cidr in settings.network.pod_cidrs for text in secondary_cidr_advice(cidr)),
    ]
    plan = address_plan(settings)
    found += [str(tight) for tight in plan.capacity.advice]
    found += [_over_quota(use) for use in plan.quotas if use.exceeded]
    ended = {group.image: IMAGES[group.image].end_of_life for group in settings.node_groups}
    return found + [f"node_groups: {text}" for text in ended.values() if text]


def _over_quota(use: QuotaUse) -> str:
    most = f"; AWS raises it to at most {use.quota.maximum:,}" if use.quota.maximum is not None else ""
    if use.nodes is None:
        return (
            f"network: {use.used:,} of {use.quota.name} are used, and the default quota is {use.value:,}"
            f"{most}: ask for more before the deploy ({use.quota.source})"
        )
    return (
        f"node_groups: at max_size {use.used:,} of {use.quota.name} are used, and the default quota is "
        f"{use.value:,}{most}: ask for more before the nodes come ({use.quota.source})"
    )


def placeholders(settings: Settings) -> list[Problem]:
    """Say what only stands in for a real value, and keeps a deploy from being of use."""
    return [
        Problem(
            f"endpoint_access.public_cidrs[{index}]",
            "must be a range people reach the cluster from, and this one belongs to nobody (RFC 5737)",
            block,
            "write your own, such as the '/32' of your office, or an empty list for none",
            id="CEK1002",
        )
        for index, block in enumerate(settings.endpoint_access.public_cidrs)
        if is_placeholder(block)
    ]
