"""Whether agents enforce a ClusterNetworkPolicy, by release and by their options."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.policy import ClusterPeer, ClusterPolicyBuilder
from cdk_eks_cilium.policy.cluster_policies import TierSupport, cluster_policy_problems, not_enforced
from cdk_eks_cilium.versions.cilium import CiliumVersion


@pytest.mark.parametrize(
    ("version", "enforced", "expected"),
    [
        ("1.19.6", None, "Cilium enforces ClusterNetworkPolicies from 1.20 on, and this is for 1.19.6"),
        ("1.19.6", True, "Cilium enforces ClusterNetworkPolicies from 1.20 on, and this is for 1.19.6"),
        ("1.20.0", False, "agents ignore ClusterNetworkPolicies while cluster_network_policies is false"),
        ("1.20.0", None, ""),
        ("1.20.0", True, ""),
    ],
)
def test_agents_enforce_policies_of_a_release_with_tiers_where_they_are_told(
    version: str, enforced: bool | None, expected: str
) -> None:
    assert not_enforced(CiliumVersion.of(version), enforced) == expected


def test_the_newest_release_enforces_them() -> None:
    assert not_enforced(None, None) == ""


def test_agents_refuse_what_they_are_not_able_to_do() -> None:
    policy = (
        ClusterPolicyBuilder("guard", tier="Admin", priority=1)
        .accept_to(ClusterPeer.domains("example.com"))
        .deny_to(ClusterPeer.nodes({"zone": "a"}))
        .cluster_policy()
    )
    unable = TierSupport(CiliumVersion.of("1.20.0"), True, node_labels=False, l7_proxy=False)
    assert [(one.where, one.rule) for one in cluster_policy_problems(policy, unable)] == [
        (
            "ClusterNetworkPolicy guard: spec.egress[0].to[0].domainNames",
            "must not have DNS names while l7_proxy is false: agents refuse the policy",
        ),
        (
            "ClusterNetworkPolicy guard: spec.egress[1].to[0].nodes",
            "must not name nodes while nodeSelectorLabels is false: agents refuse the policy",
        ),
    ]
    assert [*cluster_policy_problems(policy, TierSupport())] == []
