"""`Cilium` beside others: other stacks, other clusters of a VPC, CDK's older clusters."""

from __future__ import annotations

from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_eks as old_eks
from aws_cdk import aws_eks_v2 as eks

from cdk_eks_cilium import Cilium, CiliumValues, CiliumVersion, Egress, EniSweep, InputError, PodSubnets
from cdk_eks_cilium.checks.template_graph import dependency_graph, waits_for
from tests.small_apps import Synthesized, known_vpc, kubectl_layer, new_stack, plain_cluster

NODE = CiliumValues(egress=Egress.node())
GROUP = "AWS::EKS::Nodegroup"
HELM = "Custom::AWSCDK-EKS-HelmChart"


def apart(aws_node: Any = "remove", **kwargs: Any) -> tuple[cdk.Stack, eks.Cluster, Cilium]:
    """A cluster in one stack, and Cilium in another."""
    first = new_stack("First")
    vpc = known_vpc(first)
    bare = {"bootstrap_self_managed_addons": False} if aws_node == "never-install" else {}
    cluster = plain_cluster(first, vpc, **bare)
    pods = PodSubnets(first, "Pods", vpc=vpc)
    second = cdk.Stack(cast(cdk.App, first.node.root), "Second")
    network = Cilium(
        second, "Cilium", cluster=cluster, pod_subnets=pods, values=NODE, aws_node=aws_node, **kwargs
    )
    return first, cluster, network


def nodes_in(stack: cdk.Stack, cluster: eks.Cluster) -> eks.Nodegroup:
    return eks.Nodegroup(stack, "Workers", cluster=cast(eks.ICluster, cluster))


def refusal(nodes: eks.Nodegroup, network: Cilium) -> list[str]:
    with pytest.raises(InputError) as refused:
        network.run_on(nodes)
    return [str(problem) for problem in refused.value.problems]


def test_with_pod_identity_cilium_can_have_a_stack_of_its_own() -> None:
    _, _, network = apart(operator_identity="pod-identity")
    template = Synthesized(cdk.Stack.of(network))
    release, _ = template.only(HELM)
    agent, _ = template.only("AWS::EKS::Addon")

    assert waits_for(dependency_graph(template.template), release, agent)


def test_nodes_in_the_cluster_s_stack_cannot_wait_for_cilium_in_another() -> None:
    first, cluster, network = apart()

    assert refusal(nodes_in(first, cluster), network) == [
        "First/Workers: must not be in the cluster's stack 'First': nodes wait for Cilium, and Cilium's "
        "stack 'Second' waits for the cluster's; make the nodes in 'Second' with Cilium.add_node_group()"
    ]


def test_nodes_in_a_third_stack_cannot_be_waited_for_by_core_dns() -> None:
    first, cluster, network = apart("never-install")
    third = cdk.Stack(cast(cdk.App, first.node.root), "Third")

    assert refusal(nodes_in(third, cluster), network) == [
        "Third/Workers: must be in Cilium's stack 'Second' with aws_node 'never-install', not in 'Third': "
        "nodes wait for Cilium, and CoreDNS's add-on in Cilium's stack waits for nodes; make them with "
        "Cilium.add_node_group(), or in the same stack"
    ]


def test_nodes_in_a_third_stack_wait_for_cilium_where_it_removes_aws_node() -> None:
    first, cluster, network = apart()
    third = cdk.Stack(cast(cdk.App, first.node.root), "Third")
    network.run_on(nodes_in(third, cluster))
    Synthesized(third)

    assert "Second" in [stack.stack_name for stack in third.dependencies]


def test_nodes_in_a_nested_stack_wait_for_cilium_and_core_dns_for_them() -> None:
    _, cluster, network = apart("never-install")
    second = cdk.Stack.of(network)
    nested = cdk.NestedStack(second, "Nodes")
    network.run_on(nodes_in(nested, cluster))
    template = Synthesized(second)
    graph = dependency_graph(template.template)
    nodes, _ = template.only("AWS::CloudFormation::Stack")
    core_dns, _ = template.only("AWS::EKS::Addon", "CoreDns")

    assert waits_for(graph, nodes, template.only(HELM)[0])
    assert waits_for(graph, core_dns, nodes)


def on_one_vpc(*names: str | None, **kwargs: Any) -> list[Cilium]:
    """Clusters in one VPC, each in a stack of its own, with their names for Cilium."""
    root = new_stack("Network").node.root
    made = []
    for number, name in enumerate(names, start=1):
        stack = cdk.Stack(cast(cdk.App, root), f"Cluster{number}")
        vpc = known_vpc(stack)
        pods = PodSubnets(stack, "Pods", vpc=vpc, cidr=f"100.{63 + number}.0.0/16")
        cluster = plain_cluster(stack, vpc, cluster_name=f"shop-{number}")
        made.append(Cilium(stack, "Cilium", cluster=cluster, pod_subnets=pods, cluster_name=name, **kwargs))
    return made


def test_two_clusters_of_a_vpc_with_one_name_for_cilium_are_refused() -> None:
    with pytest.raises(InputError) as refused:
        on_one_vpc("shop", "shop", values=NODE)

    assert [str(problem) for problem in refused.value.problems] == [
        "Cluster2/Cilium: cluster_name: must differ from that of Cluster1/Cilium, in the same VPC, got "
        "'shop'; pass another cluster_name: the tag with this name says whose interfaces the sweep deletes"
    ]


def test_two_clusters_of_a_vpc_have_names_of_their_own_by_default() -> None:
    assert [network.cluster_name for network in on_one_vpc(None, None, values=NODE)] == ["shop-1", "shop-2"]


def test_the_article_s_clusters_may_share_a_name_because_nothing_is_swept() -> None:
    article = CiliumValues(profile="article")

    assert len(on_one_vpc("shop", "shop", values=article, version=CiliumVersion.V1_12)) == 2


def older(stack: cdk.Stack) -> Any:
    return old_eks.Cluster(
        stack, "Old", version=old_eks.KubernetesVersion.V1_33, kubectl_layer=kubectl_layer(stack)
    )


def older_import(stack: cdk.Stack) -> Any:
    return old_eks.Cluster.from_cluster_attributes(stack, "Old", cluster_name="old")


@pytest.mark.parametrize(("make", "name"), [(older, "Cluster"), (older_import, "ICluster")])
def test_a_cluster_of_cdk_s_older_module_is_refused_in_words(make: Any, name: str) -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    with pytest.raises(InputError) as refused:
        Cilium(
            stack, "Cilium", cluster=make(stack), pod_subnets=PodSubnets(stack, "Pods", vpc=vpc), values=NODE
        )

    assert [str(problem) for problem in refused.value.problems] == [
        f"Stack/Cilium: cluster: must be a cluster of aws_cdk.aws_eks_v2, got 'aws_cdk.aws_eks.{name}'; make "
        "it with aws_eks_v2.Cluster, or import it with aws_eks_v2.Cluster.from_cluster_attributes()"
    ]


def test_each_construct_for_a_cluster_refuses_an_older_one() -> None:
    stack = new_stack()
    with pytest.raises(InputError, match=r"Stack/Sweep: cluster: must be a cluster of aws_cdk\.aws_eks_v2"):
        EniSweep(stack, "Sweep", cluster=older_import(stack), cluster_name="old")
