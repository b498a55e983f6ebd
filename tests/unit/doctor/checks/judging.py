"""How tests ask one check about a world."""

from __future__ import annotations

from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.doctor.engine.diagnosis import Result
from tests.unit.doctor.world import World


def judged(check: Check, world: World) -> Result:
    """What the check says."""
    (result,) = world.diagnose([check]).results
    return result


def summaries(result: Result) -> list[str]:
    """What is wrong, as one text each."""
    return [f"{finding.severity}: {finding.summary}" for finding in result.findings]
