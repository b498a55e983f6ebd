"""Rules about EKS's add-ons, and about charts that wait for pods."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.checks.rules.good_template import Template, fixes, properties, reported

CLUSTER = {"Ref": "Cluster"}


def add(template: Template, id: str, name: str, **more: Any) -> None:
    template["Resources"][id] = {
        "Type": "AWS::EKS::Addon",
        "Properties": {"AddonName": name, "ClusterName": CLUSTER, **more},
    }


def replace_kube_proxy(template: Template, value: Any) -> None:
    values = json.dumps({"kubeProxyReplacement": value, "k8sServiceHost": "HOST"}).split("HOST")
    host = {"Fn::GetAtt": ["Cluster", "Endpoint"]}
    properties(template, "Release")["Values"] = {"Fn::Join": ["", [values[0], host, values[1]]]}


@pytest.mark.parametrize(
    ("addon", "what"),
    [
        ("aws-ebs-csi-driver", "the controller of EBS CSI"),
        ("aws-efs-csi-driver", "the controller of EFS CSI"),
        ("metrics-server", "metrics-server"),
        ("snapshot-controller", "the snapshot controller"),
    ],
)
def test_cec006_an_add_on_with_a_deployment_before_there_is_a_node(
    addon: str, what: str, template: Template
) -> None:
    add(template, "Addon", addon)

    assert reported(template) == [
        (
            "CEC006",
            "Addon",
            f"{what} is added before it has a node to run on, and its add-on waits until it runs",
        )
    ]
    assert fixes(template) == ["make the add-on depend on a node group"]


def test_cec006_leaves_add_ons_of_daemon_sets_alone(template: Template) -> None:
    add(template, "Addon", "eks-node-monitoring-agent")

    assert reported(template) == []


@pytest.mark.parametrize("option", ["Wait", "Atomic"])
def test_cec006_a_chart_that_waits_before_there_is_a_node(option: str, template: Template) -> None:
    template["Resources"]["Chart"] = {
        "Type": "Custom::AWSCDK-EKS-HelmChart",
        "Properties": {"Chart": "metrics-server", "ClusterName": CLUSTER, option: True},
    }

    assert reported(template) == [
        (
            "CEC006",
            "Chart",
            "the release of metrics-server can start before there is a node to run on, "
            f"and waits for its pods ({option})",
        )
    ]
    assert fixes(template) == ["make the chart depend on a node group"]

    template["Resources"]["Chart"]["DependsOn"] = "Nodes"
    assert reported(template) == []


def test_cec021_the_add_on_that_installs_aws_node(template: Template) -> None:
    add(template, "Addon", "vpc-cni")

    assert reported(template) == [
        (
            "CEC021",
            "Addon",
            "EKS installs aws-node with the add-on vpc-cni: nodes get two CNIs, and new ones never get "
            "prefixes from Cilium",
        )
    ]
    assert fixes(template) == ["remove the add-on; Cilium is the cluster's only CNI"]


def test_cec021_leaves_the_add_ons_of_other_clusters_alone(template: Template) -> None:
    add(template, "Addon", "vpc-cni", ClusterName="classic")

    assert reported(template) == []


def test_cec021_knows_the_cluster_by_its_name_too(template: Template) -> None:
    add(template, "Addon", "vpc-cni", ClusterName="shop")

    assert [rule for rule, _, _ in reported(template)] == ["CEC021"]


@pytest.mark.parametrize("value", [True, "true", "strict"])
def test_cec021_kube_proxy_where_cilium_replaces_it(value: Any, template: Template) -> None:
    replace_kube_proxy(template, value)
    properties(template, "Removal")["KeptOff"] = '["kube-proxy"]'
    add(template, "Addon", "kube-proxy")

    assert reported(template) == [
        ("CEC021", "Addon", "EKS installs kube-proxy with the add-on, and Cilium replaces it on every node")
    ]
    assert fixes(template) == ["remove the add-on, or leave kube_proxy_replacement out"]


def test_cec021_leaves_kube_proxy_alone_that_is_needed_or_left_on_purpose(template: Template) -> None:
    add(template, "Addon", "kube-proxy")
    replace_kube_proxy(template, False)
    assert reported(template) == []

    replace_kube_proxy(template, True)
    assert reported(template) == [], "the removal does not keep kube-proxy off"


def test_cec023_an_add_on_that_is_added_twice(template: Template) -> None:
    add(template, "One", "eks-pod-identity-agent")
    add(template, "Two", "eks-pod-identity-agent", ClusterName="shop")

    assert reported(template) == [
        (
            "CEC023",
            "Two",
            "the add-on eks-pod-identity-agent is there already (One), and EKS refuses a second one",
        )
    ]
    assert fixes(template) == [
        "remove one of the two; on a cluster of this app use cluster.eks_pod_identity_agent, as Cilium does"
    ]


def test_cec023_leaves_the_same_add_on_of_two_clusters_alone(template: Template) -> None:
    add(template, "One", "adot")
    add(template, "Two", "adot", ClusterName="classic")

    assert reported(template) == []
