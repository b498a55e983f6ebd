"""The properties of the custom resource, checked before anything is deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from readers import matching, read_all

# Stricter than a tag's value: EC2's filters treat * and ? as wildcards, and the name of another cluster must
# never match. Cilium's own names are narrower still.
_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", re.ASCII)
# https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
_EKS_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)
_VPC: Final = re.compile(r"vpc-[0-9A-Za-z]{1,32}", re.ASCII)

_READERS: Final = {
    "CiliumClusterName": matching(_NAME, "must be Cilium's name of the cluster", "pass its cluster.name"),
    "VpcId": matching(_VPC, "must be the id of the cluster's VPC", "pass one like 'vpc-0123456789abcdef0'"),
}


@dataclass(frozen=True)
class Properties:
    """The custom resource's properties.

    Attributes:
        cilium_name: Cilium's name of the cluster, the value of the tag on its interfaces.
        vpc_id: The cluster's VPC.
        eks_name: EKS's name of the cluster; empty where it is missing or malformed.
    """

    cilium_name: str
    vpc_id: str
    eks_name: str

    @classmethod
    def of(cls, raw: object) -> Properties:
        """Read ``ResourceProperties``.

        Raises:
            PermanentError: With every property that is missing or malformed.
        """
        read = read_all(raw, _READERS)
        name = raw.get("ClusterName") if isinstance(raw, Mapping) else None
        known = isinstance(name, str) and _EKS_NAME.fullmatch(name)
        return cls(
            cilium_name=read["CiliumClusterName"], vpc_id=read["VpcId"], eks_name=str(name) if known else ""
        )
