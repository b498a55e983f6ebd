"""EKS's add-on."""

from __future__ import annotations

from cdk_eks_cilium.doctor.checks.aws_node.vpc_cni_add_on import vpc_cni_add_on
from cdk_eks_cilium.doctor.engine import aws_kinds, kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.aws_node import KEPT_OFF, add_on, daemon_set
from tests.unit.doctor.world import result


def test_without_credentials_it_is_not_known() -> None:
    world = healthy()
    world.unread[aws_kinds.ADD_ONS] = "no credentials"
    assert result(world, vpc_cni_add_on).unknown == ("no credentials",)


def test_an_add_on_that_goes_away_is_fine() -> None:
    world = healthy()
    add_on(world, "vpc-cni", "DELETING")
    assert result(world, vpc_cni_add_on).detail == "EKS is deleting vpc-cni"


def test_a_selector_outlasts_updates_so_it_only_hurts() -> None:
    world = healthy()
    world.planned(aws_node="patch")
    add_on(world, "vpc-cni")
    daemon_set(world, "aws-node", KEPT_OFF)
    found = result(world, vpc_cni_add_on)
    assert found.verdict is Verdict.WARNING
    assert found.findings[0].fix.endswith("--addon-name vpc-cni --preserve")


def test_where_aws_node_runs_another_check_tells() -> None:
    world = healthy()
    add_on(world, "vpc-cni")
    daemon_set(world, "aws-node")
    assert result(world, vpc_cni_add_on).verdict is Verdict.SKIPPED


def test_a_cluster_that_cannot_be_read_does_not_hide_the_add_on() -> None:
    world = healthy()
    add_on(world, "vpc-cni")
    world.unread[kinds.DAEMON_SETS] = "forbidden"
    assert result(world, vpc_cni_add_on).verdict is Verdict.ERROR
