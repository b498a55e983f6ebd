"""Small apps rehearsed: what the checks say of them is what a deployment does."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_eks_v2 as eks

import cdk_eks_cilium as cilium
from rehearsal.rehearse import rehearse
from rehearsal.report.outcome import RehearsalReport
from tests.apps.checks_apps import found

pytestmark = pytest.mark.slow


class Whole:
    """A whole platform with a VPC, to deploy."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.app = cdk.App(outdir=str(out), builtin_cloud_formation_validation=False)
        self.stack = cdk.Stack(self.app, "shop")
        self.platform = cilium.CiliumCluster(self.stack, "Platform", cluster_name="shop", default_nodes=False)

    @property
    def cluster(self) -> eks.ICluster:
        return cast(eks.ICluster, self.platform.cluster)

    def rehearse(self, **kwargs: Any) -> RehearsalReport:
        self.app.synth()
        return rehearse(self.out, **kwargs)


def add_nodes(scope: cdk.Stack, whole: Whole) -> eks.CfnNodegroup:
    cluster = whole.cluster
    role = cdk.aws_iam.Role(
        scope,
        "NodeRole",
        assumed_by=cdk.aws_iam.ServicePrincipal("ec2.amazonaws.com"),
        managed_policies=[
            cdk.aws_iam.ManagedPolicy.from_aws_managed_policy_name(name)
            for name in ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
        ],
    )
    return eks.CfnNodegroup(
        scope,
        "Nodes",
        cluster_name=cluster.cluster_name,
        node_role=role.role_arn,
        ami_type="BOTTLEROCKET_x86_64",
        instance_types=["m6i.large"],
        subnets=[subnet.subnet_id for subnet in whole.platform.cilium.node_subnets],
    )


@pytest.mark.parametrize("ordered", [True, False])
def test_nodes_in_a_nested_stack_are_ready_if_they_are_ordered(ordered: bool, tmp_path: Path) -> None:
    whole = Whole(tmp_path / "out")
    nodes = add_nodes(cdk.NestedStack(whole.stack, "Nodes"), whole)
    if ordered:
        whole.platform.cilium.run_on(nodes)

    report = whole.rehearse(destroy=ordered)

    assert report.succeeded is ordered, report.problems
    assert [rule for rule, _, _ in found(whole.app)] == ([] if ordered else ["CEC001"])


def test_the_add_on_vpc_cni_is_no_success(tmp_path: Path) -> None:
    """On the first day the removal may come after it; its next update brings aws-node back all the same."""
    whole = Whole(tmp_path / "out")
    eks.CfnAddon(whole.stack, "VpcCni", cluster_name=whole.cluster.cluster_name, addon_name="vpc-cni")
    whole.platform.cilium.add_node_group("workers")

    report = whole.rehearse(destroy=False)

    assert not report.succeeded
    assert any("aws-node runs nowhere" in problem for problem in report.problems), report.problems
    assert [rule for rule, _, _ in found(whole.app)] == ["CEC021"]


def test_the_add_on_vpc_cni_on_day_two_puts_aws_node_on_every_node(tmp_path: Path) -> None:
    days = [Whole(tmp_path / day) for day in ("one", "two")]
    for day in days:
        day.platform.cilium.add_node_group("workers")
    eks.CfnAddon(days[1].stack, "VpcCni", cluster_name=days[1].cluster.cluster_name, addon_name="vpc-cni")
    days[1].app.synth()

    report = days[0].rehearse(update=days[1].out, destroy=False)

    assert not report.succeeded
    assert any("the DaemonSet kube-system/aws-node is there" in each for each in report.problems)


def test_a_second_agent_fails_the_deployment(tmp_path: Path) -> None:
    whole = Whole(tmp_path / "out")
    for id in ("First", "Second"):
        eks.CfnAddon(
            whole.stack,
            id,
            cluster_name=whole.cluster.cluster_name,
            addon_name="eks-pod-identity-agent",
        )

    report = whole.rehearse(destroy=False)

    assert any("Addon already exists: eks-pod-identity-agent" in problem for problem in report.problems)
    assert [rule for rule, _, _ in found(whole.app)] == ["CEC023"]
