"""Whether agents enforce a ClusterNetworkPolicy, and what they refuse in it.

Agents refuse a policy as a whole: it exists, and does nothing (``ParseClusterNetworkPolicy`` in Cilium's
``pkg/k8s/cluster_network_policy.go``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .model import KubernetesClusterNetworkPolicy

_ENFORCED: Final = behaviour.policy.CLUSTER_NETWORK_POLICIES


@dataclass(frozen=True)
class TierSupport:
    """What the agents of a cluster can do for ClusterNetworkPolicies.

    Attributes:
        version: The release of Cilium; None for the newest.
        enforced: Whether ``k8sClusterNetworkPolicy.enabled`` is on; None if that is unknown.
        node_labels: Whether ``nodeSelectorLabels`` is on, which ``nodes`` of peers need; None if unknown.
        l7_proxy: Whether ``l7Proxy`` is on, which DNS names need.
    """

    version: CiliumVersion | None = None
    enforced: bool | None = None
    node_labels: bool | None = None
    l7_proxy: bool = True


def not_enforced(version: CiliumVersion | None, enforced: bool | None) -> str:
    """Why agents ignore every ClusterNetworkPolicy, as a clause; empty if they enforce them, or may.

    Args:
        version: The release of Cilium; None for the newest.
        enforced: Whether ``k8sClusterNetworkPolicy.enabled`` is on; None if that is unknown.
    """
    if not _ENFORCED.holds(version):
        return f"Cilium enforces ClusterNetworkPolicies from {_ENFORCED.since} on, and this is for {version}"
    if enforced is False:
        return "agents ignore ClusterNetworkPolicies while cluster_network_policies is false"
    return ""


def cluster_policy_problems(
    policy: KubernetesClusterNetworkPolicy, support: TierSupport, where: str | None = None
) -> Iterator[Problem]:
    """What keeps agents from enforcing a policy whose fields are valid one by one.

    Args:
        policy: The policy.
        support: What the agents can do.
        where: The place that errors name. By default the policy's kind and name.
    """
    base = where or f"{policy.written_as} {policy.name}"
    why = not_enforced(support.version, support.enforced)
    if why:
        newer = "" if _ENFORCED.holds(support.version) else f"install Cilium {_ENFORCED.since} or newer, "
        fix = f"{newer}set cluster_network_policies to true, or write a CiliumClusterwideNetworkPolicy"
        yield Problem(base, f"must be enforced: {why}", fix=fix, id="CEK5203")
    for index, rule in enumerate(policy.spec.egress or ()):
        for number, peer in enumerate(rule.to):
            at = f"{base}: spec.egress[{index}].to[{number}]"
            if peer.nodes is not None and support.node_labels is False:
                rule_text = "must not name nodes while nodeSelectorLabels is false: agents refuse the policy"
                yield Problem(
                    f"{at}.nodes", rule_text, fix="set it in overrides, or name networks", id="CEK5204"
                )
            if peer.domain_names is not None and not support.l7_proxy:
                rule_text = "must not have DNS names while l7_proxy is false: agents refuse the policy"
                fix = "set l7_proxy to true, or name networks"
                yield Problem(f"{at}.domainNames", rule_text, fix=fix, id="CEK5205")
