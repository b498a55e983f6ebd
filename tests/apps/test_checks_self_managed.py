"""Nodes in Auto Scaling groups, which EKS neither orders nor tags."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2

from cdk_eks_cilium import CiliumValues, CiliumVersion
from tests.apps.checks_apps import Shop, found, rules_found

AL2023 = """apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  cluster:
    apiServerEndpoint: https://example.com
    certificateAuthority: Y2VydGlmaWNhdGVBdXRob3JpdHk=
    cidr: 10.100.0.0/16
    name: shop
"""
BOTTLEROCKET = '[settings.kubernetes]\napi-server = "https://example.com"\ncluster-name = "shop"\n'
AL2 = "#!/bin/bash\n/etc/eks/bootstrap.sh 'shop' --use-max-pods false\n"


def group(shop: Shop) -> autoscaling.AutoScalingGroup:
    """A group as CDK connects it to a cluster, which tags it for the cluster."""
    return shop.cluster.add_auto_scaling_group_capacity("Own", instance_type=ec2.InstanceType("m6i.large"))


def plain_group(shop: Shop, user_data: str, *tags: tuple[str, str]) -> autoscaling.CfnAutoScalingGroup:
    """A group that names its cluster in nothing but its machines' user data."""
    data: dict[str, Any] = {"user_data": cdk.Fn.base64(user_data)}
    if tags:
        data["tag_specifications"] = [
            ec2.CfnLaunchTemplate.TagSpecificationProperty(
                resource_type="instance", tags=[cdk.CfnTag(key=key, value=value) for key, value in tags]
            )
        ]
    machines = ec2.CfnLaunchTemplate(
        shop.stack, "Machines", launch_template_data=ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(**data)
    )
    return autoscaling.CfnAutoScalingGroup(
        shop.stack,
        "Own",
        min_size="1",
        max_size="1",
        vpc_zone_identifier=["subnet-a"],
        launch_template=autoscaling.CfnAutoScalingGroup.LaunchTemplateSpecificationProperty(
            launch_template_id=machines.ref, version=machines.attr_latest_version_number
        ),
    )


def test_a_group_that_nobody_orders_is_found_for_its_order_and_for_its_tag() -> None:
    shop = Shop()
    group(shop)

    (order, tag) = found(shop.app)
    assert order[0] == "CEC001"
    assert order[2].startswith("the Auto Scaling group can start before the release CiliumChart")
    assert tag == (
        "CEC022",
        "shop",
        "the operator may not attach interfaces to its instances: they need the tag "
        "io.cilium/cluster-name=shop or eks:cluster-name=shop when they start, and get neither",
    )


def test_run_on_orders_a_group_and_the_check_sees_that_its_tag_is_missing() -> None:
    shop = Shop()
    shop.cilium.run_on(group(shop))

    assert rules_found(shop.app) == [("CEC022", "shop")]


def test_an_ordered_group_with_ciliums_tag_is_fine() -> None:
    """The fix that the check gives, as it is."""
    shop = Shop()
    own = group(shop)
    shop.cilium.run_on(own)
    cdk.Tags.of(own).add("io.cilium/cluster-name", "shop", apply_to_launched_instances=True)

    assert found(shop.app) == []


def test_a_tag_with_another_name_is_found_with_the_name() -> None:
    shop = Shop(cluster_name="emporium")
    own = group(shop)
    shop.cilium.run_on(own)
    cdk.Tags.of(own).add("io.cilium/cluster-name", "shop", apply_to_launched_instances=True)

    ((rule, _, text),) = found(shop.app)
    assert rule == "CEC022"
    assert "need the tag io.cilium/cluster-name=emporium or eks:cluster-name=shop when" in text
    assert text.endswith("and get io.cilium/cluster-name=shop")


def test_a_tag_that_stays_on_the_group_is_none_of_its_instances() -> None:
    """aws/aws-cdk#11290: tags of the group, which its instances need too."""
    shop = Shop()
    own = group(shop)
    shop.cilium.run_on(own)
    cdk.Tags.of(own).add("io.cilium/cluster-name", "shop", apply_to_launched_instances=False)

    assert rules_found(shop.app) == [("CEC022", "shop")]


@pytest.mark.parametrize("user_data", [AL2, AL2023, BOTTLEROCKET], ids=["al2", "al2023", "bottlerocket"])
def test_a_group_is_the_clusters_by_its_user_data(user_data: str) -> None:
    shop = Shop()
    plain_group(shop, user_data, ("eks:cluster-name", "shop"))
    assert rules_found(shop.app) == [("CEC001", "shop")]

    shop = Shop()
    shop.cilium.run_on(plain_group(shop, user_data, ("eks:cluster-name", "shop")))
    assert found(shop.app) == []


def test_a_group_of_machines_that_are_no_nodes_is_fine() -> None:
    shop = Shop()
    plain_group(shop, "#!/bin/bash\nnginx\n")

    assert found(shop.app) == []


def test_the_operator_of_the_article_needs_no_tag() -> None:
    shop = Shop(version=CiliumVersion.V1_12, values=CiliumValues(profile="article"))
    shop.cilium.run_on(group(shop))

    assert rules_found(shop.app) == [("CEC010", "shop")]


def test_a_group_in_a_stack_of_its_own_is_ordered_by_run_on() -> None:
    shop = Shop()
    nodes = cdk.Stack(shop.app, "nodes")
    own = autoscaling.AutoScalingGroup(
        nodes,
        "Own",
        vpc=shop.vpc,
        vpc_subnets=ec2.SubnetSelection(subnets=shop.vpc.private_subnets),
        instance_type=ec2.InstanceType("m6i.large"),
        machine_image=ec2.MachineImage.generic_linux({"eu-west-1": "ami-1"}),
    )
    cdk.Tags.of(own).add(f"kubernetes.io/cluster/{shop.cluster.cluster_name}", "owned")
    cdk.Tags.of(own).add("io.cilium/cluster-name", "shop")
    shop.cilium.run_on(own)

    assert found(shop.app) == []
