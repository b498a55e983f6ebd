"""NAT for networks that cannot route pod addresses."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct


class PrivateNatGateways(Construct):
    """A private NAT gateway in each zone: pods reach other private networks behind its address.

    On-premises networks and peers usually do not route 100.64.0.0/10. A private NAT gateway in a subnet that
    they do route hides pods behind one of its addresses, and needs no internet gateway
    (https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-scenarios.html). The route table of that
    subnet decides where traffic goes next, to a transit gateway for instance.

    Args:
        subnets: The subnet of the gateway by zone: node subnets, whose addresses the other networks route.
    """

    def __init__(self, scope: Construct, id: str, *, subnets: Mapping[str, ec2.ISubnet]) -> None:
        super().__init__(scope, id)
        self.gateway_ids: dict[str, str] = {}
        for number, (zone, subnet) in enumerate(subnets.items(), start=1):
            gateway = ec2.CfnNatGateway(
                self, f"Gateway{number}", subnet_id=subnet.subnet_id, connectivity_type="private"
            )
            cdk.Tags.of(gateway).add("Name", f"{self.node.path}/{zone}")
            self.gateway_ids[zone] = gateway.attr_nat_gateway_id
