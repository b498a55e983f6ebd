"""The article's profile synthesizes to what the article installed by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.stacks.conftest import flat

HELM = "Custom::AWSCDK-EKS-HelmChart"


def pod_subnet_ids(templates: Any) -> list[str]:
    return [
        flat(output["Export"]["Name"])
        for name, output in templates.network["Outputs"].items()
        if "PodSubnets" in name and "SubnetSubnet" not in name
    ]


def test_the_helm_values_are_the_articles(article: Any) -> None:
    _, chart = article.only(HELM)
    role, _ = article.only("AWS::IAM::Role", contains="OperatorRole")

    assert chart["Version"] == "1.12.1"
    assert json.loads(flat(chart["Values"])) == {
        "cni": {"configMap": "cni-configuration", "customConf": True},
        "eni": {
            "enabled": True,
            "iamRole": f"<{role}.Arn>",
            "updateEC2AdapterLimitViaAPI": True,
            "awsEnablePrefixDelegation": True,
            "awsReleaseExcessIPs": True,
        },
        "egressMasqueradeInterfaces": "eth0",
        "ipam": {"mode": "eni"},
        "hubble": {"relay": {"enabled": True}, "ui": {"enabled": True}},
        "tunnel": "disabled",
        "nodeinit": {"enabled": True},
    }


def test_the_cni_config_map_names_the_pod_subnets_and_interface_one(article: Any) -> None:
    _, manifest = article.only("Custom::AWSCDK-EKS-KubernetesResource", contains="CniConfiguration")
    (config_map,) = json.loads(flat(manifest["Manifest"]))
    config = json.loads(config_map["data"]["cni-config"])
    eni = config["eni"] if "eni" in config else config["plugins"][0]["eni"]

    assert config_map["metadata"]["name"] == "cni-configuration"
    assert config_map["metadata"]["namespace"] == "kube-system"
    assert eni["first-interface-index"] == 1
    assert len(eni["subnet-ids"]) == 3
    assert all("PodSubnets" in subnet for subnet in eni["subnet-ids"])


def test_the_operators_policy_is_the_articles_twelve_actions(article: Any) -> None:
    _, policy = article.only("AWS::IAM::Policy", contains="OperatorRole")
    (statement,) = policy["PolicyDocument"]["Statement"]

    assert statement["Resource"] == "*"
    assert sorted(statement["Action"]) == [
        "ec2:AssignPrivateIpAddresses",
        "ec2:AttachNetworkInterface",
        "ec2:CreateNetworkInterface",
        "ec2:CreateTags",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "ec2:ModifyNetworkInterfaceAttribute",
        "ec2:UnassignPrivateIpAddresses",
    ]


def test_its_nodes_run_amazon_linux_2(article: Any) -> None:
    _, data = article.only("AWS::EC2::LaunchTemplate")
    name = data["LaunchTemplateData"]["ImageId"]["Ref"]

    assert article.cluster["Parameters"][name]["Default"] == (
        "/aws/service/eks/optimized-ami/1.32/amazon-linux-2/recommended/image_id"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Cilium 1.12.1 has reached its end of life",
        "image 'al2' reached its end on 2025-11-26",
        "Kubernetes 1.32 is in extended support",
    ],
)
def test_it_says_that_it_is_history(text: str, root: Any, tmp_path: Any) -> None:
    import aws_cdk as cdk

    from app import build, context
    from cdk_eks_cilium.settings import load

    app = cdk.App(context=context(), outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    build(app, load(root / "examples/article/settings.yaml"))
    app.synth()
    metadata = "".join(path.read_text() for path in tmp_path.glob("*.json"))

    assert text in metadata
