"""The quotas of an account that a deploy takes from, by their codes in Service Quotas.

A quota has a value in each account and region: https://docs.aws.amazon.com/servicequotas/latest/userguide/intro.html.
EC2 counts the virtual CPUs of running instances by class:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-quotas.html. AWS's pages have no codes. These
are the codes that the API gives for the names beside them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class AccountQuota:
    """A quota.

    Attributes:
        code: Its code.
        service: The code of its service.
        name: What it limits.
        default: Its value unless AWS has raised it, for accounts whose value cannot be read; None if AWS
            publishes none or lets it vary.
    """

    code: str
    service: str
    name: str
    default: int | None = None


ELASTIC_IPS: Final = AccountQuota("L-0263D0A3", "ec2", "Elastic IPs", 5)
VPCS: Final = AccountQuota("L-F678F1CE", "vpc", "VPCs of the region", 5)
INTERNET_GATEWAYS: Final = AccountQuota("L-A4707A72", "vpc", "internet gateways of the region", 5)
NAT_GATEWAYS: Final = AccountQuota("L-FE5A380F", "vpc", "NAT gateways of a zone", 5)
INTERFACES: Final = AccountQuota("L-DF5E4CA3", "vpc", "network interfaces of the region", 5000)
BLOCKS_OF_A_VPC: Final = AccountQuota("L-83CA0A9D", "vpc", "IPv4 blocks of a VPC", 5)
CLUSTERS: Final = AccountQuota("L-1194D53C", "eks", "clusters", 100)
GROUPS_OF_A_CLUSTER: Final = AccountQuota("L-6D54EA21", "eks", "managed node groups of a cluster", 30)
NODES_OF_A_GROUP: Final = AccountQuota("L-BD136A63", "eks", "nodes of a managed node group", 450)

_ON_DEMAND: Final[Mapping[str, AccountQuota]] = MappingProxyType(
    {
        name: AccountQuota(code, "ec2", f"vCPUs of on-demand instances ({words})")
        for name, code, words in (
            ("standard", "L-1216C47A", "A, C, D, H, I, M, R, T, Z"),
            ("f", "L-74FC7D96", "F"),
            ("g", "L-DB2E81BA", "G and VT"),
            ("p", "L-417A185B", "P"),
            ("x", "L-7295265B", "X"),
            ("inf", "L-1945791B", "Inf"),
            ("trn", "L-2C3B7624", "Trn"),
            ("dl", "L-6E869C2A", "DL"),
            ("u", "L-43DA4232", "high memory"),
            ("hpc", "L-F7808C92", "HPC"),
        )
    }
)
# P5 and later have a Spot quota of their own, whose code we have not found, so P is left out here.
_SPOT: Final[Mapping[str, AccountQuota]] = MappingProxyType(
    {
        name: AccountQuota(code, "ec2", f"vCPUs of Spot instances ({words})")
        for name, code, words in (
            ("standard", "L-34B43A08", "A, C, D, H, I, M, R, T, Z"),
            ("g", "L-3819A6DF", "G and VT"),
            ("inf", "L-B5D1601B", "Inf"),
            ("trn", "L-6B0D517C", "Trn"),
        )
    }
)
_CLASSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"), "standard"),
        **dict.fromkeys(("g", "gr", "vt"), "g"),
        **{name: name for name in ("f", "p", "x", "inf", "trn", "dl", "u", "hpc")},
    }
)

ACCOUNT_QUOTAS: Final[Mapping[str, AccountQuota]] = MappingProxyType(
    {
        each.code: each
        for each in (
            ELASTIC_IPS,
            VPCS,
            INTERNET_GATEWAYS,
            NAT_GATEWAYS,
            INTERFACES,
            BLOCKS_OF_A_VPC,
            CLUSTERS,
            GROUPS_OF_A_CLUSTER,
            NODES_OF_A_GROUP,
            *_ON_DEMAND.values(),
            *_SPOT.values(),
        )
    }
)
"""Every quota by its code."""


def vcpu_quota(instance_type: str, *, spot: bool = False) -> AccountQuota | None:
    """The quota that counts the virtual CPUs of a type; None where none is known for it.

    Args:
        instance_type: Such as ``m6i.large``.
        spot: Whether it is a Spot instance.
    """
    letters = re.match(r"[a-z]+", instance_type)
    kind = _CLASSES.get(letters.group() if letters else "")
    return (_SPOT if spot else _ON_DEMAND).get(kind or "")
