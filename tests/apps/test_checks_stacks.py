"""Clusters, Cilium and nodes spread over stacks, nested stacks and stages."""

from __future__ import annotations

from typing import cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks

from cdk_eks_cilium import CiliumChecks
from cdk_eks_cilium.checks.app_templates import read_app
from cdk_eks_cilium.checks.rules import app_findings
from tests.apps.checks_apps import (
    CONTROL_PLANE,
    Shop,
    cilium_on,
    found,
    new_app,
    node_group,
    rules_found,
)
from tests.small_apps import known_vpc, kubectl_layer, plain_cluster


class Three:
    """Cluster, Cilium and nodes in a stack each, as in aws/aws-cdk#6145."""

    def __init__(self) -> None:
        self.app = new_app()
        stack = cdk.Stack(self.app, "cluster")
        vpc = known_vpc(stack)
        cluster = cast(eks.ICluster, plain_cluster(stack, vpc))
        self.release = cdk.Stack(self.app, "cilium")
        self.cilium = cilium_on(self.release, cluster)
        self.nodes = cdk.Stack(self.app, "nodes")
        self.group = node_group(self.nodes, cluster, vpc)


def test_nodes_in_a_stack_that_does_not_wait_for_the_releases_are_found() -> None:
    ((rule, stack, text),) = found(Three().app)

    assert (rule, stack) == ("CEC001", "nodes")
    assert text.startswith("the node group can start before the release cilium/CiliumChart")
    assert text.endswith(", and would never become ready: the stack nodes does not wait for the stack cilium")


def test_run_on_orders_the_stacks() -> None:
    three = Three()
    three.cilium.run_on(three.group)

    assert found(three.app) == []


def test_a_dependency_between_the_stacks_is_enough() -> None:
    three = Three()
    three.nodes.add_stack_dependency(three.release)

    assert found(three.app) == []


def test_a_stack_between_the_two_keeps_the_order() -> None:
    three = Three()
    between = cdk.Stack(three.app, "between")
    cdk.CfnWaitConditionHandle(between, "Something")
    between.add_stack_dependency(three.release)
    three.nodes.add_stack_dependency(between)

    assert found(three.app) == []


def test_an_import_by_name_orders_as_cloudformation_does() -> None:
    three = Three()
    cdk.CfnOutput(three.release, "Ready", value=three.cilium.cluster_name, export_name="cilium-ready")
    three.group.labels = {"cilium": cdk.Fn.import_value("cilium-ready")}

    assert found(three.app) == []


def test_the_fix_for_nodes_in_another_stack_says_what_it_does(capfd: pytest.CaptureFixture[str]) -> None:
    three = Three()
    cdk.Validations.of(three.app).add_plugins(CiliumChecks())
    for rule in ("CEC014", "CEC015", "CEC016"):
        cdk.Validations.of(three.app).acknowledge(
            cdk.Acknowledgment(id=f"cdk-eks-cilium::{rule}", reason="not what this test is about")
        )

    with pytest.raises(RuntimeError) as failed:
        three.app.synth()

    said = " ".join((str(failed.value) + capfd.readouterr().err).split())
    assert said.count("Acknowledge with") == 1, said
    assert "nodes/Nodes (Nodes)" in said
    assert (
        "make it with Cilium.add_node_group(), or pass it to Cilium.run_on(), which also makes its stack "
        "wait for the release's" in said
    )


def test_nodes_in_the_clusters_stack_must_move_if_cilium_has_a_later_one() -> None:
    app = new_app()
    stack = cdk.Stack(app, "cluster")
    vpc = known_vpc(stack)
    cluster = cast(eks.ICluster, plain_cluster(stack, vpc))
    node_group(stack, cluster, vpc)
    cilium_on(cdk.Stack(app, "cilium"), cluster)

    paths = [each.template_full_path for each in app.synth().stacks]
    (fix,) = (
        finding.fix for rule, finding, _ in app_findings(read_app(paths)) if rule.id not in CONTROL_PLANE
    )
    assert fix == (
        "move it to the stack cilium, or to one after it, and make it with Cilium.add_node_group(), "
        "or pass it to Cilium.run_on()"
    )
    ((rule, where, text),) = found(app)
    assert (rule, where) == ("CEC001", "cluster")
    assert text.startswith("the node group starts before the release cilium/CiliumChart")


def test_nodes_in_a_nested_stack_are_found_until_they_are_ordered() -> None:
    shop = Shop()
    node_group(cdk.NestedStack(shop.stack, "Nodes"), shop.known, shop.vpc)
    ((rule, stack, _),) = found(shop.app)
    assert rule == "CEC001"
    assert stack.startswith("shop/NodesNestedStack")

    shop = Shop()
    shop.cilium.run_on(node_group(cdk.NestedStack(shop.stack, "Nodes"), shop.known, shop.vpc))
    assert found(shop.app) == []


def test_nodes_that_do_not_wait_for_cilium_in_a_nested_stack_are_found() -> None:
    app = new_app()
    stack = cdk.Stack(app, "shop")
    vpc = known_vpc(stack)
    cluster = cast(eks.ICluster, plain_cluster(stack, vpc))
    cilium_on(cdk.NestedStack(stack, "Network"), cluster)
    node_group(stack, cluster, vpc)

    assert rules_found(app) == [("CEC001", "shop")]


def test_nodes_of_the_parent_wait_for_cilium_in_a_nested_stack() -> None:
    app = new_app()
    stack = cdk.Stack(app, "shop")
    vpc = known_vpc(stack)
    cluster = cast(eks.ICluster, plain_cluster(stack, vpc))
    network = cilium_on(cdk.NestedStack(stack, "Network"), cluster)
    network.run_on(node_group(stack, cluster, vpc))

    assert found(app) == []


def test_a_finding_in_a_nested_stack_is_acknowledged_where_it_is() -> None:
    shop = Shop()
    group = node_group(cdk.NestedStack(shop.stack, "Nodes"), shop.known, shop.vpc)
    cdk.Validations.of(shop.app).add_plugins(CiliumChecks())
    for rule in ("CEC014", "CEC015", "CEC016", "CEC017"):
        cdk.Validations.of(shop.cluster).acknowledge(
            cdk.Acknowledgment(id=f"cdk-eks-cilium::{rule}", reason="not what this test is about")
        )
    cdk.Validations.of(group).acknowledge(
        cdk.Acknowledgment(id="cdk-eks-cilium::CEC001", reason="scaled to zero until the release is there")
    )

    cast(cdk.App, shop.app).synth()


def test_a_network_in_a_nested_stack_and_a_cluster_beside_it_are_fine() -> None:
    """aws/aws-cdk#10020: the VPC in a nested stack, the cluster in its parent."""
    app = new_app()
    stack = cdk.Stack(app, "shop")
    vpc = cast(ec2.IVpc, ec2.Vpc(cdk.NestedStack(stack, "Network"), "Vpc", max_azs=2))
    cluster = cast(eks.ICluster, plain_cluster(stack, vpc))
    cilium_on(stack, cluster).add_node_group("workers")

    assert found(app) == []


def test_two_clusters_with_cilium_in_one_stack_are_fine() -> None:
    """aws/aws-cdk#10073: several clusters in one stack, here with VPCs of their own."""
    app = new_app()
    stack = cdk.Stack(app, "shops")
    layer = kubectl_layer(stack)
    for name in ("blue", "green"):
        vpc = known_vpc(stack, f"{name}Vpc", vpc_id=f"vpc-{name}")
        cluster = eks.Cluster(
            stack,
            name,
            cluster_name=name,
            version=eks.KubernetesVersion.V1_35,
            vpc=vpc,
            default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
            default_capacity=0,
            kubectl_provider_options=eks.KubectlProviderOptions(kubectl_layer=layer),
        )
        cilium_on(stack, cast(eks.ICluster, cluster), f"{name}Cilium").add_node_group("workers")

    assert found(app) == []


def test_a_cluster_with_the_vpc_cni_in_the_same_app_has_no_finding() -> None:
    shop = Shop()
    shop.cilium.add_node_group("workers")
    other = cdk.Stack(shop.app, "classic")
    vpc = known_vpc(other)
    cluster = plain_cluster(other, vpc, cluster_name="classic")
    cluster.add_nodegroup_capacity("Classic")
    cluster.add_auto_scaling_group_capacity("Own", instance_type=ec2.InstanceType("m6i.large"))
    eks.Addon(other, "Dns", cluster=cast(eks.ICluster, cluster), addon_name="coredns")

    assert [stack for _, stack, _ in found(shop.app)] == []


def test_stages_of_one_app_do_not_mix() -> None:
    """A pipeline deploys the same stacks, with the same names, into several accounts."""
    app = new_app()
    shops = {
        name: Shop(cdk.Stage(app, name, env=cdk.Environment(account=account, region="eu-west-1")))
        for name, account in (("Dev", "111111111111"), ("Prod", "222222222222"))
    }
    for name, shop in shops.items():
        group = node_group(shop.stack, shop.known, shop.vpc)
        if name == "Dev":
            shop.cilium.run_on(group)

    assert rules_found(app) == [("CEC001", "Prod/shop")]


def test_a_stage_is_not_held_to_the_order_of_another() -> None:
    """A pipeline orders its stages, which no assembly tells."""
    app = new_app()
    env = cdk.Environment(account="111111111111", region="eu-west-1")
    Shop(cdk.Stage(app, "Platform", env=env))
    nodes = cdk.Stack(cdk.Stage(app, "Nodes", env=env), "nodes")
    eks.CfnNodegroup(nodes, "Nodes", cluster_name="shop", node_role="role", subnets=["subnet-a"])

    assert found(app) == []


def test_a_stack_that_names_a_cluster_waits_for_the_cilium_beside_it() -> None:
    """CloudFormation has no other way: the stack imports the name of the cluster."""
    shop = Shop()
    node_group(cdk.Stack(shop.app, "nodes"), shop.known, shop.vpc)

    assert found(shop.app) == []


def test_stacks_of_other_regions_are_read_without_harm() -> None:
    app = new_app()
    world = cdk.Stack(
        app,
        "world",
        env=cdk.Environment(account="111111111111", region="us-east-1"),
        cross_region_references=True,
    )
    handle = cdk.CfnWaitConditionHandle(world, "Certificate")
    stack = cdk.Stack(
        app,
        "shop",
        env=cdk.Environment(account="111111111111", region="eu-west-1"),
        cross_region_references=True,
    )
    vpc = known_vpc(stack)
    cluster = cast(eks.ICluster, plain_cluster(stack, vpc))
    cilium_on(stack, cluster).add_node_group("workers")
    cdk.CfnOutput(stack, "Certificate", value=handle.ref)

    assert found(app) == []
