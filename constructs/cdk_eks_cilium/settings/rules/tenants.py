"""What tenants must agree on with each other and with Cilium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from cdk_eks_cilium.policy.tenancy import namespace_problems
from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.settings.model import Settings
from cdk_eks_cilium.settings.tenant_policies import tenants_policies

from .rule import Rule


def _not_kubernetes_own(settings: Settings) -> Iterator[Problem]:
    for index, tenant in enumerate(settings.tenants):
        yield from namespace_problems(tenant.namespace, f"tenants[{index}].namespace")


def _one_tenant_each(settings: Settings) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, tenant in enumerate(settings.tenants):
        if tenant.namespace in first:
            yield Problem(
                f"tenants[{index}].namespace",
                f"must be named once, and tenants[{first[tenant.namespace]}] names it already",
                tenant.namespace,
                "put its policies into one tenant",
                id="CEK1090",
            )
        first.setdefault(tenant.namespace, index)


def _policies_can_be_applied(settings: Settings) -> Iterator[Problem]:
    for index, tenant in enumerate(settings.tenants):
        try:
            tenants_policies(settings, tenant)
        except InputError as error:
            for problem in error.problems:
                yield replace(problem, where=f"tenants[{index}].policies: {problem.where}")


RULES: Final[tuple[Rule, ...]] = (
    _not_kubernetes_own,
    _one_tenant_each,
    _policies_can_be_applied,
)
