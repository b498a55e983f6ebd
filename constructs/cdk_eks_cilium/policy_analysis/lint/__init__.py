"""Policies that are valid and hardly do what was meant.

Each lint has an id for good, a reason and a source, see `catalogue`. With an inventory, lints judge by the
pods that it has, without one by what selectors say; where neither tells, they are silent.
"""

from __future__ import annotations

from collections.abc import Iterable

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.evaluation import Enforcement
from cdk_eks_cilium.policy_analysis.workloads import Inventory
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .context import LintContext
from .finding import SEVERITIES, LintFinding, Severity
from .suppression import ANNOTATION
from .table import CatalogueEntry, LintReport, Suppressed, catalogue, examine

__all__ = [
    "ANNOTATION",
    "SEVERITIES",
    "CatalogueEntry",
    "LintFinding",
    "LintReport",
    "Severity",
    "Suppressed",
    "catalogue",
    "lint",
    "review",
]


def review(
    policies: Iterable[Policy],
    inventory: Inventory | None = None,
    version: CiliumVersion | None = None,
    enforcement: Enforcement = "default",
    *,
    pod_ranges: Iterable[str] = (),
) -> LintReport:
    """Look for what hardly does what was meant, and keep apart what policies make exceptions for.

    Args:
        policies: The policies.
        inventory: Pods, namespaces and Services. By default nothing is known of any.
        version: The release of Cilium. By default the newest one's rules hold.
        enforcement: The agent's option ``enable-policy``.
        pod_ranges: The ranges of addresses that pods get.
    """
    return examine(LintContext(tuple(policies), inventory, version, enforcement, pod_ranges))


def lint(
    policies: Iterable[Policy],
    inventory: Inventory | None = None,
    version: CiliumVersion | None = None,
    enforcement: Enforcement = "default",
    *,
    pod_ranges: Iterable[str] = (),
) -> list[LintFinding]:
    """Look for what hardly does what was meant.

    A policy's annotation `ANNOTATION` makes exceptions, each with a reason; `review` has them, too.

    Args:
        policies: The policies.
        inventory: Pods, namespaces and Services. By default nothing is known of any.
        version: The release of Cilium. By default the newest one's rules hold.
        enforcement: The agent's option ``enable-policy``.
        pod_ranges: The ranges of addresses that pods get.

    Returns:
        What was found, in the order of the policies and of the places in them.
    """
    return list(review(policies, inventory, version, enforcement, pod_ranges=pod_ranges).findings)
