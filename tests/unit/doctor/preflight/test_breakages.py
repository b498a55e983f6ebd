"""An account that is in order has no findings; with one thing broken, exactly the right check finds it."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.doctor.checks import all_checks, preflight_checks
from tests.unit.doctor.preflight.accounts import ADDED, EXISTING, ISOLATED, NEW, account
from tests.unit.doctor.preflight.breakages import BREAKAGES, Breakage
from tests.unit.doctor.world import World, findings, told


@pytest.mark.parametrize(
    "settings", [NEW, EXISTING, ADDED, ISOLATED], ids=["new", "existing", "added", "isolated"]
)
def test_an_account_in_order_has_neither_findings_nor_unknowns(settings: dict[str, Any]) -> None:
    assert told(account(settings).diagnose(preflight_checks())) == ""


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda each: each.title)
def test_one_broken_thing_has_exactly_the_right_findings(breakage: Breakage) -> None:
    world = account(breakage.settings)
    breakage.apply(world)
    diagnosis = world.diagnose(preflight_checks())
    assert findings(diagnosis) == list(breakage.found_by), told(diagnosis)
    assert [words for words in breakage.words if words not in told(diagnosis)] == [], told(diagnosis)
    assert diagnosis.worst() == breakage.severity


def test_every_check_has_something_that_it_finds() -> None:
    found = {id for breakage in BREAKAGES for id in breakage.found_by}
    assert [each.id for each in preflight_checks() if each.id not in found] == []


def test_each_finding_has_evidence_and_a_fix() -> None:
    for breakage in BREAKAGES:
        world = account(breakage.settings)
        breakage.apply(world)
        for result in world.diagnose(preflight_checks()).results:
            for finding in result.findings:
                assert finding.evidence, result.check.id
                assert finding.fix.strip(), result.check.id
                assert not finding.summary.endswith("."), result.check.id


def test_a_right_that_is_missing_costs_the_checks_that_need_it_alone() -> None:
    for reading in {each for check in preflight_checks() for each in check.reads}:
        world = account(EXISTING)
        world.unread[reading] = f"not allowed to call {reading}"
        diagnosis = world.diagnose(preflight_checks())
        unknown = [each for each in diagnosis.results if each.unknown]
        assert findings(diagnosis) == [], told(diagnosis)
        assert all(reading in each.check.reads for each in unknown)
        assert all(f"not allowed to call {reading}" in " ".join(each.unknown) for each in unknown)


def test_the_doctor_does_not_run_checks_before_a_deploy() -> None:
    assert not {each.id for each in all_checks()} & {each.id for each in preflight_checks()}


def world_with_stacks() -> World:
    """The account after a deploy: what the stacks made is there."""
    world = account()
    tags = [{"Key": "aws:cloudformation:stack-name", "Value": "platform-network"}]
    from cdk_eks_cilium.doctor.engine import account_kinds as kinds

    world.add(kinds.STACKS, {"StackName": "platform-cluster", "StackStatus": "CREATE_COMPLETE"})
    world.things[kinds.CLUSTERS].append("platform")  # type: ignore[arg-type]
    world.add(kinds.LOG_GROUPS, {"logGroupName": "/aws/eks/platform/cluster"})
    world.add(kinds.REGION_ADDRESSES, *({"AllocationId": f"eip-{n}", "Tags": tags} for n in range(3)))
    world.add(kinds.REGION_VPCS, {"VpcId": "vpc-own", "Tags": tags})
    world.add(kinds.REGION_INTERFACES, *({"VpcId": "vpc-own"} for _ in range(4990)))
    return world


def test_what_the_environment_has_already_is_its_own() -> None:
    assert told(world_with_stacks().diagnose(preflight_checks())) == ""
