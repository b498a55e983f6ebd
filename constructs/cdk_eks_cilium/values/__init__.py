"""The Helm values of Cilium, typed, and their rendering for each chart version.

`CiliumValues` says what is wanted in terms that no chart version changes; `helm_values` writes
the keys that one chart reads. Plain Python: strings may be CDK tokens, they are never looked into.
"""

from __future__ import annotations

from .cautions import warnings
from .cluster_name import derive_cluster_name
from .cni_config import cni_config_map
from .combinations import core_dns_problems
from .model import (
    Agent,
    BandwidthManager,
    CiliumValues,
    Egress,
    Encryption,
    Eni,
    Envoy,
    FlowExport,
    Hubble,
    HubbleTls,
    IngressController,
    Ipam,
    Issuer,
    Operator,
    Profile,
    Prometheus,
    Resources,
    Toleration,
)
from .node_addressing import node_addressing
from .operator_actions import change_actions, discovery_actions, operator_actions, policy_statements
from .operator_identity import OperatorIdentity, identity_problems
from .references import References
from .render import CLUSTER_TAG, MANAGED_TAG, helm_values, hubble_certificate_days
from .rules import problems

__all__ = [
    "CLUSTER_TAG",
    "MANAGED_TAG",
    "Agent",
    "BandwidthManager",
    "CiliumValues",
    "Egress",
    "Encryption",
    "Eni",
    "Envoy",
    "FlowExport",
    "Hubble",
    "HubbleTls",
    "IngressController",
    "Ipam",
    "Issuer",
    "Operator",
    "OperatorIdentity",
    "Profile",
    "Prometheus",
    "References",
    "Resources",
    "Toleration",
    "change_actions",
    "cni_config_map",
    "core_dns_problems",
    "derive_cluster_name",
    "discovery_actions",
    "helm_values",
    "hubble_certificate_days",
    "identity_problems",
    "node_addressing",
    "operator_actions",
    "policy_statements",
    "problems",
    "warnings",
]
