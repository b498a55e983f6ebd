"""Settings of an existing VPC, and whether they are refused."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import parse

ZONES = ["eu-west-1a", "eu-west-1b"]
EXISTING: dict[str, Any] = {
    "vpc_id": "vpc-0123456789abcdef0",
    "vpc_cidr": "10.0.0.0/16",
    "availability_zones": ZONES,
    "private_subnet_ids": {
        "eu-west-1a": "subnet-0123456789abcdef0",
        "eu-west-1b": "subnet-0123456789abcdef1",
    },
}
PODS = {
    "eu-west-1a": {"id": "subnet-0123456789abcdef2", "cidr": "100.64.0.0/17"},
    "eu-west-1b": {"id": "subnet-0123456789abcdef3", "cidr": "100.64.128.0/17"},
}


def refusal(egress: str = "node", **network: Any) -> list[str]:
    with pytest.raises(InputError) as refused:
        parse({"network": network, "cilium": {"egress": egress}})
    return [str(problem) for problem in refused.value.problems]


def accepted(egress: str = "node", **network: Any) -> bool:
    return bool(parse({"network": network, "cilium": {"egress": egress}}))
