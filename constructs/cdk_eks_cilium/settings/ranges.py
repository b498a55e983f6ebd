"""The types of settings that are ranges of IPv4 addresses."""

from __future__ import annotations

import ipaddress
from functools import partial
from typing import Annotated, Final

from pydantic import AfterValidator

from cdk_eks_cilium.addressing.api_clients import CALLERS_EXAMPLE, caller_problems
from cdk_eks_cilium.addressing.service_range import service_range_problems
from cdk_eks_cilium.addressing.vpc_blocks import PRIMARY_EXAMPLE, cidr_problems
from cdk_eks_cilium.problems import refusal, refuse

from .shape import refused_by

ANYWHERE: Final = "0.0.0.0/0"
_PUBLIC_EXAMPLE: Final = "203.0.113.0/24"

_DOCUMENTATION_RANGES: Final = tuple(
    ipaddress.IPv4Network(block) for block in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
)

# The reserved addresses, which EKS refuses for the public endpoint.
# https://docs.aws.amazon.com/eks/latest/userguide/config-cluster-endpoint.html
# belief: EKS-reserved-public-ranges
_NOT_ON_THE_INTERNET: Final = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)


def is_placeholder(block: str) -> bool:
    """Whether *block* is a range for documentation (RFC 5737), so a placeholder."""
    return any(ipaddress.IPv4Network(block).subnet_of(nobodys) for nobodys in _DOCUMENTATION_RANGES)


def _range(value: str) -> str:
    """Check an IPv4 range of other networks, which is never every address."""
    if value == ANYWHERE:
        raise refusal("must be a range of addresses, not all addresses", "name the ranges", id="CEK1005")
    refuse(cidr_problems("", value, shortest=1, longest=32, example=CALLERS_EXAMPLE)[:1])
    network = ipaddress.IPv4Network(value)
    if network.is_loopback or network.is_link_local or network.is_multicast:
        raise refusal("must be a range that can be routed", "leave it out", id="CEK1006")
    return value


def _public_block(value: str) -> str:
    refuse(cidr_problems("", value, shortest=0, longest=32, example=_PUBLIC_EXAMPLE)[:1])
    if value == ANYWHERE or is_placeholder(value):
        return value
    for reserved in _NOT_ON_THE_INTERNET:
        if ipaddress.IPv4Network(value).overlaps(reserved):
            raise refusal(
                f"must be public addresses, outside {reserved}",
                "name the addresses that people have on the internet "
                "(networks with a route to the VPC go into private_cidrs)",
                id="CEK1007",
            )
    return value


PrimaryBlock = Annotated[str, refused_by(partial(cidr_problems, example=PRIMARY_EXAMPLE))]
VpcBlock = Annotated[str, refused_by(cidr_problems)]
Range = Annotated[str, AfterValidator(_range)]
PublicBlock = Annotated[str, AfterValidator(_public_block)]
PrivateBlock = Annotated[str, refused_by(caller_problems)]
ServiceBlock = Annotated[str, refused_by(service_range_problems)]
