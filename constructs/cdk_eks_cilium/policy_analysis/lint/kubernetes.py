"""The lint for NetworkPolicies of Kubernetes that Cilium takes for something else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.policy_analysis.endpoint_view import EndpointView
from cdk_eks_cilium.policy_analysis.evaluation import Place

from .context import LintContext
from .definition import Lint
from .finding import Hit, Spot


def _deviations(context: LintContext) -> Iterator[Hit]:
    for index, policy in enumerate(context.policies):
        if isinstance(policy, EndpointView):
            name = f"NetworkPolicy {policy.namespace}/{policy.name}"
            for one in policy.deviations:
                yield Spot(index, Place(name, one.path)).hit(one.rule, one.fix)


LINTS: Final = (
    Lint(
        "CNP037",
        "Cilium enforces what a NetworkPolicy says",
        "warning",
        "Cilium enforces NetworkPolicies of Kubernetes, and parts of them otherwise than Kubernetes means: "
        "sections that policyTypes does not name hold, before 1.16 the ends of port ranges do not, and up to "
        "1.19.4 an ipBlock in ingress lets the own namespace in.",
        "https://github.com/cilium/cilium/issues/48703",
        _deviations,
    ),
)
"""The lint for what Cilium takes for something else."""
