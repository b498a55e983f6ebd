"""The frame of the custom resources, around whichever function."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from cdk_eks_cilium.checks.template_graph import dependency_graph, waits_for
from cdk_eks_cilium.cluster.cluster_function import ClusterFunction
from cdk_eks_cilium.cluster.rbac import role_and_binding
from tests.small_apps import Synthesized, known_vpc, new_stack, plain_cluster
from tests.stacks.conftest import flat

KIND = "Custom::Thing"


class Thing(ClusterFunction):
    """A function with one resource, which waits for rights in Kubernetes."""

    def __init__(self, scope: cdk.Stack, id: str, *, cluster: Any, **kwargs: Any) -> None:
        super().__init__(
            scope,
            id,
            cluster=cluster,
            folder="eni_sweep",
            description="Does a thing",
            timeout=cdk.Duration.minutes(3),
            service_timeout=cdk.Duration.minutes(4),
            **kwargs,
        )
        entry = self.enter_cluster(self)
        rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
        rights = self.grant_in_kubernetes(self, "Rbac", role_and_binding(self.role_name, self.group, rules))
        self.resource = self.custom_resource(self, resource_type=KIND, properties=self.cluster_properties)
        self.resource.node.add_dependency(entry, rights)


@pytest.fixture(scope="module")
def alone() -> Synthesized:
    stack = new_stack()
    Thing(stack, "Thing", cluster=plain_cluster(stack, known_vpc(stack)))
    return Synthesized(stack)


def function(made: Synthesized, contains: str = "ThingHandler") -> dict[str, Any]:
    return made.only("AWS::Lambda::Function", contains)[1]


def test_each_waits_longer_than_the_one_it_waits_for(alone: Synthesized) -> None:
    assert function(alone)["Timeout"] == 180
    assert int(alone.only(KIND)[1]["ServiceTimeout"]) == 240


def test_both_log_groups_go_with_the_stack_and_keep_a_month(alone: Synthesized) -> None:
    groups = [name for name in alone.of_type("AWS::Logs::LogGroup") if name.startswith("Thing")]
    made = [alone.template["Resources"][name] for name in groups]

    assert len(made) == 2
    assert {each["DeletionPolicy"] for each in made} == {"Delete"}
    assert {each["Properties"]["RetentionInDays"] for each in made} == {30}
    logging = [
        function(alone, name)["LoggingConfig"]["LogGroup"]["Ref"]
        for name in ("ThingHandler", "ThingProvider")
    ]
    assert sorted(logging) == sorted(groups)


def test_the_function_gets_the_name_and_endpoint_of_the_cluster(alone: Synthesized) -> None:
    cluster, _ = alone.only("AWS::EKS::Cluster")
    _, thing = alone.only(KIND)

    assert thing["ClusterName"] == {"Ref": cluster}
    assert thing["Endpoint"] == {"Fn::GetAtt": [cluster, "Endpoint"]}
    assert thing["CertificateAuthorityData"] == {"Fn::GetAtt": [cluster, "CertificateAuthorityData"]}
    assert thing["Region"] == {"Ref": "AWS::Region"}


def test_its_access_entry_puts_its_role_in_a_group_that_its_rights_are_for(alone: Synthesized) -> None:
    _, entry = alone.only("AWS::EKS::AccessEntry", "Thing")
    manifest = alone.only("Custom::AWSCDK-EKS-KubernetesResource", "Thing")[1]["Manifest"]
    role, binding = json.loads(flat(manifest))
    name, _ = alone.only("AWS::IAM::Role", "ThingHandler")

    assert entry["PrincipalArn"] == {"Fn::GetAtt": [name, "Arn"]}
    assert entry["KubernetesGroups"] == [binding["subjects"][0]["name"]]
    assert (role["kind"], role["metadata"]["name"]) == ("ClusterRole", binding["roleRef"]["name"])


def test_the_group_has_no_prefix_that_eks_keeps_for_itself(alone: Synthesized) -> None:
    (group,) = alone.only("AWS::EKS::AccessEntry", "Thing")[1]["KubernetesGroups"]

    assert not group.startswith(("system:", "eks:", "aws:", "amazon:", "iam:"))


def test_cloudformation_waits_for_its_rights_no_longer_than_kubectl_may_take(alone: Synthesized) -> None:
    assert alone.only("Custom::AWSCDK-EKS-KubernetesResource", "Thing")[1]["ServiceTimeout"] == 960


def test_the_resource_waits_for_what_the_subclass_says(alone: Synthesized) -> None:
    graph = dependency_graph(alone.template)
    thing, _ = alone.only(KIND)

    assert waits_for(graph, thing, alone.only("AWS::EKS::AccessEntry", "Thing")[0])
    assert waits_for(graph, thing, alone.only("Custom::AWSCDK-EKS-KubernetesResource", "Thing")[0])


def test_outside_the_vpc_the_function_has_no_network_of_its_own(alone: Synthesized) -> None:
    assert "VpcConfig" not in function(alone)


@pytest.mark.parametrize("own", [False, True])
def test_in_subnets_it_takes_the_clusters_security_group_unless_it_gets_others(own: bool) -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    groups = [ec2.SecurityGroup.from_security_group_id(stack, "Own", "sg-own")] if own else []
    cluster = plain_cluster(stack, vpc)
    Thing(stack, "Thing", cluster=cluster, subnets=vpc.private_subnets, security_groups=groups)
    made = Synthesized(stack)
    clusters_own = {"Fn::GetAtt": [made.only("AWS::EKS::Cluster")[0], "ClusterSecurityGroupId"]}

    assert function(made)["VpcConfig"] == {
        "SubnetIds": ["subnet-a", "subnet-b"],
        "SecurityGroupIds": ["sg-own" if own else clusters_own],
    }


def test_two_of_a_stack_have_groups_and_roles_of_their_own() -> None:
    stack = new_stack()
    cluster = plain_cluster(stack, known_vpc(stack))
    one, two = Thing(stack, "One", cluster=cluster), Thing(stack, "Two", cluster=cluster)

    assert one.group != two.group
    assert one.role_name != two.role_name


def test_more_resources_share_one_framework() -> None:
    stack = new_stack()
    thing = Thing(stack, "Thing", cluster=plain_cluster(stack, known_vpc(stack)))
    thing.custom_resource(stack, resource_type=KIND, properties={})
    made = Synthesized(stack)

    frameworks = [name for name in made.of_type("AWS::Lambda::Function") if name.startswith("ThingProvider")]

    assert len(made.of_type(KIND)) == 2
    assert len(frameworks) == 1
