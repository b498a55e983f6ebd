"""Rules over several settings. Each setting is valid by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.problems.wording import shown
from cdk_eks_cilium.settings.model import Settings

from . import cluster, isolation, keeping, network, nodes, placement, pod_subnets, reach, shared_vpc
from .rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    *cluster.RULES,
    *keeping.RULES,
    *network.RULES,
    *pod_subnets.RULES,
    *reach.RULES,
    *shared_vpc.RULES,
    *isolation.RULES,
    *nodes.RULES,
    *placement.RULES,
)
"""The rules of every environment; the rules of `tenants` join them if there are tenants."""


def rule_problems(settings: Settings, *, must_fit: bool = True) -> list[Problem]:
    """Return the rules that the settings break.

    Args:
        must_fit: Whether all nodes must fit into the pod subnets.
    """
    rules = RULES
    if settings.tenants:
        # Here, because it loads the language of policies.
        from . import tenants

        rules += tenants.RULES
    found = [
        replace(problem, got=shown(problem.got))
        for rule in rules
        if must_fit or rule is not network.nodes_find_room
        for problem in rule(settings)
    ]
    return list({str(problem): problem for problem in found}.values())


def check(settings: Settings) -> Settings:
    """Return *settings* that were made in code, if they keep all rules that `load` checks for a file.

    Raises:
        InputError: For every rule that the settings break.
    """
    refuse(rule_problems(settings))
    return settings
