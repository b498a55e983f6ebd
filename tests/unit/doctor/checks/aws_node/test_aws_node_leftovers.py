"""Objects of the VPC CNI."""

from __future__ import annotations

from cdk_eks_cilium.doctor.checks.aws_node.aws_node_leftovers import aws_node_leftovers
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.world import result, thing


def test_a_crd_without_objects_is_not_a_finding() -> None:
    world = healthy()
    world.things[kinds.ENI_CONFIGS] = []
    assert result(world, aws_node_leftovers).verdict is Verdict.OK


def test_what_cannot_be_read_is_not_known() -> None:
    world = healthy()
    world.unread[kinds.POD_SECURITY_GROUPS] = "forbidden"
    assert result(world, aws_node_leftovers).unknown == ("forbidden",)


def test_objects_of_both_kinds_are_two_findings() -> None:
    world = healthy()
    for reading in (kinds.ENI_CONFIGS, kinds.POD_SECURITY_GROUPS):
        world.add(reading, thing(reading, "left"))
    assert len(result(world, aws_node_leftovers).findings) == 2
