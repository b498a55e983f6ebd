"""Finds valid policies that probably do not do what was meant.

Each lint has a permanent id, a reason and a source, see `LINTS`. With an inventory lints judge by its pods,
without an inventory by the texts of selectors. In doubt they are silent.
"""

from __future__ import annotations

from collections.abc import Iterable

from cdk_eks_cilium.policy.agent_options import AgentOptions
from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.evaluation import Enforcement
from cdk_eks_cilium.policy_analysis.workloads import Inventory
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .context import LintContext
from .finding import SEVERITIES, LintFinding, Severity
from .suppression import ANNOTATION
from .table import LINTS, LintReport, Suppressed, examine

__all__ = [
    "ANNOTATION",
    "LINTS",
    "SEVERITIES",
    "LintFinding",
    "LintReport",
    "Severity",
    "Suppressed",
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
    options: AgentOptions | None = None,
    complete: bool = True,
    tiers: bool | None = None,
    unrendered: Iterable[str] = (),
) -> LintReport:
    """Run every lint, and keep apart the findings that policies make exceptions for.

    Args:
        policies: The policies.
        inventory: Pods, namespaces and Services. By default no object is known.
        version: The release of Cilium. By default the newest.
        enforcement: The agent's option ``enable-policy``.
        pod_ranges: The ranges of addresses that pods get.
        options: The options of the agents. By default unknown.
        complete: Whether no other policy is in the cluster. Otherwise a finding that another policy
            could make void is a note.
        tiers: Whether agents are told to enforce ClusterNetworkPolicies; None if that is unknown.
        unrendered: The kinds of what makes pods that are not known. With them a finding that an unknown pod,
            Service or namespace could make void is a note.
    """
    return examine(
        LintContext(
            tuple(policies),
            inventory,
            version,
            enforcement,
            pod_ranges,
            options=options,
            complete=complete,
            tiers=tiers,
            unrendered=tuple(unrendered),
        )
    )


def lint(
    policies: Iterable[Policy],
    inventory: Inventory | None = None,
    version: CiliumVersion | None = None,
    enforcement: Enforcement = "default",
    *,
    pod_ranges: Iterable[str] = (),
    options: AgentOptions | None = None,
    complete: bool = True,
) -> list[LintFinding]:
    """Run every lint; arguments as in `review`.

    A policy's annotation `ANNOTATION` makes exceptions, each with a reason; `review` reports them, too.

    Returns:
        The findings, in the order of the policies and of the places in them.
    """
    report = review(
        policies,
        inventory,
        version,
        enforcement,
        pod_ranges=pod_ranges,
        options=options,
        complete=complete,
    )
    return list(report.findings)
