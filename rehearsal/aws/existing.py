"""Makes the network that a template names by id and does not create, because it exists already.

An id does not describe its resource, so a plain one stands in: a VPC, subnets that take the template's zones
in turn, a route table or a gateway. The app writes the ranges of its settings into the template's metadata;
without them the VPC is 10.0.0.0/16, and a subnet the next sixteenth of it. They count as older than the
deployment: the end state neither lists nor touches them.
"""

# no belief: stand-ins for a network that others made

from __future__ import annotations

import importlib
import itertools
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Network
from typing import Any
from unittest.mock import patch

from cdk_eks_cilium.checks.app_templates import EXISTING_RANGES
from rehearsal.aws.account import Account

# Values of a chart are JSON within JSON, whose quotes are escaped.
_ID = re.compile(r'"((?:vpc|subnet|rtb|nat|tgw|sg)-[0-9a-f]{8,17})\\*"')
_OWNER = re.compile(r":ec2:[a-z0-9-]+:(\d{12}):(?:vpc|subnet)/((?:vpc|subnet)-[0-9a-f]{8,17})")
_PLAIN_RANGE = "10.0.0.0/16"
_ZONE = re.compile(r'"AvailabilityZone": "([a-z0-9-]+)"')

# The module and function of moto that generate the ids of each kind, in the order of creation.
_GENERATORS = {
    "vpc": ("vpcs", "random_vpc_id"),
    "subnet": ("subnets", "random_subnet_id"),
    "rtb": ("route_tables", "random_route_table_id"),
    "sg": ("security_groups", "random_security_group_id"),
    "tgw": ("transit_gateway", "random_transit_gateway_id"),
    "nat": ("nat_gateways", "random_nat_gateway_id"),
}


def provide(account: Account, templates: Collection[Mapping[str, Any]]) -> list[str]:
    """Creates the network that templates expect to exist, records its ids in the account and returns them.

    Args:
        account: Where to create it.
        templates: The templates.
    """
    text = json.dumps([template.get("Resources", {}) for template in templates])
    ranges: dict[str, list[str]] = {}
    for template in templates:
        ranges |= template.get("Metadata", {}).get(EXISTING_RANGES, {})
    order = list(_GENERATORS)
    wanted = sorted(set(_ID.findall(text)), key=lambda name: (order.index(name.split("-")[0]), name))
    if not wanted:
        return []
    # moto makes the default VPC at the first call, with an id of its own.
    account.client("ec2").describe_vpcs()
    makers = _Makers(account, sorted(set(_ZONE.findall(text))), ranges)
    for identifier in wanted:
        kind = identifier.split("-")[0]
        with id_is(kind, identifier):
            getattr(makers, kind)(identifier)
    account.existing |= {*wanted, *makers.beside}
    # Only the template can tell who owns it, by the ARNs in its policies.
    account.access.owners.update({name: owner for owner, name in _OWNER.findall(text)})
    return wanted


class _Makers:
    """One method per kind of id."""

    def __init__(self, account: Account, zones: list[str], ranges: Mapping[str, Sequence[str]]) -> None:
        self._ec2 = account.client("ec2")
        region = account.environment.region
        self._zones = itertools.cycle(zones or [f"{region}a", f"{region}b"])
        self._ranges = ranges
        self._blocks = _cut(_PLAIN_RANGE)
        self._vpc = ""
        self._subnet = ""
        self.beside: set[str] = set()

    def vpc(self, identifier: str) -> None:
        primary, *further = self._ranges.get(identifier, [_PLAIN_RANGE])
        self._ec2.create_vpc(CidrBlock=primary)
        for block in further:
            made = self._ec2.associate_vpc_cidr_block(VpcId=identifier, CidrBlock=block)
            self.beside.add(made["CidrBlockAssociation"]["AssociationId"])
        if not self._vpc:
            self._vpc, self._blocks = identifier, _cut(primary)

    def subnet(self, identifier: str) -> None:
        self._ec2.create_subnet(
            VpcId=self._home(),
            CidrBlock=self._block(identifier),
            AvailabilityZone=next(self._zones),
        )
        self._subnet = self._subnet or identifier

    def _block(self, subnet: str) -> str:
        if subnet in self._ranges:
            return self._ranges[subnet][0]
        return next(self._blocks) if self._vpc else "172.31.128.0/20"

    def rtb(self, identifier: str) -> None:
        self._ec2.create_route_table(VpcId=self._home())

    def sg(self, identifier: str) -> None:
        self._ec2.create_security_group(GroupName=identifier, Description="there before", VpcId=self._home())

    def tgw(self, identifier: str) -> None:
        self._ec2.create_transit_gateway()
        if self._vpc and self._subnet:
            # The owner of an existing VPC has attached it already.
            self._ec2.create_transit_gateway_vpc_attachment(
                TransitGatewayId=identifier, VpcId=self._vpc, SubnetIds=[self._subnet]
            )

    def nat(self, identifier: str) -> None:
        subnet = self._subnet or self._ec2.describe_subnets()["Subnets"][0]["SubnetId"]
        gateway = self._ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]
        self.beside |= {address["NetworkInterfaceId"] for address in gateway["NatGatewayAddresses"]}

    def _home(self) -> str:
        vpcs = self._ec2.describe_vpcs()["Vpcs"]
        return self._vpc or next(str(vpc["VpcId"]) for vpc in vpcs if vpc["IsDefault"])


def _cut(block: str) -> Iterator[str]:
    """The sixteenths of a range, for subnets; smaller ones than /28 do not exist."""
    whole = IPv4Network(block)
    return map(str, whole.subnets(new_prefix=min(28, whole.prefixlen + 4)))


@contextmanager
def id_is(kind: str, identifier: str) -> Iterator[None]:
    """Lets moto give this id to the next resource of a kind.

    Creating a VPC also makes a group and a route table; they keep generated ids.
    """
    module, name = _GENERATORS[kind]
    models: Any = importlib.import_module(f"moto.ec2.models.{module}")
    with patch.object(models, name, lambda: identifier):
        yield
