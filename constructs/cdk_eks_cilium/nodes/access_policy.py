"""The access policies of EKS: what a principal may do in a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

Role = Literal["cluster-admin", "admin", "edit", "view"]
"""A Kubernetes role for people. EKS has an access policy for each."""

ACCESS_POLICIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cluster-admin": "AmazonEKSClusterAdminPolicy",
        "admin": "AmazonEKSAdminPolicy",
        "edit": "AmazonEKSEditPolicy",
        "view": "AmazonEKSViewPolicy",
    }
)
"""The access policy of EKS for each Kubernetes role.

https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
"""
