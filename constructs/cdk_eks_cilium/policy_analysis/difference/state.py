"""Policies and what they are about, at one time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cdk_eks_cilium.policy.model import Item, KubernetesClusterNetworkPolicy, Policy
from cdk_eks_cilium.policy_analysis.evaluation import Direction, Enforcement
from cdk_eks_cilium.policy_analysis.evaluation.compiled import DIRECTIONS, policy_name
from cdk_eks_cilium.policy_analysis.evaluation.tier_rules import items_of
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload
from cdk_eks_cilium.versions.cilium import CiliumVersion


@dataclass(frozen=True)
class PolicyState:
    """One side of a comparison.

    Attributes:
        policies: The policies that hold.
        inventory: Pods, namespaces and Services.
        version: The release of Cilium; None for the newest.
        enforcement: The agent's option ``enable-policy``.
        refused: Policies that the release refuses, so that they have no effect, in words.
    """

    policies: Sequence[Policy]
    inventory: Inventory = field(default_factory=Inventory)
    version: CiliumVersion | None = None
    enforcement: Enforcement = "default"
    refused: tuple[str, ...] = ()

    @cached_property
    def workloads(self) -> dict[str, Workload]:
        """The workloads by ``NAMESPACE/NAME``."""
        return {str(one): one for one in self.inventory.workloads}

    def policies_beside(self, other: PolicyState) -> list[Policy]:
        """The policies that another state has not, or not with this text."""
        theirs: dict[str, list[Policy]] = {}
        for policy in other.policies:
            theirs.setdefault(policy_name(policy), []).append(policy)
        return [one for one in self.policies if one not in theirs.get(policy_name(one), ())]

    def items(self) -> Iterator[tuple[Direction, Item]]:
        """Every item of the policies for pods, with its direction; of tiers as agents read them."""
        for policy in self.policies:
            if isinstance(policy, KubernetesClusterNetworkPolicy):
                for direction in DIRECTIONS:
                    for tiered in policy.tier_rules(direction):
                        yield from ((direction, item) for item in items_of(tiered))
            for _, rule in policy.rules():
                if rule.node_selector is None:
                    for section, _, item in rule.items():
                        yield "ingress" if section.startswith("ingress") else "egress", item
