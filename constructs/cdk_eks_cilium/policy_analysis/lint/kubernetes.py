"""The lint for NetworkPolicies of Kubernetes that Cilium reads differently."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.policy_analysis.endpoint_view import EndpointView
from cdk_eks_cilium.policy_analysis.evaluation import Place
from cdk_eks_cilium.versions import behaviour

from .context import LintContext
from .definition import lint
from .finding import Hit, Spot


@lint(
    "CNP037",
    "Cilium enforces what a NetworkPolicy says",
    "warning",
    "Cilium enforces NetworkPolicies of Kubernetes, and some parts differently: it enforces sections "
    f"that policyTypes does not name, before {behaviour.policy.PORT_RANGES.since} it ignores the ends "
    f"of port ranges, and from {behaviour.policy.NEIGHBOURS_LET_IN.since} until "
    f"{behaviour.policy.NEIGHBOURS_LET_IN.until} an ipBlock in ingress lets in the policy's own "
    "namespace.",
    "https://github.com/cilium/cilium/issues/48703",
)
def _deviations(context: LintContext) -> Iterator[Hit]:
    for index, policy in enumerate(context.policies):
        if isinstance(policy, EndpointView):
            name = f"NetworkPolicy {policy.namespace}/{policy.name}"
            for one in policy.deviations:
                yield Spot(index, Place(name, one.path)).hit(one.rule, one.fix)
