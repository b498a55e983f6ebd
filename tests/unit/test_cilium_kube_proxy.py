"""What `Cilium` does with kube-proxy where it takes kube-proxy's place."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_eks_cilium import AwsNodeOptions, Cilium, CiliumValues, Egress, Eni, PodSubnets
from cdk_eks_cilium.checks.template_graph import dependency_graph, waits_for
from tests.small_apps import (
    Synthesized,
    imported_cluster,
    known_vpc,
    new_stack,
    on_plain_cluster,
    plain_cluster,
)

HELM = "Custom::AWSCDK-EKS-HelmChart"
REMOVAL = "Custom::AwsNodeRemoval"
MANIFEST = "Custom::AWSCDK-EKS-KubernetesResource"
REPLACED = CiliumValues(egress=Egress.node(), kube_proxy_replacement=True)
KEPT = CiliumValues(egress=Egress.node())


def made(network: Cilium) -> Synthesized:
    return Synthesized(cdk.Stack.of(network))


def kept_off(app: Synthesized) -> list[str]:
    names: list[str] = json.loads(app.only(REMOVAL)[1].get("KeptOff", "[]"))
    return names


def datapath_tags(app: Synthesized) -> set[str]:
    (template,) = app.of_type("AWS::EC2::LaunchTemplate").values()
    tags = [
        tag for each in template["LaunchTemplateData"]["TagSpecifications"] for tag in each.get("Tags", [])
    ]
    return {tag["Value"] for tag in tags if tag["Key"] == "cdk-eks-cilium/datapath"}


@pytest.mark.parametrize("aws_node", ["remove", "patch"])
def test_kube_proxy_is_kept_off_where_it_is_replaced(aws_node: Any) -> None:
    assert kept_off(made(on_plain_cluster(values=REPLACED, aws_node=aws_node))) == ["kube-proxy"]


def test_kube_proxy_stays_where_it_is_needed() -> None:
    app = made(on_plain_cluster(values=KEPT))

    assert kept_off(app) == []
    assert app.of_type(MANIFEST, "KeptOff") == {}


def test_kube_proxy_of_an_imported_cluster_is_kept_off_too() -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    pods = PodSubnets(stack, "Pods", vpc=vpc, cidr="100.64.0.0/16")
    Cilium(
        stack, "Cilium", cluster=imported_cluster(stack, vpc), pod_subnets=pods, values=REPLACED,
        cluster_name="demo",
    )  # fmt: skip

    assert kept_off(Synthesized(stack)) == ["kube-proxy"]


def test_kube_proxy_can_be_left_where_it_is() -> None:
    options = AwsNodeOptions(leave_kube_proxy=True)

    assert kept_off(made(on_plain_cluster(values=REPLACED, aws_node_options=options))) == []


def test_kube_proxy_goes_before_the_release_and_its_rights_go_last() -> None:
    app = made(on_plain_cluster(values=REPLACED))
    graph = dependency_graph(app.template)
    release, _ = app.only(HELM)
    removal, _ = app.only(REMOVAL)
    rights, _ = app.only(MANIFEST, "KeptOff")

    assert waits_for(graph, release, removal)
    assert waits_for(graph, removal, rights)


@pytest.mark.parametrize(("values", "tag"), [(KEPT, "node-eth0-1"), (REPLACED, "node-eth0-1-no-kube-proxy")])
def test_nodes_are_replaced_when_kube_proxy_goes_or_comes(values: CiliumValues, tag: str) -> None:
    network = on_plain_cluster(values=values)
    network.add_node_group("workers")

    assert datapath_tags(made(network)) == {tag}


@pytest.mark.parametrize(
    ("egress", "tag"), [(Egress.node(), "node-eth0-1-2-blocks"), (Egress.pod(), "pod-none-1")]
)
def test_nodes_are_replaced_when_a_block_of_pods_is_added_and_rules_name_blocks(
    egress: Egress, tag: str
) -> None:
    """Running pods do not get a routing rule for a new block, and with egress ``pod`` they do not need it."""
    stack = new_stack()
    vpc = known_vpc(stack)
    pods = PodSubnets(stack, "Pods", vpc=vpc, further_cidrs=["100.65.0.0/16"])
    pods.route_through_nat(dict.fromkeys(pods.availability_zones, "nat-a"))
    network = Cilium(
        stack,
        "Cilium",
        cluster=plain_cluster(stack, vpc),
        pod_subnets=pods,
        values=CiliumValues(egress=egress),
    )
    network.add_node_group("workers")

    assert datapath_tags(Synthesized(stack)) == {tag}


def test_nodes_are_replaced_when_prefixes_come_or_go() -> None:
    """A node that ever had single addresses never gets prefixes."""
    network = on_plain_cluster(values=CiliumValues(egress=Egress.node(), eni=Eni(prefix_delegation=False)))
    network.add_node_group("workers")

    assert datapath_tags(made(network)) == {"node-eth0-1-no-prefixes"}
