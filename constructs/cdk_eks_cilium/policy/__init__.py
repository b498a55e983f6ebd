"""Cilium's network policies in plain Python: types, YAML, verbs and validity.

Nothing here needs a stack or a cluster. What policies mean is `cdk_eks_cilium.policy_analysis`.
"""

from .builders import (
    ClusterPeer,
    ClusterPolicyBuilder,
    ClusterwidePolicyBuilder,
    Icmp,
    Peer,
    PolicyBuilder,
    Port,
    kube_dns,
)
from .documents import Document, dump, load_policies, parse, read_files, read_text
from .model import (
    CiliumClusterwideNetworkPolicy,
    CiliumNetworkPolicy,
    KubernetesClusterNetworkPolicy,
    LabelSelector,
    Policy,
    Requirement,
)
from .model import HttpRule as Http
from .tenancy import default_deny
from .validity import problems_for

__all__ = [
    "CiliumClusterwideNetworkPolicy",
    "CiliumNetworkPolicy",
    "ClusterPeer",
    "ClusterPolicyBuilder",
    "ClusterwidePolicyBuilder",
    "Document",
    "Http",
    "Icmp",
    "KubernetesClusterNetworkPolicy",
    "LabelSelector",
    "Peer",
    "Policy",
    "PolicyBuilder",
    "Port",
    "Requirement",
    "default_deny",
    "dump",
    "kube_dns",
    "load_policies",
    "parse",
    "problems_for",
    "read_files",
    "read_text",
]
