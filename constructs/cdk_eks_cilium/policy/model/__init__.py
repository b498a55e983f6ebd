"""The parts of Cilium's policies, as the CRDs of every Cilium release in the table define them.

ClusterNetworkPolicy of Kubernetes is here too: agents read it into rules of the same engine.
"""

from .cluster_network_policy import (
    ClusterNetworkPolicySpec,
    ClusterPolicyEgressRule,
    ClusterPolicyIngressRule,
    ClusterPolicyRule,
    ClusterPolicySubject,
    KubernetesClusterNetworkPolicy,
    Tier,
    TierAction,
)
from .cluster_policy_parts import (
    ClusterPolicyEgressPeer,
    ClusterPolicyIngressPeer,
    ClusterPolicyPeer,
    ClusterPolicyPort,
    ClusterPolicyPortRange,
    ClusterPolicyPorts,
    ClusterPolicyProtocol,
    NamespacedPods,
)
from .kafka import KafkaRule
from .layer7 import (
    EnvoyConfigReference,
    HeaderMatch,
    HttpRule,
    L7Rules,
    Listener,
    SecretReference,
    TlsContext,
)
from .part import PolicyPart, not_none, spelled
from .peers import (
    AwsGroup,
    CidrRule,
    Entity,
    FqdnSelector,
    Group,
    K8sService,
    K8sServiceSelector,
    Service,
)
from .policy import (
    CiliumClusterwideNetworkPolicy,
    CiliumNetworkPolicy,
    EnableDefaultDeny,
    Log,
    Metadata,
    PolicyLabel,
    Rule,
)
from .ports import IcmpField, IcmpRule, PortDenyRule, PortProtocol, PortRule, Protocol
from .rules import (
    SECTIONS,
    Authentication,
    EgressDenyRule,
    EgressRule,
    IngressDenyRule,
    IngressRule,
    Item,
)
from .selectors import LabelSelector, Requirement

CiliumPolicy = CiliumNetworkPolicy | CiliumClusterwideNetworkPolicy
"""A policy in Cilium's own language, which is judged between the tiers Admin and Baseline."""

Policy = CiliumPolicy | KubernetesClusterNetworkPolicy
"""A policy that agents enforce."""

__all__ = [
    "SECTIONS",
    "Authentication",
    "AwsGroup",
    "CidrRule",
    "CiliumClusterwideNetworkPolicy",
    "CiliumNetworkPolicy",
    "CiliumPolicy",
    "ClusterNetworkPolicySpec",
    "ClusterPolicyEgressPeer",
    "ClusterPolicyEgressRule",
    "ClusterPolicyIngressPeer",
    "ClusterPolicyIngressRule",
    "ClusterPolicyPeer",
    "ClusterPolicyPort",
    "ClusterPolicyPortRange",
    "ClusterPolicyPorts",
    "ClusterPolicyProtocol",
    "ClusterPolicyRule",
    "ClusterPolicySubject",
    "EgressDenyRule",
    "EgressRule",
    "EnableDefaultDeny",
    "Entity",
    "EnvoyConfigReference",
    "FqdnSelector",
    "Group",
    "HeaderMatch",
    "HttpRule",
    "IcmpField",
    "IcmpRule",
    "IngressDenyRule",
    "IngressRule",
    "Item",
    "K8sService",
    "K8sServiceSelector",
    "KafkaRule",
    "KubernetesClusterNetworkPolicy",
    "L7Rules",
    "LabelSelector",
    "Listener",
    "Log",
    "Metadata",
    "NamespacedPods",
    "Policy",
    "PolicyLabel",
    "PolicyPart",
    "PortDenyRule",
    "PortProtocol",
    "PortRule",
    "Protocol",
    "Requirement",
    "Rule",
    "SecretReference",
    "Service",
    "Tier",
    "TierAction",
    "TlsContext",
    "not_none",
    "spelled",
]
