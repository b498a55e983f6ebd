"""The custom resource that sweeps interfaces left behind, used by itself."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from cdk_eks_cilium import CiliumValues, CiliumVersion, EniSweep
from cdk_eks_cilium.checks.template_graph import cycles, dependency_graph, waits_for
from tests.small_apps import (
    Synthesized,
    imported_cluster,
    known_vpc,
    new_stack,
    on_plain_cluster,
    plain_cluster,
)
from tests.stacks.conftest import flat

SWEEP = "Custom::EniSweep"
HELM = "Custom::AWSCDK-EKS-HelmChart"
GROUP = "AWS::EKS::Nodegroup"


@pytest.fixture(scope="module")
def alone() -> Synthesized:
    """A sweep for a plain cluster."""
    stack = new_stack()
    EniSweep(stack, "Sweep", cluster=plain_cluster(stack, known_vpc(stack)), cluster_name="shop-1")
    return Synthesized(stack)


@pytest.fixture(scope="module")
def with_cilium() -> Synthesized:
    """Cilium with one node group, where the sweep comes by default."""
    network = on_plain_cluster()
    network.add_node_group("workers")
    return Synthesized(cdk.Stack.of(network))


def statements(made: Synthesized) -> list[dict[str, Any]]:
    _, policy = made.only("AWS::IAM::Policy", "SweepHandler")
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def test_the_handler_gets_cluster_tag_and_vpc(alone: Synthesized) -> None:
    _, sweep = alone.only(SWEEP)

    assert sweep["ClusterName"] == {"Ref": alone.only("AWS::EKS::Cluster")[0]}
    assert (sweep["CiliumClusterName"], sweep["VpcId"]) == ("shop-1", "vpc-1")


def test_the_handler_may_look_and_delete_only_what_is_tagged_and_in_the_vpc(alone: Synthesized) -> None:
    look, delete = statements(alone)

    assert look == {
        "Sid": "Look",
        "Effect": "Allow",
        "Action": ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups"],
        "Resource": "*",
    }
    arn = "arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>"
    assert (delete["Effect"], delete["Action"]) == ("Allow", "ec2:DeleteNetworkInterface")
    assert flat(delete["Resource"]) == f"{arn}:network-interface/*"
    assert delete["Condition"].keys() == {"StringEquals", "ArnEquals"}
    assert delete["Condition"]["StringEquals"] == {"aws:ResourceTag/io.cilium/cluster-name": "shop-1"}
    assert delete["Condition"]["ArnEquals"].keys() == {"ec2:Vpc"}
    assert flat(delete["Condition"]["ArnEquals"]["ec2:Vpc"]) == f"{arn}:vpc/vpc-1"


def test_the_handler_has_no_other_policy_and_no_network_of_its_own(alone: Synthesized) -> None:
    _, role = alone.only("AWS::IAM::Role", "SweepHandler")

    assert [flat(arn).split("/")[-1] for arn in role["ManagedPolicyArns"]] == ["AWSLambdaBasicExecutionRole"]
    assert "Policies" not in role
    assert "VpcConfig" not in alone.only("AWS::Lambda::Function", "SweepHandler")[1]


def test_each_waits_longer_than_the_one_it_waits_for(alone: Synthesized) -> None:
    handler = alone.only("AWS::Lambda::Function", "SweepHandler")[1]["Timeout"]
    framework = alone.only("AWS::Lambda::Function", "SweepProviderframework")[1]["Timeout"]
    service = int(alone.only(SWEEP)[1]["ServiceTimeout"])

    assert (handler, framework, service) == (840, 900, 960)


def test_on_destroy_it_comes_before_the_cluster_and_before_its_own_rights(alone: Synthesized) -> None:
    graph = dependency_graph(alone.template)
    sweep, _ = alone.only(SWEEP)

    assert waits_for(graph, sweep, alone.only("AWS::EKS::Cluster")[0])
    assert waits_for(graph, sweep, alone.only("AWS::IAM::Policy", "SweepHandler")[0])
    assert cycles(graph) == []


def test_an_imported_cluster_can_be_swept() -> None:
    stack = new_stack()
    EniSweep(stack, "Sweep", cluster=imported_cluster(stack, known_vpc(stack)), cluster_name="old")

    assert Synthesized(stack).only(SWEEP)[1]["ClusterName"] == "old"


def test_on_destroy_it_comes_after_release_and_nodes_and_before_the_pod_subnets(
    with_cilium: Synthesized,
) -> None:
    graph = dependency_graph(with_cilium.template)
    sweep, _ = with_cilium.only(SWEEP)

    for later in (with_cilium.only(HELM)[0], with_cilium.only(GROUP)[0]):
        assert waits_for(graph, later, sweep)
    for earlier in (*with_cilium.of_type("AWS::EC2::Subnet"), with_cilium.only("AWS::EKS::Cluster")[0]):
        assert waits_for(graph, sweep, earlier)
    assert cycles(graph) == []


def test_its_tag_is_the_one_that_ciliums_operator_gives() -> None:
    network = on_plain_cluster(cluster_name="kiosk")
    tags = network.helm_values["eni"]["eniTags"]
    made = Synthesized(cdk.Stack.of(network))

    assert tags["io.cilium/cluster-name"] == made.only(SWEEP)[1]["CiliumClusterName"] == "kiosk"


def test_the_article_has_no_sweep_because_its_operator_tags_nothing() -> None:
    network = on_plain_cluster(values=CiliumValues(profile="article"), version=CiliumVersion.V1_12)

    assert network.eni_sweep is None
    assert "eniTags" not in network.helm_values.get("eni", {})
    assert not Synthesized(cdk.Stack.of(network)).of_type(SWEEP)
