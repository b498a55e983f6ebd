"""Policies for administrators of other kinds, written as ClusterNetworkPolicies that mean the same.

They are AdminNetworkPolicy and BaselineAdminNetworkPolicy, which came before ClusterNetworkPolicy and which
Cilium never enforces, and EKS's own kinds, which aws-node's agents enforce.
"""

from .conversion import ADMIN_KINDS, GENERATED_KINDS, convert_admin, is_generated

__all__ = ["ADMIN_KINDS", "GENERATED_KINDS", "convert_admin", "is_generated"]
