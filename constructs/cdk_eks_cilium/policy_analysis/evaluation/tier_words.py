"""What a tier's rules say about one flow, over the answer of what follows the tier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from .advice import change_for_deny
from .compiled import Direction
from .explanation import Ruling
from .flow import Flow
from .tier_ports import TierStep

_VERBS: Final = {"Accept": "accept", "Deny": "deny", "Pass": "pass"}
_AFTER: Final = {
    "Admin": "whatever policies of namespaces say",
    "Baseline": "because no rule of another policy is for it",
}


def combine(
    steps: Sequence[TierStep], flow: Flow, direction: Direction, below: Ruling, *, reads_requests: bool
) -> Ruling:
    """Lay the rules of a tier that mean a flow, or may mean it, over *below*.

    Args:
        steps: The rules, up to the first that means it for sure.
        flow: The flow.
        direction: The direction.
        below: The answer of what follows the tier.
        reads_requests: As in `Outcomes.of`.
    """
    remarks = tuple(_remark(step) for step in steps if not step.is_sure or step.rule.action == "Pass")
    possible = [
        _ruling(step, flow, direction, reads_requests) for step in steps if step.rule.action != "Pass"
    ]
    if not steps or not steps[-1].is_sure or any(step.rule.action == "Pass" for step in steps):
        possible.append(below)
    if len({(one.verdict, one.limits) for one in possible}) == 1:
        return replace(possible[-1], remarks=(*remarks, *possible[-1].remarks))
    missing = (*(each for step in steps for each in step.missing), *below.missing)
    missing = tuple(dict.fromkeys(missing))
    return Ruling(
        direction,
        "unknown",
        f"it depends on {' and '.join(missing)}",
        tuple(dict.fromkeys(step.rule.place for step in steps)),
        remarks=(*remarks, *below.remarks),
        missing=missing,
    )


def agreed(one: Ruling, other: Ruling, missing: tuple[str, ...]) -> Ruling:
    """The answer for either of two ways that things may be; unknown where they differ."""
    if (one.verdict, one.limits) == (other.verdict, other.limits):
        return one
    depends = tuple(dict.fromkeys((*missing, *one.missing, *other.missing)))
    return replace(
        one,
        verdict="unknown",
        reason=f"it depends on {' and '.join(depends)}",
        deciding=tuple(dict.fromkeys((*one.deciding, *other.deciding))),
        limits=(),
        change="",
        missing=depends,
    )


def _remark(step: TierStep) -> str:
    rule = step.rule
    if step.is_sure:
        return f"before, {rule.place} passes it on ({rule.words})"
    depends = " and ".join(step.missing)
    return f"{rule.place} ({rule.words}) may {_VERBS[rule.action]} it: that depends on {depends}"


def _ruling(step: TierStep, flow: Flow, direction: Direction, reads_requests: bool) -> Ruling:
    rule, limit = step.rule, step.gate.limit
    if rule.action == "Deny":
        change = f"{change_for_deny([rule.place])}, or accept it in a rule before it"
        reason = f"a rule of the {rule.words} denies it, {_AFTER[rule.tier]}"
        return Ruling(direction, "denied", reason, (rule.place,), change=change)
    reason = f"a rule of the {rule.words} accepts it, {_AFTER[rule.tier]}"
    if limit is None or not reads_requests:
        return Ruling(direction, "allowed", reason, (rule.place,))
    if limit.judge(flow) is False:
        refused = f"a rule of the {rule.words} takes the port, but only for {limit.text}"
        return Ruling(direction, "denied", refused, (rule.place,))
    return Ruling(direction, "allowed", f"{reason}, but only {limit.text}", (rule.place,), (limit.text,))
