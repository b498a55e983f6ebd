"""Rules about what comes before what."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.checks.rules import findings
from tests.unit.checks.rules.good_template import (
    Template,
    allow,
    properties,
    reported,
    with_association,
    with_operator,
)


def test_cec001_nodes_that_can_start_before_the_release(template: Template) -> None:
    del template["Resources"]["Nodes"]["DependsOn"]

    assert reported(template) == [
        (
            "CEC001",
            "Nodes",
            "the node group can start before the release Release, and would never become ready",
        )
    ]


def test_cec001_is_kept_by_a_dependency_through_others(template: Template) -> None:
    template["Resources"]["Between"] = {"Type": "AWS::SSM::Parameter", "DependsOn": "Release"}
    template["Resources"]["Nodes"]["DependsOn"] = "Between"

    assert reported(template) == []


def test_cec001_leaves_the_nodes_of_another_cluster_alone(template: Template) -> None:
    del template["Resources"]["Nodes"]["DependsOn"]
    template["Resources"]["Nodes"]["Properties"]["ClusterName"] = "another"

    assert reported(template) == []


def test_cec001_leaves_other_charts_alone(template: Template) -> None:
    del template["Resources"]["Nodes"]["DependsOn"]
    template["Resources"]["Release"]["Properties"]["Chart"] = "metrics-server"
    del template["Resources"]["Sweep"]

    assert reported(template) == []


def test_cec002_a_release_that_can_start_before_the_removal(template: Template) -> None:
    template["Resources"]["Release"]["DependsOn"].remove("Removal")

    assert reported(template) == [
        ("CEC002", "Release", "the release can start before Removal has taken aws-node away")
    ]


def test_cec003_a_subnet_that_can_be_asked_for_before_its_range(template: Template) -> None:
    del template["Resources"]["Subnet"]["DependsOn"]

    assert reported(template) == [
        (
            "CEC003",
            "Subnet",
            "CloudFormation can make the subnet 100.64.0.0/18 before its range 100.64.0.0/16 exists (Block)",
        )
    ]


@pytest.mark.parametrize("cidr", ["10.0.0.0/24", {"Ref": "Parameter"}, None])
def test_cec003_leaves_subnets_of_other_or_unknown_ranges_alone(cidr: Any, template: Template) -> None:
    del template["Resources"]["Subnet"]["DependsOn"]
    template["Resources"]["Subnet"]["Properties"]["CidrBlock"] = cidr

    assert reported(template) == []


@pytest.mark.parametrize("option", ["Wait", "Atomic"])
@pytest.mark.parametrize("value", [True, "true"])
def test_cec004_a_release_that_waits_for_pods(option: str, value: Any, template: Template) -> None:
    template["Resources"]["Release"]["Properties"][option] = value

    (only,) = findings(template)
    assert (only[0].id, only[1].resource) == ("CEC004", "Release")
    assert only[1].text == (
        f"the release waits for pods ({option}), which need nodes, which wait for the release"
    )
    assert only[1].fix == f"leave {option.lower()} out"


@pytest.mark.parametrize("value", [False, "false"])
def test_cec004_is_kept_by_waiting_that_is_written_off(value: Any, template: Template) -> None:
    template["Resources"]["Release"]["Properties"]["Wait"] = value

    assert reported(template) == []


def test_cec006_core_dns_before_there_is_a_node(template: Template) -> None:
    del template["Resources"]["CoreDns"]["DependsOn"]

    assert reported(template) == [
        (
            "CEC006",
            "CoreDns",
            "CoreDNS is added before it has a node to run on, and its add-on waits until it runs",
        )
    ]


def test_cec006_leaves_other_addons_and_other_stacks_nodes_alone(template: Template) -> None:
    template["Resources"]["CoreDns"]["Properties"]["AddonName"] = "kube-proxy"
    del template["Resources"]["CoreDns"]["DependsOn"]
    assert reported(template) == []

    template["Resources"]["CoreDns"]["Properties"]["AddonName"] = "coredns"
    del template["Resources"]["Nodes"]
    assert reported(template) == []


def test_cec007_resources_that_wait_for_each_other(template: Template) -> None:
    template["Resources"]["Removal"]["DependsOn"] = "Nodes"

    assert reported(template) == [
        (
            "CEC007",
            "Nodes",
            "these resources wait for each other, which CloudFormation refuses: Nodes, Release, Removal",
        )
    ]


def test_cec008_a_release_that_the_sweep_does_not_outlast(template: Template) -> None:
    template["Resources"]["Release"]["DependsOn"].remove("Sweep")

    assert reported(template) == [
        (
            "CEC008",
            "Release",
            "Sweep can be deleted first, and then misses interfaces that are still made or held",
        )
    ]


def test_cec008_nodes_whose_release_is_elsewhere_must_wait_themselves(template: Template) -> None:
    del template["Resources"]["Release"]
    template["Resources"]["Nodes"]["DependsOn"] = []
    assert [(rule, resource) for rule, resource, _ in reported(template)] == [("CEC008", "Nodes")]

    template["Resources"]["Nodes"]["DependsOn"] = ["Sweep"]
    assert reported(template) == []


def test_cec008_leaves_another_clusters_release_and_nodes_alone(template: Template) -> None:
    template["Resources"]["Release"]["DependsOn"].remove("Sweep")
    template["Resources"]["Sweep"]["Properties"]["ClusterName"] = "another"

    assert reported(template) == []


def test_cec012_an_operator_that_can_be_made_before_its_role_is_bound(template: Template) -> None:
    with_operator(template, allow("ec2:DescribeVpcs"))
    with_association(template)
    assert reported(template) == []

    template["Resources"]["Release"]["DependsOn"] = ["Removal", "Sweep"]
    assert reported(template) == [
        (
            "CEC012",
            "Release",
            "the operator can be made before Binding, and then keeps the role of its node",
        )
    ]


def test_cec012_leaves_other_accounts_and_clusters_alone(template: Template) -> None:
    with_operator(template, allow("ec2:DescribeVpcs"))
    with_association(template)
    template["Resources"]["Release"]["DependsOn"] = ["Removal", "Sweep"]
    template["Resources"]["Binding"]["Properties"]["ClusterName"] = "another"
    assert reported(template) == []

    template["Resources"]["Binding"]["Properties"] |= {
        "ClusterName": {"Ref": "Cluster"},
        "ServiceAccount": "other",
    }
    assert reported(template) == []


def test_a_release_of_a_chart_among_the_assets_is_known_by_its_own_name(template: Template) -> None:
    release = properties(template, "Release")
    del release["Chart"], template["Resources"]["Nodes"]["DependsOn"]
    del template["Resources"]["Sweep"]
    release |= {"ChartAssetURL": "s3://assets/cilium.zip", "Release": "cilium"}
    assert [rule for rule, _, _ in reported(template)] == ["CEC001"]

    release["Release"] = "metrics-server"
    assert reported(template) == []


def test_cec001_an_auto_scaling_group_of_the_cluster_that_can_start_before_the_release(
    template: Template,
) -> None:
    tags = [{"Key": "kubernetes.io/cluster/shop", "Value": "owned", "PropagateAtLaunch": True}]
    template["Resources"]["Own"] = {
        "Type": "AWS::AutoScaling::AutoScalingGroup",
        "Properties": {"Tags": tags},
    }

    assert reported(template) == [
        (
            "CEC001",
            "Own",
            "the Auto Scaling group can start before the release Release, and would never become ready",
        )
    ]
    tags[0]["Key"] = "kubernetes.io/cluster/another"
    assert reported(template) == []


def test_cec002_leaves_the_removal_of_another_cluster_alone(template: Template) -> None:
    template["Resources"]["Release"]["DependsOn"].remove("Removal")
    template["Resources"]["Removal"]["Properties"]["ClusterName"] = "another"

    assert reported(template) == []


def test_cec003_leaves_the_same_range_of_another_vpc_alone(template: Template) -> None:
    del template["Resources"]["Subnet"]["DependsOn"]
    template["Resources"]["Subnet"]["Properties"]["VpcId"] = {"Ref": "Another"}

    assert reported(template) == []
