"""An environment without a way to the internet."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from app import build, context
from cdk_eks_cilium.addressing.endpoint_services import NEEDED_SERVICES
from cdk_eks_cilium.settings import load
from tests.settings_files import with_chart
from tests.small_apps import TEMPLATES_ONLY, Synthesized
from tests.stacks.conftest import SETTINGS, flat

REGISTRY = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/mirror"
ENDPOINT = "AWS::EC2::VPCEndpoint"


@pytest.fixture
def isolated(synthesize: Callable[[str], Any]) -> Any:
    return synthesize("isolated")


def test_nothing_leads_out(isolated: Any) -> None:
    kinds = {resource["Type"] for resource in isolated.network["Resources"].values()}

    assert kinds == {
        "AWS::EC2::VPC",
        "AWS::EC2::VPCCidrBlock",
        "AWS::EC2::Subnet",
        "AWS::EC2::RouteTable",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::SecurityGroup",
        ENDPOINT,
    }


def test_each_zone_has_a_node_and_a_pod_subnet_and_no_public_one(isolated: Any) -> None:
    subnets = isolated.of_type("AWS::EC2::Subnet", "network")

    assert len(subnets) == 4
    assert not [s for s in subnets.values() if s["Properties"].get("MapPublicIpOnLaunch")]
    internal = [
        name
        for name, subnet in subnets.items()
        if {"Key": "kubernetes.io/role/internal-elb", "Value": "1"} in subnet["Properties"]["Tags"]
    ]
    assert internal == [name for name in subnets if "NodeSubnet" in name]


def test_every_service_answers_inside(isolated: Any) -> None:
    endpoints = [endpoint["Properties"] for endpoint in isolated.of_type(ENDPOINT, "network").values()]
    names = {e["ServiceName"] for e in endpoints if e["VpcEndpointType"] == "Interface"}

    assert names == {f"com.amazonaws.eu-west-1.{service}" for service in (*NEEDED_SERVICES, "logs")}


def test_nodes_and_pods_may_call_them_and_both_have_routes_to_storage(isolated: Any) -> None:
    _, group = isolated.only("AWS::EC2::SecurityGroup", "network")
    _, storage = isolated.only(ENDPOINT, "network", contains="S3")
    tables = isolated.of_type("AWS::EC2::RouteTable", "network")

    assert [rule["CidrIp"] for rule in group["SecurityGroupIngress"]] == ["10.0.0.0/16", "100.64.0.0/16"]
    assert {table["Ref"] for table in storage["RouteTableIds"]} == set(tables)
    assert len([name for name in tables if "PodSubnets" in name]) == 2


def test_endpoints_let_through_the_accounts_own_and_pods_tokens(isolated: Any) -> None:
    policies = {
        flat(endpoint["Properties"]["ServiceName"]).rsplit("eu-west-1.")[-1]: {
            statement["Sid"]
            for statement in endpoint["Properties"].get("PolicyDocument", {}).get("Statement", [])
        }
        for endpoint in isolated.of_type(ENDPOINT, "network").values()
    }

    assert policies.pop("sts") == {"OwnPrincipals", "TokensOfPods"}
    assert policies.pop("eks-auth") == set()
    (storage,) = [policies.pop(name) for name in list(policies) if name.endswith("s3")]
    assert {"OwnPrincipalsInOwnBuckets", "LayersOfImages", "AnswersOfCustomResources"} < storage
    assert set(policies) == {"ec2", "ecr.api", "ecr.dkr", "eks", "lambda", "logs"}
    assert all(found == {"OwnPrincipals"} for found in policies.values())


def test_the_api_is_private_and_its_handler_inside(isolated: Any) -> None:
    _, cluster = isolated.only("AWS::EKS::Cluster")
    _, handler = isolated.only("AWS::Lambda::Function", contains="KubectlProviderHandler")

    access = cluster["ResourcesVpcConfig"]
    assert (access["EndpointPrivateAccess"], access["EndpointPublicAccess"]) == (True, False)
    assert handler["VpcConfig"]["SubnetIds"] == access["SubnetIds"]


def test_the_networks_that_are_named_reach_the_api_and_nothing_else(isolated: Any) -> None:
    groups = isolated.of_type("AWS::EC2::SecurityGroup")
    name, api = isolated.only("AWS::EC2::SecurityGroup", contains="ControlPlaneSecurityGroup")

    assert [(rule["CidrIp"], rule["FromPort"], rule["ToPort"]) for rule in api["SecurityGroupIngress"]] == [
        ("10.8.0.0/16", 443, 443)
    ]
    assert not [other for other in groups if other != name and "10.8.0.0/16" in json.dumps(groups[other])]
    assert not isolated.of_type("AWS::EC2::SecurityGroupIngress")


def test_the_chart_is_an_asset_that_the_handler_may_read(isolated: Any) -> None:
    _, release = isolated.only("Custom::AWSCDK-EKS-HelmChart")
    _, policy = isolated.only("AWS::IAM::Policy", contains="KubectlProviderHandler")

    assert "s3://cdk-hnb659fds-assets-" in flat(release["ChartAssetURL"])
    assert not {"Chart", "Repository", "Version"} & release.keys()
    assert "s3:GetObject*" in json.dumps(policy)


def test_images_come_from_the_registry(isolated: Any) -> None:
    _, release = isolated.only("Custom::AWSCDK-EKS-HelmChart")
    values = flat(release["Values"])

    assert f'"image":{{"repository":"{REGISTRY}/cilium/cilium"}}' in values
    assert "quay.io" not in values


def test_the_cluster_comes_after_the_endpoints_and_nothing_is_warned_about(tmp_path: Path) -> None:
    app = cdk.App(context={**context(), **TEMPLATES_ONLY}, builtin_cloud_formation_validation=False)
    network, cluster, _ = build(app, load(with_chart(SETTINGS["isolated"], tmp_path)))

    assert network.stack_name in {stack.stack_name for stack in cluster.dependencies}
    assert Synthesized(network).messages == []
    assert Synthesized(cluster).messages == []
