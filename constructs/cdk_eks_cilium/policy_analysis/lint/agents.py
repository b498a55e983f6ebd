"""The lint for policies that need an option of the agents."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.policy.agent_options import OptionNeed, needs
from cdk_eks_cilium.policy_analysis.evaluation.compiled import place_in

from .context import LintContext
from .definition import lint
from .finding import Hit, Spot


@lint(
    "CNP047",
    "The agents' options allow what policies need",
    "error",
    "Some parts of the language are behind an option of the agents. Without it agents refuse the whole "
    "policy, or the part has no effect.",
    "https://github.com/cilium/cilium/blob/main/pkg/policy/api/rule_validation.go",
)
def _options(context: LintContext) -> Iterator[Hit]:
    for index, policy in enumerate(context.policies):
        for need in needs(policy):
            spot = Spot(index, place_in(policy, need.path))
            if context.options is None and not need.option.default:
                yield _maybe(spot, need)
            elif context.options is not None and not context.options.has(need.option):
                yield spot.hit(
                    f"needs the agents' option {need.option.name}, which is off, and {need.otherwise}",
                    f"{need.option.setting}, or leave it out",
                )


def _maybe(spot: Spot, need: OptionNeed) -> Hit:
    return spot.hit(
        f"depends on the agents' option {need.option.name}: where it is off, as it is by default, "
        f"{need.otherwise}",
        f"{need.option.setting}, and give the settings to this check",
        severity="note",
    )
