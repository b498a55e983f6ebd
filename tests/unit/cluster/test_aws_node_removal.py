"""The custom resource that takes aws-node off, used by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import aws_ec2 as ec2

from cdk_eks_cilium import AwsNodeRemoval
from cdk_eks_cilium.template_graph import dependency_graph, waits_for
from tests.small_apps import Synthesized, known_vpc, new_stack, plain_cluster
from tests.stacks.conftest import flat

REMOVAL = "Custom::AwsNodeRemoval"


@pytest.fixture(scope="module")
def outside() -> Synthesized:
    """A removal with every default."""
    stack = new_stack()
    AwsNodeRemoval(stack, "Removal", cluster=plain_cluster(stack, known_vpc(stack)))
    return Synthesized(stack)


def handler(made: Synthesized) -> dict[str, Any]:
    return made.only("AWS::Lambda::Function", "RemovalHandler")[1]


def rbac(made: Synthesized) -> tuple[dict[str, Any], dict[str, Any]]:
    role, binding = json.loads(flat(made.only("Custom::AWSCDK-EKS-KubernetesResource")[1]["Manifest"]))
    return role, binding


def test_it_removes_aws_node_alone(outside: Synthesized) -> None:
    assert json.loads(outside.only(REMOVAL)[1]["DaemonSets"]) == ["aws-node"]
    assert outside.only(REMOVAL)[1]["RepeatOn"] == {}


def test_outside_the_vpc_the_handler_has_no_network_of_its_own(outside: Synthesized) -> None:
    assert "VpcConfig" not in handler(outside)


def test_the_handler_is_told_endpoint_and_authority_and_asks_no_one(outside: Synthesized) -> None:
    cluster, _ = outside.only("AWS::EKS::Cluster")
    _, removal = outside.only(REMOVAL)

    assert removal["ClusterName"] == {"Ref": cluster}
    assert removal["Endpoint"] == {"Fn::GetAtt": [cluster, "Endpoint"]}
    assert removal["CertificateAuthorityData"] == {"Fn::GetAtt": [cluster, "CertificateAuthorityData"]}


def test_cloudformation_waits_longer_than_the_handler_may_run(outside: Synthesized) -> None:
    assert int(outside.only(REMOVAL)[1]["ServiceTimeout"]) > handler(outside)["Timeout"] == 300


def test_its_rights_are_there_before_it_runs_and_after_it_is_gone(outside: Synthesized) -> None:
    graph = dependency_graph(outside.template)
    removal, _ = outside.only(REMOVAL)

    assert waits_for(graph, removal, outside.only("AWS::EKS::AccessEntry", "Removal")[0])
    assert waits_for(graph, removal, outside.only("Custom::AWSCDK-EKS-KubernetesResource")[0])


def test_the_group_has_no_prefix_that_eks_keeps_for_itself(outside: Synthesized) -> None:
    (group,) = outside.only("AWS::EKS::AccessEntry", "Removal")[1]["KubernetesGroups"]

    assert not group.startswith(("system:", "eks:", "aws:", "amazon:", "iam:"))


def test_both_log_groups_go_with_the_stack(outside: Synthesized) -> None:
    groups = [name for name in outside.of_type("AWS::Logs::LogGroup") if name.startswith("Removal")]

    assert len(groups) == 2
    assert {outside.template["Resources"][name]["DeletionPolicy"] for name in groups} == {"Delete"}


def test_in_subnets_the_handler_takes_the_clusters_security_group() -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    cluster = plain_cluster(stack, vpc)
    AwsNodeRemoval(stack, "Removal", cluster=cluster, handler_subnets=vpc.private_subnets)
    made = Synthesized(stack)

    assert handler(made)["VpcConfig"] == {
        "SubnetIds": ["subnet-a", "subnet-b"],
        "SecurityGroupIds": [{"Fn::GetAtt": [made.only("AWS::EKS::Cluster")[0], "ClusterSecurityGroupId"]}],
    }


def test_in_subnets_the_handler_can_have_groups_of_its_own() -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    AwsNodeRemoval(
        stack,
        "Removal",
        cluster=plain_cluster(stack, vpc),
        handler_subnets=vpc.private_subnets[:1],
        handler_security_groups=[ec2.SecurityGroup.from_security_group_id(stack, "Own", "sg-own")],
    )

    assert handler(Synthesized(stack))["VpcConfig"] == {
        "SubnetIds": ["subnet-a"],
        "SecurityGroupIds": ["sg-own"],
    }


def test_other_daemon_sets_widen_the_role_by_exactly_their_names() -> None:
    stack = new_stack()
    names = ("aws-node", "kube-proxy")
    AwsNodeRemoval(
        stack,
        "Removal",
        cluster=plain_cluster(stack, known_vpc(stack)),
        daemon_sets=names,
        repeat_on={"A": "1"},
    )
    made = Synthesized(stack)

    assert rbac(made)[0]["rules"][0]["resourceNames"] == list(names)
    assert json.loads(made.only(REMOVAL)[1]["DaemonSets"]) == list(names)
    assert made.only(REMOVAL)[1]["RepeatOn"] == {"A": "1"}


def test_two_removals_have_rights_of_their_own() -> None:
    stack = new_stack()
    cluster = plain_cluster(stack, known_vpc(stack))
    AwsNodeRemoval(stack, "One", cluster=cluster)
    AwsNodeRemoval(stack, "Two", cluster=cluster)
    made = Synthesized(stack)
    manifests = made.of_type("Custom::AWSCDK-EKS-KubernetesResource").values()
    roles = [json.loads(flat(manifest["Manifest"]))[0]["metadata"]["name"] for manifest in manifests]
    entries = [
        e["KubernetesGroups"][0]
        for e in made.of_type("AWS::EKS::AccessEntry").values()
        if "KubernetesGroups" in e
    ]

    assert len(set(roles)) == len(roles) == 2
    assert len(set(entries)) == len(entries) == 2
