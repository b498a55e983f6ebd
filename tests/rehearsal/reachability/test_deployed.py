from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.account import LambdaFunction
from rehearsal.aws.handler import Made
from rehearsal.cloudformation.state import Resource
from rehearsal.reachability.deployed import view
from rehearsal.reachability.parties import ClusterView
from tests.rehearsal.reachability.networks import cidr

Make = Callable[..., Any]
VPC = {"Ref": "Vpc"}
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
}


def subnet(block: str, zone: str) -> dict[str, Any]:
    return {
        "Type": "AWS::EC2::Subnet",
        "Properties": {"VpcId": VPC, "CidrBlock": block, "AvailabilityZone": f"eu-west-1{zone}"},
    }


def group() -> dict[str, Any]:
    return {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "g", "VpcId": VPC}}


class Deployed:
    """A cluster in two zones, to which nodes, releases and functions are added as if they were deployed."""

    def __init__(self, make: Make, **access: Any) -> None:
        self.app = make()
        data = {"SecurityGroupIds": [{"Ref": "Own"}]}
        network = {"SubnetIds": [{"Ref": "A"}, {"Ref": "B"}], **access}
        cluster = {"Name": "platform", "Version": "1.35", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}
        resources = {
            "Role": ROLE,
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
            "A": subnet("10.0.0.0/24", "a"),
            "B": subnet("10.0.1.0/24", "b"),
            "A2": subnet("10.0.2.0/24", "a"),
            "PodsA": subnet("10.0.10.0/24", "a"),
            "PodsB": subnet("10.0.11.0/24", "b"),
            "Own": group(),
            "Extra": group(),
            "Template": {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": data}},
            "Cluster": {
                "Type": "AWS::EKS::Cluster",
                "Properties": {**cluster, "ResourcesVpcConfig": network},
            },
        }
        self.state = self.app.engine.create(self.app.stack(Resources=resources))
        self.cluster = self.app.account.clusters["platform"]

    def id(self, name: str) -> str:
        identifier: str = self.state.resources[name].made.physical_id
        return identifier

    def add(self, name: str, kind: str, **properties: Any) -> None:
        made = Made(f"platform/{name}")
        given = {"ClusterName": "platform", **properties}
        self.state.resources[name] = Resource(name, kind, made, given, {})

    def nodes(self, *subnets: str, template: bool = False, name: str = "workers") -> None:
        latest = {"LaunchTemplate": {"Id": self.id("Template"), "Version": "1"}} if template else {}
        self.add(name, "AWS::EKS::Nodegroup", Subnets=[self.id(each) for each in subnets], **latest)

    def release(self, **options: str) -> None:
        metadata = {"name": "cilium-config", "namespace": "kube-system"}
        subnets = f"{self.id('PodsA')},{self.id('PodsB')}"
        data = {"eni-subnet-ids": subnets, "enable-ipv4-masquerade": "true", **options}
        manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
        self.cluster.kubernetes.apply(manifest)

    def workload(self, name: str, image: str, kind: str = "Deployment") -> None:
        template = {
            "metadata": {"labels": {"a": "b"}},
            "spec": {"containers": [{"name": "c", "image": image}]},
        }
        self.cluster.kubernetes.apply(
            {
                "apiVersion": "apps/v1",
                "kind": kind,
                "metadata": {"name": name, "namespace": "kube-system"},
                "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
            }
        )

    def function(self, name: str, in_vpc: bool, **variables: str) -> str:
        arn = f"arn:aws:lambda:eu-west-1:123456789012:function:{name}"
        network = {"SubnetIds": [self.id("A")], "SecurityGroupIds": [self.id("Own")]}
        properties: dict[str, Any] = {"Environment": {"Variables": variables}}
        properties |= {"VpcConfig": network} if in_vpc else {}
        self.app.account.functions[arn] = LambdaFunction(arn, name, name, properties, Path())
        return arn

    def view(self) -> ClusterView:
        found = view(self.app.account, [self.state], self.cluster)
        assert found is not None
        return found


def test_the_control_plane_may_be_in_each_of_its_subnets_with_all_of_its_groups(deployment: Make) -> None:
    deployed = Deployed(deployment, SecurityGroupIds=[{"Ref": "Extra"}])
    api = deployed.view().api
    groups = (deployed.cluster.security_group, deployed.id("Extra"))
    assert [(each.name, each.groups) for each in api.interfaces] == [
        ("the control plane in eu-west-1a", groups),
        ("the control plane in eu-west-1b", groups),
    ]
    made = deployed.app.account.interfaces(description="Amazon EKS platform")
    assert [{group["GroupId"] for group in each["Groups"]} for each in made] == [set(groups)] * 2


def test_an_api_is_public_to_everybody_unless_the_template_says_otherwise(deployment: Make) -> None:
    api = Deployed(deployment).view().api
    assert (api.private, api.public, api.public_cidrs) == (False, True, (cidr("0.0.0.0/0"),))


def test_an_api_has_the_access_that_the_template_names(deployment: Make) -> None:
    access = {
        "EndpointPrivateAccess": "true",
        "EndpointPublicAccess": False,
        "PublicAccessCidrs": ["10.0.0.0/8"],
    }
    api = Deployed(deployment, **access).view().api
    assert (api.private, api.public, api.public_cidrs) == (True, False, (cidr("10.0.0.0/8"),))


def test_nodes_are_asked_in_each_subnet_whether_one_runs_there_or_not(deployment: Make) -> None:
    deployed = Deployed(deployment)
    deployed.nodes("A", "B")
    assert [party.interface.name for party in deployed.view().nodes] == [
        "nodes in eu-west-1a",
        "nodes in eu-west-1b",
    ]
    assert {party.interface.groups for party in deployed.view().nodes} == {(deployed.cluster.security_group,)}


def test_two_subnets_of_a_zone_are_told_apart(deployment: Make) -> None:
    deployed = Deployed(deployment)
    deployed.nodes("A", "A2", "B")
    assert [party.interface.name for party in deployed.view().nodes] == [
        "nodes in eu-west-1a (10.0.0.0/24)",
        "nodes in eu-west-1a (10.0.2.0/24)",
        "nodes in eu-west-1b",
    ]


def test_groups_of_a_launch_template_take_the_place_of_the_clusters(deployment: Make) -> None:
    deployed = Deployed(deployment)
    deployed.nodes("A", template=True, name="own")
    deployed.nodes("B")
    named = {party.interface.name: party.interface.groups for party in deployed.view().nodes}
    assert named == {
        "nodes of own in eu-west-1a": (deployed.id("Own"),),
        "nodes of workers in eu-west-1b": (deployed.cluster.security_group,),
    }


def test_masqueraded_pods_leave_by_their_node(deployment: Make) -> None:
    deployed = Deployed(deployment)
    deployed.nodes("A", "B")
    deployed.release()
    pods = {party.interface.name: party for party in deployed.view().pods}
    assert set(pods) == {"pods in eu-west-1a", "pods in eu-west-1b"}
    first = pods["pods in eu-west-1a"]
    assert (first.interface.subnet, first.leaving.subnet) == (deployed.id("PodsA"), deployed.id("A"))
    # What masquerades may take any port from 1024 on.
    assert (first.interface.client_ports.first, first.leaving.client_ports.first) == (32768, 1024)


def test_other_pods_leave_by_themselves(deployment: Make) -> None:
    deployed = Deployed(deployment)
    deployed.nodes("A")
    deployed.release(**{"enable-ipv4-masquerade": "false"})
    (pods,) = deployed.view().pods
    assert (pods.abroad, pods.leaving.subnet) == (None, deployed.id("PodsA"))


@pytest.mark.parametrize(("release", "by_node"), [("v1.20.2", True), ("v1.21.0", False)])
def test_from_cilium_1_21_on_pods_leave_by_themselves_in_any_case(
    release: str, by_node: bool, deployment: Make
) -> None:
    deployed = Deployed(deployment)
    deployed.nodes("A")
    deployed.release()
    deployed.workload("cilium-operator", f"quay.io/cilium/operator-aws:{release}")
    (pods,) = deployed.view().pods
    assert (pods.abroad is not None) == by_node


def test_registries_on_the_internet_are_needed_and_ecr_is_not(deployment: Make) -> None:
    deployed = Deployed(deployment)
    deployed.workload("one", "quay.io/cilium/cilium:v1")
    deployed.workload("two", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/mirror/cilium:v1")
    deployed.workload("three", "coredns")
    assert deployed.view().needs_internet == ("quay.io",)


def test_webhooks_in_pods_are_named_and_others_are_not(deployment: Make) -> None:
    deployed = Deployed(deployment)
    for name, client in (
        ("inside", {"service": {"name": "s", "namespace": "n"}}),
        ("outside", {"url": "https://x"}),
    ):
        webhook = {
            "name": "a.b.c",
            "clientConfig": client,
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
        }
        deployed.cluster.kubernetes.apply(
            {
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "ValidatingWebhookConfiguration",
                "metadata": {"name": name},
                "webhooks": [webhook],
            }
        )
    assert deployed.view().webhooks == ("ValidatingWebhookConfiguration inside",)


def test_functions_need_what_their_custom_resources_call(deployment: Make) -> None:
    deployed = Deployed(deployment)
    handler = deployed.function("Kubectl", True)
    framework = deployed.function("Framework", False, USER_ON_EVENT_FUNCTION_ARN=handler)
    release = {"ServiceToken": framework, "ChartAssetURL": "s3://b/k"}
    deployed.add("Chart", "Custom::AWSCDK-EKS-HelmChart", **release)
    removal = deployed.function("Removal", True)
    deployed.add("Removal", "Custom::AwsNodeRemoval", ServiceToken=removal, Endpoint="https://api")
    found = {each.name: each for each in deployed.view().functions}
    assert (found["Framework"].services, found["Framework"].interfaces) == (frozenset({"lambda", "s3"}), ())
    assert (found["Kubectl"].services, found["Kubectl"].call_api) == (frozenset({"eks", "s3"}), True)
    assert [each.name for each in found["Kubectl"].interfaces] == ["Kubectl in eu-west-1a"]
    assert (found["Removal"].services, found["Removal"].call_api) == (frozenset(), True)


def test_a_chart_from_a_repository_takes_the_internet(deployment: Make) -> None:
    deployed = Deployed(deployment)
    token = deployed.function("Kubectl", True)
    deployed.add(
        "Chart", "Custom::AWSCDK-EKS-HelmChart", ServiceToken=token, Repository="https://helm.cilium.io/"
    )
    (found,) = deployed.view().functions
    assert found.call_internet


def test_a_resource_of_another_cluster_counts_for_nothing(deployment: Make) -> None:
    deployed = Deployed(deployment)
    token = deployed.function("Other", True)
    deployed.add("Other", "Custom::AWSCDK-EKS-HelmChart", ServiceToken=token, ClusterName="another")
    deployed.add("OtherNodes", "AWS::EKS::Nodegroup", Subnets=[deployed.id("A")], ClusterName="another")
    assert (deployed.view().functions, deployed.view().nodes) == ((), ())


def test_a_cluster_that_no_template_made_has_no_view(deployment: Make) -> None:
    deployed = Deployed(deployment)
    assert view(deployed.app.account, [], deployed.cluster) is None
    assert deployed.view().name == "platform"
