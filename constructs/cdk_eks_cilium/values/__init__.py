"""The Helm values of Cilium, typed, and their rendering for each chart version.

`CiliumValues` says what is wanted in terms that no chart version changes; `helm_values` writes
the keys that one chart reads. Plain Python: strings may be CDK tokens, they are never looked into.
"""

from __future__ import annotations

from .cluster_name import derive_cluster_name
from .cni_config import cni_config_map
from .model import CiliumValues, Egress, Encryption, Hubble, Profile
from .operator_actions import change_actions, discovery_actions, operator_actions, policy_statements
from .operator_identity import OperatorIdentity, identity_problems
from .references import References
from .render import CLUSTER_TAG, MANAGED_TAG, helm_values, hubble_certificate_days
from .rules import problems, warnings

__all__ = [
    "CLUSTER_TAG",
    "MANAGED_TAG",
    "CiliumValues",
    "Egress",
    "Encryption",
    "Hubble",
    "OperatorIdentity",
    "Profile",
    "References",
    "change_actions",
    "cni_config_map",
    "derive_cluster_name",
    "discovery_actions",
    "helm_values",
    "hubble_certificate_days",
    "identity_problems",
    "operator_actions",
    "policy_statements",
    "problems",
    "warnings",
]
