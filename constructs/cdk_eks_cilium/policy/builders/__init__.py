"""Policies written in code: who may talk to whom, one verb for one rule."""

from .cluster_policy import ClusterPeer, ClusterPolicyBuilder, ClusterPolicyVerbs
from .peer import Peer
from .policy_builder import ClusterwidePolicyBuilder, PolicyBuilder
from .port import Icmp, Port
from .verbs import PolicyVerbs, kube_dns

__all__ = [
    "ClusterPeer",
    "ClusterPolicyBuilder",
    "ClusterPolicyVerbs",
    "ClusterwidePolicyBuilder",
    "Icmp",
    "Peer",
    "PolicyBuilder",
    "PolicyVerbs",
    "Port",
    "kube_dns",
]
