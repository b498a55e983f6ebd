"""aws-node by strategy."""

from __future__ import annotations

from cdk_eks_cilium.doctor.checks.aws_node.aws_node_strategy import aws_node_strategy
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.aws_node import KEPT_OFF, daemon_set
from tests.unit.doctor.world import result


def test_without_settings_nobody_knows_the_strategy() -> None:
    world = healthy()
    world.planned(aws_node=None)
    assert result(world, aws_node_strategy).detail == "needs settings that say: aws node"


def test_a_selector_of_the_deployment_is_what_patch_wants() -> None:
    world = healthy()
    world.planned(aws_node="patch")
    daemon_set(world, "aws-node", KEPT_OFF)
    assert result(world, aws_node_strategy).verdict is Verdict.OK


def test_a_cluster_that_never_had_it_is_what_never_install_wants() -> None:
    world = healthy()
    world.planned(aws_node="never-install")
    assert "as 'never-install' wants" in result(world, aws_node_strategy).detail


def test_where_it_runs_another_check_tells() -> None:
    for selector in (None, {"kubernetes.io/os": "linux"}):
        world = healthy()
        daemon_set(world, "aws-node", selector)
        assert result(world, aws_node_strategy).verdict is Verdict.SKIPPED


def test_nodes_matter_only_where_the_daemon_set_is_there() -> None:
    world = healthy()
    world.unread[kinds.NODES] = "forbidden"
    assert result(world, aws_node_strategy).verdict is Verdict.OK
    daemon_set(world, "aws-node", KEPT_OFF)
    assert result(world, aws_node_strategy).unknown == ("forbidden",)
