"""VPC, its CIDR blocks, subnets, route tables and routes."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterable
from typing import Any

from rehearsal.aws.account import Account
from rehearsal.aws.handler import (
    COMMON,
    Adversary,
    Duration,
    Handler,
    Leftover,
    Listing,
    Made,
    Properties,
    ResourceContext,
    ResourceError,
    as_bool,
    specification,
    tag_list,
)


def camel(properties: Properties, *names: str) -> dict[str, Any]:
    """The named properties that are set; EC2's API spells them as CloudFormation does."""
    return {name: properties[name] for name in names if properties.get(name) is not None}


# belief: EC2-tags-change-in-place
class Tagged(Handler):
    """An EC2 resource of which only the tags can change in place."""

    updatable = frozenset({"Tags"})

    def id_of(self, existing: Made) -> str:
        """The id by which EC2 tags the resource; the result of Ref by default."""
        return existing.physical_id

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        super().update(context, existing, old, new)
        # moto tags what does not exist, too.
        # belief: CFN-update-of-missing
        if self.listing and not self.listing.has(context.account, existing.physical_id):
            raise ResourceError(f"NotFound: {context.type} {existing.physical_id} does not exist")
        ec2 = context.client("ec2")
        if gone := [tag for tag in tag_list(old) if tag["Key"] not in {new["Key"] for new in tag_list(new)}]:
            ec2.delete_tags(Resources=[self.id_of(existing)], Tags=gone)
        if tag_list(new):
            ec2.create_tags(Resources=[self.id_of(existing)], Tags=tag_list(new))
        return existing


# belief: EC2-interface-holds-subnet
class Vpc(Tagged):
    """A VPC; deleting one that is not empty fails."""

    types = ("AWS::EC2::VPC",)
    duration = Duration(15, COMMON)
    listing = Listing("VPC {}", "ec2.describe_vpcs", "Vpcs[?!IsDefault].[VpcId]")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        ec2 = context.client("ec2")
        vpc = ec2.create_vpc(
            **camel(properties, "CidrBlock", "InstanceTenancy"), **specification("vpc", properties)
        )["Vpc"]
        vpc_id = vpc["VpcId"]
        for name in ("EnableDnsHostnames", "EnableDnsSupport"):
            if name in properties:
                ec2.modify_vpc_attribute(VpcId=vpc_id, **{name: {"Value": as_bool(properties[name])}})
        by_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
        groups = ec2.describe_security_groups(Filters=by_vpc)["SecurityGroups"]
        acls = ec2.describe_network_acls(Filters=by_vpc)["NetworkAcls"]
        return Made(
            vpc_id,
            {
                "VpcId": vpc_id,
                "CidrBlock": vpc["CidrBlock"],
                "CidrBlockAssociations": [a["AssociationId"] for a in vpc["CidrBlockAssociationSet"]],
                "DefaultSecurityGroup": groups[0]["GroupId"],
                "DefaultNetworkAcl": acls[0]["NetworkAclId"] if acls else "",
                "Ipv6CidrBlocks": [],
            },
        )

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        vpc_id = existing.physical_id
        # belief: EC2-interface-holds-subnet
        if interfaces := context.account.interfaces(vpc_id=vpc_id):
            names = ", ".join(i["NetworkInterfaceId"] for i in interfaces)
            raise ResourceError(
                f"DependencyViolation: the vpc '{vpc_id}' still has network interfaces: {names}"
            )
        ec2 = context.client("ec2")
        groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])
        # belief: EC2-interface-holds-subnet
        if left := [f"{g['GroupId']} ({g['GroupName']})" for g in _not_default(groups["SecurityGroups"])]:
            raise ResourceError(
                f"DependencyViolation: the vpc '{vpc_id}' still has security groups: {', '.join(left)}"
            )
        ec2.delete_vpc(VpcId=vpc_id)


def _not_default(groups: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """The groups that do not go with their VPC.

    https://docs.aws.amazon.com/vpc/latest/userguide/delete-vpc.html
    """
    return (group for group in groups if group["GroupName"] != "default")


class VpcCidrBlock(Handler):
    """A secondary IPv4 block."""

    types = ("AWS::EC2::VPCCidrBlock",)
    duration = Duration(10, COMMON)
    # belief: EC2-block-before-subnet
    adversary = Adversary("AWS::EC2::Subnet")
    notable = True

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        if "CidrBlock" not in properties:
            # no belief: a limit of the rehearsal
            raise ResourceError("the rehearsal plays IPv4 blocks given as CidrBlock only")
        ec2, vpc_id = context.client("ec2"), properties["VpcId"]
        wanted = ipaddress.ip_network(properties["CidrBlock"])
        for block in associated_blocks(ec2, vpc_id).values():
            # belief: EC2-blocks-do-not-overlap
            if wanted.overlaps(block):
                raise ResourceError(f"InvalidVpc.Range: {wanted} overlaps {block}, a block of {vpc_id}")
        answer = ec2.associate_vpc_cidr_block(VpcId=vpc_id, CidrBlock=str(wanted))
        identifier = answer["CidrBlockAssociation"]["AssociationId"]
        return Made(identifier, {"Id": identifier})

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        ec2, vpc_id = context.client("ec2"), properties["VpcId"]
        block = ipaddress.ip_network(properties["CidrBlock"])
        subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["Subnets"]
        inside = [s["SubnetId"] for s in subnets if ipaddress.ip_network(s["CidrBlock"]).overlaps(block)]
        # belief: EC2-block-in-use
        if inside:
            raise ResourceError(f"InvalidCidrBlock.InUse: {block} still has subnets: {', '.join(inside)}")
        ec2.disassociate_vpc_cidr_block(AssociationId=existing.physical_id)

    def leftovers(self, account: Account) -> Iterable[Leftover]:
        for vpc in account.client("ec2").describe_vpcs()["Vpcs"]:
            for block in vpc["CidrBlockAssociationSet"]:
                gone = block["CidrBlockState"]["State"] in ("disassociating", "disassociated")
                before = block["CidrBlock"] == vpc["CidrBlock"] or block["AssociationId"] in account.existing
                if not before and not gone:
                    yield Leftover(f"block {block['CidrBlock']} of {vpc['VpcId']}")


def associated_blocks(ec2: Any, vpc_id: str) -> dict[str, ipaddress.IPv4Network]:
    """IPv4 blocks of a VPC by association id, without blocks that are being removed."""
    (vpc,) = ec2.describe_vpcs(VpcIds=[vpc_id])["Vpcs"]
    return {
        entry["AssociationId"]: ipaddress.IPv4Network(entry["CidrBlock"])
        for entry in vpc["CidrBlockAssociationSet"]
        if entry["CidrBlockState"]["State"] in ("associated", "associating")
    }


_INTERFACES = Listing(
    "network interface {} ({})",
    "ec2.describe_network_interfaces",
    "NetworkInterfaces[].[NetworkInterfaceId, Status]",
)


# belief: EC2-block-before-subnet
class Subnet(Tagged):
    """A subnet. It lies inside a block of its VPC, and cannot be deleted while it holds an interface."""

    types = ("AWS::EC2::Subnet",)
    precedence = 0
    updatable = frozenset({"Tags", "MapPublicIpOnLaunch"})
    listing = Listing("subnet {}", "ec2.describe_subnets", "Subnets[?!DefaultForAz].[SubnetId]")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        ec2, vpc_id = context.client("ec2"), properties["VpcId"]
        blocks = associated_blocks(ec2, vpc_id)
        block = ipaddress.IPv4Network(properties["CidrBlock"])
        # belief: EC2-block-before-subnet
        if not any(block.subnet_of(other) for other in blocks.values()):
            known = ", ".join(map(str, blocks.values()))
            raise ResourceError(
                f"InvalidSubnet.Range: {block} is outside every CIDR block of {vpc_id} (it has {known}); "
                "a subnet of a secondary block must depend on that block"
            )
        subnet = ec2.create_subnet(
            **camel(properties, "VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId"),
            **specification("subnet", properties),
        )["Subnet"]
        if as_bool(properties.get("MapPublicIpOnLaunch")):
            ec2.modify_subnet_attribute(SubnetId=subnet["SubnetId"], MapPublicIpOnLaunch={"Value": True})
        acls = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["NetworkAcls"]
        return Made(
            subnet["SubnetId"],
            {
                "SubnetId": subnet["SubnetId"],
                "AvailabilityZone": subnet["AvailabilityZone"],
                "AvailabilityZoneId": subnet.get("AvailabilityZoneId", ""),
                "CidrBlock": subnet["CidrBlock"],
                "VpcId": vpc_id,
                "NetworkAclAssociationId": acls[0]["NetworkAclId"] if acls else "",
                "Ipv6CidrBlocks": [],
            },
        )

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        # belief: EC2-interface-holds-subnet
        if interfaces := context.account.interfaces(subnet_id=existing.physical_id):
            names = ", ".join(f"{i['NetworkInterfaceId']} ({i['Status']})" for i in interfaces)
            raise ResourceError(
                f"DependencyViolation: the subnet '{existing.physical_id}' has dependencies: {names}"
            )
        context.client("ec2").delete_subnet(SubnetId=existing.physical_id)

    def leftovers(self, account: Account) -> Iterable[Leftover]:
        """Subnets, and every network interface, whoever made it."""
        return itertools.chain(super().leftovers(account), _INTERFACES.leftovers(account))


# belief: EC2-subnet-reservation
class CidrReservation(Tagged):
    """A part of a subnet that is reserved for prefixes. AWS's choice of addresses is not modelled."""

    types = ("AWS::EC2::SubnetCidrReservation",)

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        reservation = context.client("ec2").create_subnet_cidr_reservation(
            **camel(properties, "SubnetId", "Cidr", "ReservationType", "Description"),
            **specification("subnet-cidr-reservation", properties),
        )["SubnetCidrReservation"]
        identifier = reservation["SubnetCidrReservationId"]
        return Made(identifier, {"SubnetCidrReservationId": identifier})

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        context.client("ec2").delete_subnet_cidr_reservation(SubnetCidrReservationId=existing.physical_id)


# belief: CFN-handlers-call-the-api
class RouteTable(Tagged):
    """A route table."""

    types = ("AWS::EC2::RouteTable",)

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        table = context.client("ec2").create_route_table(
            VpcId=properties["VpcId"], **specification("route-table", properties)
        )["RouteTable"]
        return Made(table["RouteTableId"], {"RouteTableId": table["RouteTableId"]})

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        context.client("ec2").delete_route_table(RouteTableId=existing.physical_id)


# belief: CFN-handlers-call-the-api
class RouteTableAssociation(Handler):
    """The route table of a subnet."""

    types = ("AWS::EC2::SubnetRouteTableAssociation",)

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        answer = context.client("ec2").associate_route_table(**camel(properties, "RouteTableId", "SubnetId"))
        return Made(answer["AssociationId"], {"Id": answer["AssociationId"]})

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        answer = context.client("ec2").replace_route_table_association(
            AssociationId=existing.physical_id, RouteTableId=new["RouteTableId"]
        )
        return Made(answer["NewAssociationId"], {"Id": answer["NewAssociationId"]})

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        context.client("ec2").disassociate_route_table(AssociationId=existing.physical_id)


_TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "TransitGatewayId",
    "NetworkInterfaceId",
    "VpcPeeringConnectionId",
    "InstanceId",
)


# belief: EC2-transit-gateway-route
class Route(Handler):
    """One route; its target must exist, and a transit gateway must be attached."""

    types = ("AWS::EC2::Route",)

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        if gateway := properties.get("TransitGatewayId"):
            self._refuse_unattached(context.client("ec2"), gateway, properties["RouteTableId"])
        context.client("ec2").create_route(
            **camel(properties, "RouteTableId", "DestinationCidrBlock", "DestinationPrefixListId", *_TARGETS)
        )
        return Made(
            f"{properties['RouteTableId']}|{_destination(properties)}",
            {"CidrBlock": _destination(properties)},
        )

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        context.client("ec2").replace_route(**camel(new, "RouteTableId", "DestinationCidrBlock", *_TARGETS))
        return existing

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        context.client("ec2").delete_route(
            **camel(properties, "RouteTableId", "DestinationCidrBlock", "DestinationPrefixListId")
        )

    def _refuse_unattached(self, ec2: Any, gateway: str, table_id: str) -> None:
        (table,) = ec2.describe_route_tables(RouteTableIds=[table_id])["RouteTables"]
        attached = [
            attachment["VpcId"]
            for attachment in ec2.describe_transit_gateway_vpc_attachments()["TransitGatewayVpcAttachments"]
            if attachment["TransitGatewayId"] == gateway and attachment["State"] == "available"
        ]
        # belief: EC2-transit-gateway-route
        if table["VpcId"] not in attached:
            raise ResourceError(
                f"InvalidTransitGatewayID.NotFound: {gateway} is not attached to {table['VpcId']}; a route "
                "to it must depend on the attachment"
            )


def _destination(properties: Properties) -> str:
    return str(properties.get("DestinationCidrBlock") or properties.get("DestinationPrefixListId"))
