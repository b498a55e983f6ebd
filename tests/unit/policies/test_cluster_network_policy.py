"""ClusterNetworkPolicies in CDK: what is in the template, and what synthesis refuses."""

from __future__ import annotations

import json
from typing import Any, cast

import aws_cdk as cdk
import pytest

from cdk_eks_cilium import (
    CiliumCluster,
    CiliumValues,
    CiliumVersion,
    ClusterNetworkPolicy,
    ClusterPeer,
    Egress,
    InputError,
    Port,
)
from tests.small_apps import known_vpc, new_stack


def platform(version: str = "1.20.0", **values: Any) -> CiliumCluster:
    stack = new_stack()
    return CiliumCluster(
        stack,
        "Platform",
        vpc=known_vpc(stack),
        version=CiliumVersion.of(version),
        values=CiliumValues(egress=Egress.node(), **values),
    )


def templates(scope: CiliumCluster) -> dict[str, Any]:
    (template,) = [stack.template for stack in cast(cdk.App, scope.node.root).synth().stacks]
    return cast(dict[str, Any], template["Resources"])


def refusal(scope: CiliumCluster) -> str:
    with pytest.raises(RuntimeError) as caught:
        templates(scope)
    return str(caught.value)


def test_a_policy_is_in_the_template_with_the_rules_of_later_verbs() -> None:
    cluster = platform(cluster_network_policies=True)
    guard = ClusterNetworkPolicy(
        cluster,
        "ShopGuard",
        cilium=cluster.cilium,
        tier="Admin",
        priority=10,
        subject=ClusterPeer.namespace("shop"),
    )
    guard.deny_from(ClusterPeer.namespaces({"team": "b"}), Port.tcp(80), name="no-team-b")

    (found,) = [
        json.loads(resource["Properties"]["Manifest"])
        for resource in templates(cluster).values()
        if "ClusterNetworkPolicy" in str(resource["Properties"].get("Manifest", ""))
    ]
    assert found == [guard.cluster_policy().manifest()]
    assert found[0]["metadata"] == {"name": "shop-guard"}
    assert found[0]["spec"]["ingress"] == [
        {
            "name": "no-team-b",
            "action": "Deny",
            "from": [{"namespaces": {"matchLabels": {"team": "b"}}}],
            "protocols": [{"tcp": {"destinationPort": {"number": 80}}}],
        }
    ]


def test_synthesis_refuses_a_policy_while_agents_are_not_told_to_enforce_it() -> None:
    cluster = platform()
    ClusterNetworkPolicy(cluster, "Guard", cilium=cluster.cilium, tier="Admin", priority=1).deny_from(
        ClusterPeer.namespaces()
    )
    assert (
        "ClusterNetworkPolicy guard: must be enforced: agents ignore ClusterNetworkPolicies while "
        "cluster_network_policies is false; set cluster_network_policies to true, or write a "
        "CiliumClusterwideNetworkPolicy"
    ) in refusal(cluster)


def test_synthesis_refuses_a_policy_for_a_release_without_tiers() -> None:
    cluster = platform("1.19.6")
    ClusterNetworkPolicy(cluster, "Guard", cilium=cluster.cilium, tier="Admin", priority=1).deny_from(
        ClusterPeer.namespaces()
    )
    assert (
        "ClusterNetworkPolicy guard: must be enforced: Cilium enforces ClusterNetworkPolicies from 1.20 on, "
        "and this is for 1.19.6; install Cilium 1.20 or newer, set cluster_network_policies to true, or "
        "write a CiliumClusterwideNetworkPolicy"
    ) in refusal(cluster)


def test_synthesis_refuses_what_the_values_switch_off() -> None:
    cluster = platform(cluster_network_policies=True, l7_proxy=False)
    policy = ClusterNetworkPolicy(cluster, "Guard", cilium=cluster.cilium, tier="Admin", priority=1)
    policy.accept_to(ClusterPeer.domains("example.com")).deny_to(ClusterPeer.nodes())
    found = refusal(cluster)
    assert (
        "spec.egress[0].to[0].domainNames: must not have DNS names while l7_proxy is false: agents refuse "
        "the policy; set l7_proxy to true, or name networks"
    ) in found
    assert (
        "spec.egress[1].to[0].nodes: must not name nodes while nodeSelectorLabels is false: agents refuse "
        "the policy; set it in overrides, or name networks"
    ) in found


def test_synthesis_refuses_a_policy_without_a_rule() -> None:
    cluster = platform(cluster_network_policies=True)
    ClusterNetworkPolicy(cluster, "Guard", cilium=cluster.cilium, tier="Admin", priority=1)
    assert "ClusterNetworkPolicy guard: must have a rule; call accept_to" in refusal(cluster)


def test_a_wrong_priority_is_refused_at_once() -> None:
    cluster = platform(cluster_network_policies=True)
    with pytest.raises(
        InputError, match=r"ClusterNetworkPolicy guard: priority: must be at most 1000, got 1001"
    ):
        ClusterNetworkPolicy(cluster, "Guard", cilium=cluster.cilium, tier="Admin", priority=1001)
