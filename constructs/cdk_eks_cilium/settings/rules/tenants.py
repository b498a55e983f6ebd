"""Rules over tenants, and over tenants and Cilium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from cdk_eks_cilium.policy.tenancy import namespace_problems
from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.settings.model import Settings
from cdk_eks_cilium.settings.tenant_policies import tenants_policies

from .rule import Rule


def _namespaces(settings: Settings) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, tenant in enumerate(settings.tenants):
        at, name = f"tenants[{index}].namespace", tenant.namespace
        yield from namespace_problems(name, at)
        if first.setdefault(name, index) != index:
            rule = f"must be named once, and tenants[{first[name]}] names it already"
            yield Problem(at, rule, name, "put all its policies into one tenant", id="CEK1086")


def _policies_can_be_applied(settings: Settings) -> Iterator[Problem]:
    for index, tenant in enumerate(settings.tenants):
        try:
            tenants_policies(settings, tenant)
        except InputError as error:
            for problem in error.problems:
                yield replace(problem, where=f"tenants[{index}].policies: {problem.where}")


RULES: Final[tuple[Rule, ...]] = (
    _namespaces,
    _policies_can_be_applied,
)
