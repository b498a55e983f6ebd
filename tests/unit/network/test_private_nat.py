from __future__ import annotations

from cdk_eks_cilium import PrivateNatGateways
from tests.small_apps import ZONES, Synthesized, known_vpc, new_stack


def test_each_zone_gets_a_private_gateway_in_its_subnet() -> None:
    stack = new_stack()
    subnets = dict(zip(ZONES, known_vpc(stack).private_subnets, strict=True))
    gateways = PrivateNatGateways(stack, "Nat", subnets=subnets)
    found = Synthesized(stack).of_type("AWS::EC2::NatGateway").values()

    assert [(each["ConnectivityType"], each["SubnetId"]) for each in found] == [
        ("private", "subnet-a"),
        ("private", "subnet-b"),
    ]
    assert list(gateways.gateway_ids) == ZONES


def test_a_private_gateway_has_no_public_address() -> None:
    stack = new_stack()
    PrivateNatGateways(stack, "Nat", subnets={"eu-west-1a": known_vpc(stack).private_subnets[0]})

    assert Synthesized(stack).of_type("AWS::EC2::EIP") == {}
