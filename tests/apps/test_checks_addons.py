"""Add-ons that people add to a cluster with Cilium, on the first day or later."""

from __future__ import annotations

import json
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_eks_v2 as eks

from cdk_eks_cilium import AwsNodeOptions, CiliumValues, Egress
from tests.apps.checks_apps import Shop, cilium_on, found, new_app, node_group, rules_found
from tests.small_apps import known_vpc, plain_cluster

TWO_CNIS = (
    "EKS installs aws-node with the add-on vpc-cni: nodes get two CNIs, and new ones never get "
    "prefixes from Cilium"
)
REPLACING = CiliumValues(egress=Egress.node(), kube_proxy_replacement=True)


def test_the_add_on_vpc_cni_in_the_same_stack_is_found() -> None:
    shop = Shop()
    eks.Addon(shop.stack, "VpcCni", cluster=shop.known, addon_name="vpc-cni")

    assert found(shop.app) == [("CEC021", "shop", TWO_CNIS)]


def test_the_add_on_vpc_cni_in_a_stack_of_its_own_is_found() -> None:
    shop = Shop()
    day_two = cdk.Stack(shop.app, "day-two")
    eks.Addon(day_two, "VpcCni", cluster=shop.known, addon_name="vpc-cni")

    assert found(shop.app) == [("CEC021", "day-two", TWO_CNIS)]


def test_an_add_on_that_knows_the_cluster_by_its_name_alone_is_found() -> None:
    shop = Shop()
    eks.CfnAddon(cdk.Stack(shop.app, "day-two"), "VpcCni", cluster_name="shop", addon_name="vpc-cni")

    assert rules_found(shop.app) == [("CEC021", "day-two")]


def test_an_add_on_in_nested_stacks_is_found_at_any_depth() -> None:
    shop = Shop()
    inner = cdk.NestedStack(cdk.NestedStack(shop.stack, "Outer"), "Inner")
    eks.Addon(inner, "VpcCni", cluster=shop.known, addon_name="vpc-cni")

    ((rule, stack, text),) = found(shop.app)
    assert (rule, text) == ("CEC021", TWO_CNIS)
    assert stack.startswith("shop/Outer")


def test_an_add_on_that_keeps_aws_node_off_every_node_is_fine() -> None:
    """As cilium/cilium#31041 does: the add-on stays, and its pods go to nodes with a label only."""
    shop = Shop()
    wanted = {"key": "io.cilium/aws-node-enabled", "operator": "In", "values": ["true"]}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [wanted]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    eks.CfnAddon(
        shop.stack,
        "VpcCni",
        cluster_name=shop.cluster.cluster_name,
        addon_name="vpc-cni",
        configuration_values=json.dumps({"affinity": affinity}),
    )

    assert found(shop.app) == []


def test_the_add_on_of_a_cluster_without_cilium_is_fine() -> None:
    shop = Shop()
    other = cdk.Stack(shop.app, "other")
    cluster = plain_cluster(other, known_vpc(other), cluster_name="classic")
    eks.Addon(other, "VpcCni", cluster=cast(eks.ICluster, cluster), addon_name="vpc-cni")

    assert found(shop.app) == []


@pytest.mark.parametrize(
    ("given", "rules"),
    [
        ({"values": REPLACING}, [("CEC021", "shop")]),
        ({"values": REPLACING, "aws_node_options": AwsNodeOptions(leave_kube_proxy=True)}, []),
        ({}, []),
    ],
    ids=["replaced", "left on purpose", "needed"],
)
def test_the_add_on_kube_proxy_is_found_where_cilium_replaces_it(
    given: dict[str, Any], rules: list[tuple[str, str]]
) -> None:
    shop = Shop(**given)
    eks.Addon(shop.stack, "KubeProxy", cluster=shop.known, addon_name="kube-proxy")

    assert rules_found(shop.app) == rules


def test_the_three_usual_add_ons_of_a_cluster_are_found_as_far_as_they_harm() -> None:
    """aws/aws-cdk#20315: every add-on in the app, so that the console shows them all."""
    shop = Shop(values=REPLACING)
    for name in ("vpc-cni", "kube-proxy", "coredns"):
        eks.Addon(shop.stack, name, cluster=shop.known, addon_name=name)
    shop.cilium.add_node_group("workers")

    assert rules_found(shop.app) == [("CEC006", "shop"), ("CEC021", "shop"), ("CEC021", "shop")]


def test_a_second_pod_identity_agent_is_found() -> None:
    """aws/aws-cdk#32580: the agent with a version of one's own, and CDK's for a service account."""
    shop = Shop(operator_identity="pod-identity")
    eks.Addon(shop.stack, "Agent", cluster=shop.known, addon_name="eks-pod-identity-agent")

    ((rule, _, text),) = found(shop.app)
    assert rule == "CEC023"
    assert text.startswith("the add-on eks-pod-identity-agent is there already (")
    assert text.endswith("), and EKS refuses a second one")


def test_the_agent_of_the_cluster_itself_is_shared() -> None:
    shop = Shop(operator_identity="pod-identity")
    shop.cluster.add_service_account("Work", identity_type=eks.IdentityType.POD_IDENTITY)

    assert found(shop.app) == []


@pytest.mark.parametrize("addon", ["aws-ebs-csi-driver", "metrics-server"])
def test_an_add_on_with_a_deployment_needs_nodes_as_core_dns_does(addon: str) -> None:
    shop = Shop()
    added = eks.Addon(shop.stack, "Addon", cluster=shop.known, addon_name=addon)
    group = shop.cilium.add_node_group("workers")
    assert rules_found(shop.app) == [("CEC006", "shop")]

    shop = Shop()
    added = eks.Addon(shop.stack, "Addon", cluster=shop.known, addon_name=addon)
    group = shop.cilium.add_node_group("workers")
    added.node.add_dependency(group)
    assert found(shop.app) == []


def test_an_add_on_that_comes_before_the_nodes_of_a_later_stack_is_found() -> None:
    shop = Shop()
    eks.Addon(shop.stack, "Csi", cluster=shop.known, addon_name="aws-ebs-csi-driver")
    shop.cilium.run_on(node_group(cdk.Stack(shop.app, "nodes"), shop.known, shop.vpc))

    assert rules_found(shop.app) == [("CEC006", "shop")]


def test_a_chart_that_waits_for_its_pods_needs_nodes() -> None:
    shop = Shop()
    shop.cluster.add_helm_chart("Metrics", chart="metrics-server", wait=True)
    shop.cluster.add_helm_chart("Patient", chart="podinfo", wait=False)
    shop.cilium.add_node_group("workers")

    ((rule, _, text),) = found(shop.app)
    assert rule == "CEC006"
    assert text == (
        "the release of metrics-server can start before there is a node to run on, "
        "and waits for its pods (Wait)"
    )


def test_cdks_load_balancer_controller_needs_nodes_that_cdk_does_not_know() -> None:
    """aws/aws-cdk#22005: no capacity. CDK orders the chart after its own constructs of nodes alone."""
    app = new_app()
    stack = cdk.Stack(app, "shop")
    vpc = known_vpc(stack)
    controller = eks.AlbControllerOptions(version=eks.AlbControllerVersion.V2_8_2)
    cluster = cast(eks.ICluster, plain_cluster(stack, vpc, alb_controller=controller))
    network = cilium_on(stack, cluster)
    network.run_on(node_group(stack, cluster, vpc))
    (rule, _, text) = found(app)[0]
    assert rule == "CEC006"
    assert text.startswith("the release of aws-load-balancer-controller can start before there is a node")

    app = new_app()
    stack = cdk.Stack(app, "shop")
    cluster = cast(eks.ICluster, plain_cluster(stack, known_vpc(stack), alb_controller=controller))
    cilium_on(stack, cluster).add_node_group("workers")
    assert found(app) == []


def test_core_dns_on_fargate_needs_no_node() -> None:
    shop = Shop()
    profile = shop.cluster.add_fargate_profile(
        "System", selectors=[eks.Selector(namespace="kube-system", labels={"k8s-app": "kube-dns"})]
    )
    added = eks.Addon(shop.stack, "CoreDns", cluster=shop.known, addon_name="coredns")
    added.node.add_dependency(profile)
    shop.cilium.add_node_group("workers")

    assert found(shop.app) == []
