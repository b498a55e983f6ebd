"""kube-proxy and CoreDNS on a cluster that EKS made bare."""

from __future__ import annotations

import pytest
from constructs import Construct

from cdk_eks_cilium import CoreAddons
from cdk_eks_cilium.checks.template_graph import dependency_graph, waits_for
from tests.small_apps import Synthesized, known_vpc, new_stack, plain_cluster

ADDON = "AWS::EKS::Addon"


@pytest.mark.parametrize(("kube_proxy", "names"), [(True, ["coredns", "kube-proxy"]), (False, ["coredns"])])
def test_kube_proxy_is_left_out_where_cilium_replaces_it(kube_proxy: bool, names: list[str]) -> None:
    stack = new_stack()
    addons = CoreAddons(
        stack, "Addons", cluster=plain_cluster(stack, known_vpc(stack)), kube_proxy=kube_proxy
    )
    made = Synthesized(stack).of_type(ADDON).values()

    assert sorted(addon["AddonName"] for addon in made) == names
    assert {addon["ResolveConflicts"] for addon in made} == {"OVERWRITE"}
    assert (addons.kube_proxy is None) is not kube_proxy


def test_nodes_go_between_the_two() -> None:
    stack = new_stack()
    cluster = plain_cluster(stack, known_vpc(stack), bootstrap_self_managed_addons=False)
    addons = CoreAddons(stack, "Addons", cluster=cluster)
    nodes: Construct = cluster.add_nodegroup_capacity("Nodes")
    addons.run_on(nodes)
    made = Synthesized(stack)
    graph = dependency_graph(made.template)
    group, _ = made.only("AWS::EKS::Nodegroup")

    assert waits_for(graph, group, made.only(ADDON, "KubeProxy")[0])
    assert waits_for(graph, made.only(ADDON, "CoreDns")[0], group)
