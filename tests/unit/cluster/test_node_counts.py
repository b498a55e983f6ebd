"""The custom resource that keeps a node group's number of nodes, in the template."""

from __future__ import annotations

from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam

from cdk_eks_cilium import NodeCounts, NodeGroup
from cdk_eks_cilium.checks.template_graph import dependency_graph, waits_for
from cdk_eks_cilium.cluster.node_role import NodeRole
from tests.small_apps import Synthesized, imported_cluster, known_vpc, new_stack, on_plain_cluster
from tests.stacks.conftest import flat

COUNT = "Custom::NodeCount"
GROUP = "AWS::EKS::Nodegroup"


@pytest.fixture(scope="module")
def with_cilium() -> Synthesized:
    """Cilium with two groups, and a tag on everything."""
    network = on_plain_cluster()
    network.add_node_group("workers", labels={"team": "shop"})
    network.add_node_group("spare", min_size=0, max_size=3, desired_size=1)
    cdk.Tags.of(network).add("cost-center", "7")
    return Synthesized(cdk.Stack.of(network))


def group_and_count(made: Synthesized, contains: str) -> tuple[str, dict[str, Any], str, dict[str, Any]]:
    return (*made.only(GROUP, contains), *made.only(COUNT, contains))


@pytest.mark.parametrize("name", ["workers", "spare"])
def test_the_number_of_nodes_is_the_answer_of_the_groups_own_resource(
    with_cilium: Synthesized, name: str
) -> None:
    logical_id, group, count_id, count = group_and_count(with_cilium, name)

    assert group["ScalingConfig"]["DesiredSize"] == {"Fn::GetAtt": [count_id, "DesiredSize"]}
    assert count["LogicalId"] == logical_id
    assert count["ClusterName"] == {"Ref": with_cilium.only("AWS::EKS::Cluster")[0]}


@pytest.mark.parametrize(("name", "initial"), [("workers", 2), ("spare", 1)])
def test_whatever_may_change_in_the_group_changes_the_resource(
    with_cilium: Synthesized, name: str, initial: int
) -> None:
    _, group, _, count = group_and_count(with_cilium, name)
    scaling = {**group["ScalingConfig"], "DesiredSize": initial}

    assert count["Group"] == {**group, "ScalingConfig": scaling}
    assert {"LaunchTemplate", "Tags", "InstanceTypes", "NodeRole", "Subnets"} <= count["Group"].keys()


def test_the_number_is_looked_up_after_the_release_and_right_before_the_group(
    with_cilium: Synthesized,
) -> None:
    graph = dependency_graph(with_cilium.template)
    group, _, count, _ = group_and_count(with_cilium, "workers")
    release, _ = with_cilium.only("Custom::AWSCDK-EKS-HelmChart")

    assert waits_for(graph, count, release)
    assert waits_for(graph, group, count)


def test_the_groups_of_a_cluster_share_a_function_outside_the_vpc(with_cilium: Synthesized) -> None:
    handlers = with_cilium.of_type("AWS::Lambda::Function", "NodeCountsHandler")

    assert len(handlers) == 1
    assert "VpcConfig" not in next(iter(handlers.values()))
    tokens = [str(count["ServiceToken"]) for count in with_cilium.of_type(COUNT).values()]
    assert (len(tokens), len(set(tokens))) == (2, 1)


def test_each_waits_longer_than_the_one_it_waits_for(with_cilium: Synthesized) -> None:
    _, handler = with_cilium.only("AWS::Lambda::Function", "NodeCountsHandler")

    assert handler["Timeout"] == 120
    assert {count["ServiceTimeout"] for count in with_cilium.of_type(COUNT).values()} == {"240"}


def test_the_function_may_look_at_the_node_groups_of_this_cluster_alone(with_cilium: Synthesized) -> None:
    _, policy = with_cilium.only("AWS::IAM::Policy", "NodeCountsHandler")
    _, role = with_cilium.only("AWS::IAM::Role", "NodeCountsHandler")
    cluster, _ = with_cilium.only("AWS::EKS::Cluster")
    here = "arn:<AWS::Partition>:eks:<AWS::Region>:<AWS::AccountId>"

    assert [
        (each["Effect"], each["Action"], flat(each["Resource"]))
        for each in policy["PolicyDocument"]["Statement"]
    ] == [
        ("Allow", "eks:ListNodegroups", f"{here}:cluster/<{cluster}>"),
        ("Allow", "eks:DescribeNodegroup", f"{here}:nodegroup/<{cluster}>/*/*"),
    ]
    assert [flat(arn).split("/")[-1] for arn in role["ManagedPolicyArns"]] == ["AWSLambdaBasicExecutionRole"]


def test_a_group_by_itself_keeps_its_number_too_and_may_share_a_function() -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    cluster = imported_cluster(stack, vpc)
    counts = NodeCounts(stack, "Counts", cluster=cluster)
    for name, shared in (("Alone", None), ("First", counts), ("Second", counts)):
        NodeGroup(
            stack,
            name,
            cluster=cluster,
            node_role=cast(iam.IRole, NodeRole(stack, f"{name}Role").role),
            subnets=vpc.private_subnets,
            kubernetes_version="1.35",
            node_counts=shared,
        )
    made = Synthesized(stack)

    for name in ("Alone", "First", "Second"):
        _, group, count, _ = group_and_count(made, name)
        assert group["ScalingConfig"]["DesiredSize"] == {"Fn::GetAtt": [count, "DesiredSize"]}
    ours = [
        name
        for name, function in made.of_type("AWS::Lambda::Function", "Handler").items()
        if str(function.get("Description")).startswith("Tells how many nodes")
    ]
    assert sorted(name[:5] for name in ours) == ["Alone", "Count"]


def test_a_property_that_is_set_later_is_in_the_copy() -> None:
    network = on_plain_cluster()
    workers = network.add_node_group("workers")
    resource = cast(eks.CfnNodegroup, workers.resource.node.default_child)
    resource.update_config = eks.CfnNodegroup.UpdateConfigProperty(max_unavailable=2)

    _, count = Synthesized(cdk.Stack.of(network)).only(COUNT)

    assert count["Group"]["UpdateConfig"] == {"MaxUnavailable": 2}
