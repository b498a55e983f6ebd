"""The configuration, key by key."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.release.planned_config import planned_config
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import CONFIG, healthy
from tests.unit.doctor.mutations.changes import by_hand
from tests.unit.doctor.world import result


@pytest.mark.parametrize(
    "planned",
    ["${Token[TOKEN.123]}", "<id of the pod subnet in eu-west-1a>,<id of the pod subnet in eu-west-1b>"],
)
def test_what_the_deploy_fills_in_is_not_compared(planned: str) -> None:
    world = healthy()
    world.planned(config={**CONFIG, "eni-subnet-ids": planned})
    found = result(world, planned_config)
    assert (found.verdict, found.detail) == (Verdict.OK, "27 options, 1 of them known to the deploy alone")


def test_what_the_deploy_fills_in_must_be_there() -> None:
    world = healthy()
    world.planned(config={**CONFIG, "ec2-api-endpoint": "<endpoint>"})
    (finding,) = result(world, planned_config).findings
    assert "data.ec2-api-endpoint is missing" in str(finding.evidence[0])


def test_all_that_differs_is_one_finding() -> None:
    world = healthy()
    data = by_hand(world)
    data["debug"] = "x" * 200
    del data["ipam"]
    data["enable-ipv6"] = "true"
    (finding,) = result(world, planned_config).findings
    assert [each.field for each in finding.evidence] == ["data.debug", "data.enable-ipv6", "data.ipam"]
    assert len(finding.evidence[0].seen) < 130


def test_without_a_plan_it_is_skipped_and_without_the_config_map_unknown() -> None:
    world = healthy()
    world.planned(config=None)
    assert result(world, planned_config).verdict is Verdict.SKIPPED
    world = healthy()
    world.remove(kinds.KUBE_SYSTEM_CONFIG_MAPS, "cilium-config")
    assert result(world, planned_config).verdict is Verdict.UNKNOWN
