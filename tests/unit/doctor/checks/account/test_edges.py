"""Checks of the account where answers are missing, or of another form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cdk_eks_cilium.doctor.checks import all_checks
from cdk_eks_cilium.doctor.engine import aws_kinds, kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Result, Verdict
from tests.unit.doctor.facts import GROUP, NODES
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.world import World, only

ACCOUNT = [each for each in all_checks() if each.category == "account"]


def result(id: str, change: Callable[[World], Any]) -> Result:
    world = healthy()
    change(world)
    (found,) = world.diagnose([only(all_checks(), id)]).results
    return found


@pytest.mark.parametrize("check", ACCOUNT, ids=lambda each: each.id)
def test_without_a_right_a_check_is_unknown_or_judges_the_rest(check: Any) -> None:
    for reading in check.reads:
        world = healthy()
        world.unread[reading] = f"not allowed to call {reading}"
        (found,) = world.diagnose([check]).results
        # The healthy stacks have no part of every kind.
        rest = check.id == "stack-resources-exist" and found.verdict is Verdict.OK
        assert rest or found.verdict is Verdict.UNKNOWN, reading
        assert rest or f"not allowed to call {reading}" in " ".join(found.unknown)


def test_without_settings_a_public_endpoint_for_everyone_is_a_warning() -> None:
    def change(world: World) -> None:
        world.planned(public_ranges=None)
        world.one(aws_kinds.CLUSTER)["resourcesVpcConfig"]["publicAccessCidrs"] = ["0.0.0.0/0"]

    found = result("endpoint-access", change)
    assert found.verdict is Verdict.WARNING
    assert found.findings[0].summary == "everyone on the internet reaches the Kubernetes API"


def test_without_settings_ranges_are_fine() -> None:
    found = result("endpoint-access", lambda world: world.planned(public_ranges=None))
    assert (found.verdict, found.detail) == (Verdict.OK, "public for 198.51.100.0/24, private on")


def test_settings_without_a_public_endpoint_are_compared_too() -> None:
    found = result("endpoint-access", lambda world: world.planned(public_ranges=()))
    assert "endpointPublicAccess=false" in found.findings[0].fix


def test_a_release_that_eks_does_not_tell_is_unknown() -> None:
    found = result("kubernetes-supported", lambda world: world.all(aws_kinds.RELEASES).clear())
    assert found.unknown == ("EKS does not tell until when it supports 1.35",)


def test_with_the_standard_policy_eks_upgrades_when_standard_support_ends() -> None:
    def change(world: World) -> None:
        world.one(aws_kinds.CLUSTER)["upgradePolicy"] = {"supportType": "STANDARD"}
        world.one(aws_kinds.RELEASES)["endOfStandardSupportDate"] = "2026-12-31T00:00:00+00:00"

    found = result("kubernetes-supported", change)
    assert found.findings[0].summary == "on 2026-12-31 EKS upgrades the control plane"


def test_an_insight_that_eks_could_not_judge_is_told_beside() -> None:
    found = result(
        "upgrade-insights",
        lambda world: world.one(aws_kinds.INSIGHTS).update(insightStatus={"status": "UNKNOWN"}),
    )
    assert (found.verdict, found.detail) == (Verdict.OK, "1 insight, of which EKS could not judge 1")


def test_rules_with_ranges_are_not_followed_and_a_further_group_is() -> None:
    def change(world: World) -> None:
        world.one(aws_kinds.SECURITY_GROUPS)["IpPermissionsEgress"] = [
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": GROUP}]}
        ]
        world.one(aws_kinds.CLUSTER)["resourcesVpcConfig"]["securityGroupIds"] = ["sg-further"]

    assert result("groups-let-traffic-through", change).verdict is Verdict.OK


def test_a_vpc_without_nat_gateways_skips_their_check() -> None:
    def change(world: World) -> None:
        for table in world.all(aws_kinds.ROUTE_TABLES):
            table["Routes"] = [each for each in table["Routes"] if "NatGatewayId" not in each]

    assert result("nat-gateways-available", change).verdict is Verdict.SKIPPED


def test_a_stack_without_parts_of_ec2_and_eks_skips_their_check() -> None:
    found = result("stack-resources-exist", lambda world: world.all(aws_kinds.STACK_RESOURCES).clear())
    assert found.verdict is Verdict.SKIPPED


def test_a_kubelet_of_another_form_is_left_out() -> None:
    def change(world: World) -> None:
        world.one(kinds.NODES, NODES[0][0])["status"]["nodeInfo"]["kubeletVersion"] = "unknown"

    assert result("nodes-near-control-plane", change).verdict is Verdict.OK
