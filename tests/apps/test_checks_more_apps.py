"""More apps after public reports: what people build around a cluster, and what is found in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import cloudformation_include as include

from cdk_eks_cilium import ExistingCluster, PodSubnets
from tests.apps.checks_apps import Shop, cilium_on, found, new_app, node_group, rules_found
from tests.small_apps import known_vpc, kubectl_layer, plain_cluster


def test_charts_in_a_stack_of_their_own_run_on_the_nodes_before_them() -> None:
    """aws/aws-cdk#7307: the cluster in one stack, charts in another."""
    shop = Shop()
    shop.cilium.add_node_group("workers")
    apps = cdk.Stack(shop.app, "apps")
    eks.HelmChart(apps, "Metrics", cluster=shop.known, chart="metrics-server", wait=True)

    assert found(shop.app) == []


def test_an_add_on_with_its_service_account_before_the_nodes_is_found() -> None:
    """aws/aws-cdk#31522: EBS CSI with a role by Pod Identity, written as L1 resources."""
    shop = Shop()
    account = shop.cluster.add_service_account(
        "Csi",
        name="ebs-csi-controller-sa",
        namespace="kube-system",
        identity_type=eks.IdentityType.POD_IDENTITY,
    )
    added = eks.CfnAddon(
        shop.stack,
        "Addon",
        addon_name="aws-ebs-csi-driver",
        cluster_name=shop.cluster.cluster_name,
        resolve_conflicts="OVERWRITE",
    )
    added.node.add_dependency(account)
    shop.cilium.add_node_group("workers")

    assert rules_found(shop.app) == [("CEC006", "shop")]


def test_a_template_that_is_included_is_read_as_any_other(tmp_path: Path) -> None:
    """Node groups of an older CloudFormation template, taken into the app with CfnInclude."""
    nodes = {
        "Parameters": {"Cluster": {"Type": "String", "Default": "shop"}},
        "Resources": {
            "Nodes": {
                "Type": "AWS::EKS::Nodegroup",
                "Properties": {
                    "ClusterName": {"Ref": "Cluster"},
                    "NodeRole": "arn:aws:iam::123456789012:role/node",
                    "Subnets": ["subnet-a"],
                },
            }
        },
    }
    (tmp_path / "nodes.json").write_text(json.dumps(nodes), encoding="utf-8")
    shop = Shop()
    include.CfnInclude(
        shop.stack,
        "Nodes",
        template_file=str(tmp_path / "nodes.json"),
        parameters={"Cluster": shop.cluster.cluster_name},
    )
    assert rules_found(shop.app) == [("CEC001", "shop")]

    shop = Shop()
    included = include.CfnInclude(
        shop.stack,
        "Nodes",
        template_file=str(tmp_path / "nodes.json"),
        parameters={"Cluster": shop.cluster.cluster_name},
    )
    shop.cilium.run_on(included.get_resource("Nodes"))
    assert found(shop.app) == []


def existing(stack: cdk.Stack) -> ExistingCluster:
    return ExistingCluster(
        stack,
        "Old",
        cluster_name="old",
        vpc=known_vpc(stack),
        cluster_endpoint="https://ABC.gr7.eu-west-1.eks.amazonaws.com",
        cluster_certificate_authority_data="Zm9vYmFy",
        cluster_security_group_id="sg-1",
        kubectl_layer=kubectl_layer(stack),
    )


def test_new_nodes_of_a_cluster_that_exists_are_found_by_its_name_alone() -> None:
    """aws/aws-cdk#26979: the cluster comes from elsewhere, and each stack imports it."""
    app = new_app()
    release = cdk.Stack(app, "release")
    cilium_on(release, existing(release).cluster, operator_identity="pod-identity")
    nodes = cdk.Stack(app, "nodes")
    node_group(nodes, eks.Cluster.from_cluster_attributes(nodes, "Old", cluster_name="old"), known_vpc(nodes))

    assert rules_found(app) == [("CEC001", "nodes")]


@pytest.mark.parametrize(
    "synthesizer",
    [
        cdk.LegacyStackSynthesizer,
        lambda: cdk.DefaultStackSynthesizer(bucket_prefix="team/"),
        cdk.CliCredentialsStackSynthesizer,
    ],
    ids=["legacy", "prefix", "cli"],
)
def test_nested_stacks_are_read_whoever_uploads_their_templates(synthesizer: Any) -> None:
    app = new_app()
    stack = cdk.Stack(app, "shop", synthesizer=synthesizer())
    vpc = known_vpc(stack)
    cluster = cast(eks.ICluster, plain_cluster(stack, vpc))
    cilium_on(stack, cluster)
    node_group(cdk.NestedStack(stack, "Nodes"), cluster, vpc)

    assert [rule for rule, _ in rules_found(app)] == ["CEC001"]


def test_references_that_are_weak_lead_to_the_cluster_too() -> None:
    """CDK reads outputs without exports then, and the stacks stay ordered."""
    app = new_app(**{"@aws-cdk/core:defaultCrossStackReferences": "weak"})
    shop = Shop(app)
    day_two = cdk.Stack(app, "day-two")
    eks.Addon(day_two, "VpcCni", cluster=shop.known, addon_name="vpc-cni")

    assert rules_found(app) == [("CEC021", "day-two")]
    template = Path(app.synth().get_stack_by_name("day-two").template_full_path).read_text(encoding="utf-8")
    assert "Fn::GetStackOutput" in template


def test_pod_subnets_of_two_networks_with_one_range_are_told_apart() -> None:
    """Blue and green VPCs with the same numbers in one stack, and a subnet that waits for its own range."""
    app = new_app()
    stack = cdk.Stack(app, "network")
    for name in ("Blue", "Green"):
        PodSubnets(stack, f"{name}Pods", vpc=known_vpc(stack, name, vpc_id=f"vpc-{name.lower()}"))

    assert found(app) == []


def test_a_loop_of_language_extensions_is_no_resource() -> None:
    shop = Shop()
    shop.stack.add_transform("AWS::LanguageExtensions")
    shop.cilium.add_node_group("workers")
    loop = {"Topic${Name}": {"Type": "AWS::SNS::Topic"}}
    path = Path(cast(cdk.App, shop.app).synth().get_stack_by_name("shop").template_full_path)
    template = json.loads(path.read_text(encoding="utf-8"))
    template["Resources"]["Fn::ForEach::Topics"] = ["Name", ["A", "B"], loop]
    path.write_text(json.dumps(template), encoding="utf-8")

    assert found(shop.app) == []
