"""Network ACLs, their rules, and the subnets that use them."""

from __future__ import annotations

from typing import Any

from rehearsal.aws.handler import (
    Handler,
    Listing,
    Made,
    Properties,
    ResourceContext,
    ResourceError,
    as_bool,
    specification,
)
from rehearsal.aws.types.ec2_network import Tagged, camel


# belief: EC2-acl-order
class NetworkAcl(Tagged):
    """A network ACL, which denies everything until it has rules. One that a subnet uses cannot go."""

    types = ("AWS::EC2::NetworkAcl",)
    listing = Listing(
        "network ACL {}", "ec2.describe_network_acls", "NetworkAcls[?!IsDefault].[NetworkAclId]"
    )

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        acl = context.client("ec2").create_network_acl(
            VpcId=properties["VpcId"], **specification("network-acl", properties)
        )["NetworkAcl"]["NetworkAclId"]
        return Made(acl, {"Id": acl})

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        ec2, acl_id = context.client("ec2"), existing.physical_id
        (acl,) = ec2.describe_network_acls(NetworkAclIds=[acl_id])["NetworkAcls"]
        # belief: EC2-acl-in-use
        if used := [each["SubnetId"] for each in acl["Associations"]]:
            raise ResourceError(
                f"DependencyViolation: network ACL '{acl_id}' has dependencies: {', '.join(used)}"
            )
        ec2.delete_network_acl(NetworkAclId=acl_id)


# belief: EC2-acl-order
class NetworkAclEntry(Handler):
    """A rule of a network ACL for IPv4."""

    types = ("AWS::EC2::NetworkAclEntry",)

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        # no belief: a limit of the rehearsal
        if "CidrBlock" not in properties:
            raise ResourceError("the rehearsal plays rules of network ACLs for IPv4 only")
        context.client("ec2").create_network_acl_entry(**_entry(properties))
        direction = "egress" if _outbound(properties) else "ingress"
        name = f"{properties['NetworkAclId']}|{properties['RuleNumber']}|{direction}"
        return Made(name, {"Id": name})

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        context.client("ec2").replace_network_acl_entry(**_entry(new))
        return existing

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        context.client("ec2").delete_network_acl_entry(
            NetworkAclId=properties["NetworkAclId"],
            RuleNumber=int(properties["RuleNumber"]),
            Egress=_outbound(properties),
        )


def _outbound(properties: Properties) -> bool:
    return as_bool(properties.get("Egress", False))


def _entry(properties: Properties) -> dict[str, Any]:
    ports = {key: int(value) for key, value in (properties.get("PortRange") or {}).items()}
    return {
        **camel(properties, "NetworkAclId", "RuleAction", "CidrBlock"),
        "RuleNumber": int(properties["RuleNumber"]),
        "Protocol": str(properties["Protocol"]),
        "Egress": _outbound(properties),
        **({"PortRange": ports} if ports else {}),
    }


# belief: EC2-acl-of-subnet
class NetworkAclAssociation(Handler):
    """The network ACL of a subnet, which has one at any time: the VPC's default one before and after."""

    types = ("AWS::EC2::SubnetNetworkAclAssociation",)

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        ec2, subnet = context.client("ec2"), properties["SubnetId"]
        answer = ec2.replace_network_acl_association(
            AssociationId=_association(ec2, subnet), NetworkAclId=properties["NetworkAclId"]
        )
        return Made(answer["NewAssociationId"], {"AssociationId": answer["NewAssociationId"]})

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        ec2, subnet = context.client("ec2"), properties["SubnetId"]
        if _association(ec2, subnet) != existing.physical_id:
            return  # a replacement took the subnet already
        (found,) = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
        of_vpc = [
            {"Name": "vpc-id", "Values": [found["VpcId"]]},
            {"Name": "default", "Values": ["true"]},
        ]
        (default,) = ec2.describe_network_acls(Filters=of_vpc)["NetworkAcls"]
        ec2.replace_network_acl_association(
            AssociationId=existing.physical_id, NetworkAclId=default["NetworkAclId"]
        )


def _association(ec2: Any, subnet: str) -> str:
    """Id of the association of a subnet with its ACL."""
    by_subnet = [{"Name": "association.subnet-id", "Values": [subnet]}]
    return str(
        next(
            each["NetworkAclAssociationId"]
            for acl in ec2.describe_network_acls(Filters=by_subnet)["NetworkAcls"]
            for each in acl["Associations"]
            if each["SubnetId"] == subnet
        )
    )
