"""The lint for policies that Cilium refuses, though the API server stores them."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.policy.validity import problems_for
from cdk_eks_cilium.policy_analysis.evaluation.compiled import place_in

from .context import LintContext
from .definition import lint
from .finding import Hit


@lint(
    "CNP001",
    "Cilium accepts the policy",
    "error",
    "The API server stores a policy that agents then refuse. The policy exists, but has no effect.",
    "https://github.com/cilium/cilium/blob/main/pkg/policy/api/rule_validation.go",
)
def _refused(context: LintContext) -> Iterator[Hit]:
    for index, policy in enumerate(context.policies):
        for problem in problems_for(policy, context.version, "policy"):
            path = problem.where.partition(": ")[2]
            text = str(problem).removeprefix(f"{problem.where}: ")
            yield Hit(index, place_in(policy, path), text)
