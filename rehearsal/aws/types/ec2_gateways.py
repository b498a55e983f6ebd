"""Ways out of a VPC and its flow logs: internet and NAT gateways, addresses, endpoints."""

from __future__ import annotations

from typing import Any

from rehearsal.aws.handler import (
    COMMON,
    Adversary,
    Duration,
    Handler,
    Listing,
    Made,
    Properties,
    ResourceContext,
    as_bool,
    policy_text,
    specification,
)
from rehearsal.aws.types.ec2_network import Tagged, camel

# What an endpoint without a policy lets through:
# https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
_EVERYTHING = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}


# belief: CFN-handlers-call-the-api
class InternetGateway(Tagged):
    """An internet gateway."""

    types = ("AWS::EC2::InternetGateway",)
    duration = Duration(16, COMMON)

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        gateway = context.client("ec2").create_internet_gateway(
            **specification("internet-gateway", properties)
        )
        identifier = gateway["InternetGateway"]["InternetGatewayId"]
        return Made(identifier, {"InternetGatewayId": identifier})

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        context.client("ec2").delete_internet_gateway(InternetGatewayId=existing.physical_id)


# belief: CFN-handlers-call-the-api
class GatewayAttachment(Handler):
    """An internet gateway at a VPC."""

    types = ("AWS::EC2::VPCGatewayAttachment",)

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        context.client("ec2").attach_internet_gateway(**camel(properties, "InternetGatewayId", "VpcId"))
        return Made(f"IGW|{properties['VpcId']}", {"AttachmentType": "IGW"})

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        context.client("ec2").detach_internet_gateway(**camel(properties, "InternetGatewayId", "VpcId"))


# belief: CFN-handlers-call-the-api
class ElasticIp(Tagged):
    """An elastic address."""

    types = ("AWS::EC2::EIP",)
    duration = Duration(16, COMMON)
    listing = Listing("elastic address {}", "ec2.describe_addresses", "Addresses[].[PublicIp]")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        answer = context.client("ec2").allocate_address(
            Domain="vpc", **specification("elastic-ip", properties)
        )
        return Made(
            answer["PublicIp"], {"AllocationId": answer["AllocationId"], "PublicIp": answer["PublicIp"]}
        )

    def id_of(self, existing: Made) -> str:
        return str(existing.attributes["AllocationId"])

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        context.client("ec2").release_address(AllocationId=existing.attributes["AllocationId"])


class NatGateway(Tagged):
    """A NAT gateway with the network interface it puts into its subnet."""

    types = ("AWS::EC2::NatGateway",)
    # belief: EC2-nat-gateway
    duration = Duration(
        120, "one to two minutes; https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html"
    )
    notable = True
    listing = Listing(
        "NAT gateway {}", "ec2.describe_nat_gateways", "NatGateways[?State != 'deleted'].[NatGatewayId]"
    )

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        gateway = context.client("ec2").create_nat_gateway(
            **camel(properties, "SubnetId", "AllocationId", "ConnectivityType"),
            **specification("natgateway", properties),
        )["NatGateway"]
        identifier = gateway["NatGatewayId"]
        interface = gateway["NatGatewayAddresses"][0].get("NetworkInterfaceId", "")
        return Made(identifier, {"NatGatewayId": identifier, "EniId": interface})

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        ec2 = context.client("ec2")
        ec2.delete_nat_gateway(NatGatewayId=existing.physical_id)
        # AWS removes the interface with the gateway and frees the address; moto keeps both.
        interface = existing.attributes["EniId"]
        for address in ec2.describe_addresses()["Addresses"]:
            if address.get("NetworkInterfaceId") == interface and "AssociationId" in address:
                ec2.disassociate_address(AssociationId=address["AssociationId"])
        if interface:
            ec2.delete_network_interface(NetworkInterfaceId=interface)


# belief: EC2-transit-gateway-tags, EC2-one-attachment-per-vpc
class TransitGatewayAttachment(Tagged):
    """A VPC at a transit gateway; of the two types only the second keeps it when tags change."""

    types = ("AWS::EC2::TransitGatewayAttachment", "AWS::EC2::TransitGatewayVpcAttachment")
    # belief: EC2-transit-gateway-route
    adversary = Adversary("AWS::EC2::Route", lambda properties: "TransitGatewayId" in properties)

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        attachment = context.client("ec2").create_transit_gateway_vpc_attachment(
            **camel(properties, "TransitGatewayId", "VpcId", "SubnetIds"),
            **specification("transit-gateway-attachment", properties),
        )["TransitGatewayVpcAttachment"]
        identifier = attachment["TransitGatewayAttachmentId"]
        return Made(identifier, {"Id": identifier})

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        context.client("ec2").delete_transit_gateway_vpc_attachment(
            TransitGatewayAttachmentId=existing.physical_id
        )


# belief: EC2-endpoint-reach
class VpcEndpoint(Tagged):
    """A gateway or interface endpoint."""

    types = ("AWS::EC2::VPCEndpoint",)
    duration = Duration(60, COMMON)
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpoint.html
    updatable = Tagged.updatable | {"PolicyDocument", "RouteTableIds", "SecurityGroupIds", "SubnetIds"}

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        arguments = camel(
            properties,
            "VpcId",
            "ServiceName",
            "VpcEndpointType",
            "RouteTableIds",
            "SubnetIds",
            "SecurityGroupIds",
        )
        if "PrivateDnsEnabled" in properties:
            arguments["PrivateDnsEnabled"] = as_bool(properties["PrivateDnsEnabled"])
        if policy := properties.get("PolicyDocument"):
            arguments["PolicyDocument"] = policy_text(policy)
        endpoint = context.client("ec2").create_vpc_endpoint(**arguments)["VpcEndpoint"]
        return Made(
            endpoint["VpcEndpointId"],
            {"Id": endpoint["VpcEndpointId"], "NetworkInterfaceIds": endpoint.get("NetworkInterfaceIds", [])},
        )

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        super().update(context, existing, old, new)
        arguments: dict[str, Any] = {"PolicyDocument": policy_text(new.get("PolicyDocument") or _EVERYTHING)}
        for name in ("RouteTableIds", "SecurityGroupIds", "SubnetIds"):
            before, after = old.get(name) or [], new.get(name) or []
            arguments[f"Add{name}"] = [each for each in after if each not in before]
            arguments[f"Remove{name}"] = [each for each in before if each not in after]
        context.client("ec2").modify_vpc_endpoint(VpcEndpointId=existing.physical_id, **arguments)
        return existing

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        ec2 = context.client("ec2")
        ec2.delete_vpc_endpoints(VpcEndpointIds=[existing.physical_id])
        for interface in existing.attributes["NetworkInterfaceIds"]:
            if context.account.interfaces(network_interface_id=interface):
                ec2.delete_network_interface(NetworkInterfaceId=interface)


# belief: EC2-flow-log-destination
class FlowLog(Tagged):
    """A flow log of a VPC, subnet or interface. A bucket in another stack or account counts as existing."""

    types = ("AWS::EC2::FlowLog",)
    listing = Listing("flow log {}", "ec2.describe_flow_logs", "FlowLogs[].[FlowLogId]")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        arguments = camel(
            properties,
            "ResourceType",
            "TrafficType",
            "LogDestinationType",
            "LogDestination",
            "LogGroupName",
            "DeliverLogsPermissionArn",
            "LogFormat",
            "MaxAggregationInterval",
        )
        if properties.get("LogDestinationType") == "s3":
            # moto knows buckets, and no folders in them.
            arguments["LogDestination"] = arguments["LogDestination"].split("/")[0]
            self._provide_bucket(context, arguments["LogDestination"].split(":::")[1])
        answer = context.client("ec2").create_flow_logs(
            ResourceIds=[properties["ResourceId"]],
            **arguments,
            **specification("vpc-flow-log", properties),
        )
        return Made(answer["FlowLogIds"][0], {"Id": answer["FlowLogIds"][0]})

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        context.client("ec2").delete_flow_logs(FlowLogIds=[existing.physical_id])

    @staticmethod
    def _provide_bucket(context: ResourceContext, name: str) -> None:
        s3 = context.client("s3")
        if name not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
            region = context.account.environment.region
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
            context.account.existing.add(name)
