from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rehearsal.aws.existing import provide
from rehearsal.reachability.names import resource_names
from rehearsal.reachability.network import ANYWHERE, AclRule, GroupRule, Network, Route
from rehearsal.reachability.reading import read_network
from rehearsal.reachability.traffic import EVERY_PORT, Ports
from tests.rehearsal.reachability.networks import cidr

Make = Callable[..., Any]
VPC = {"Ref": "Vpc"}
DEFAULT = "0.0.0.0/0"


def resource(kind: str, path: str = "", **properties: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"Type": f"AWS::EC2::{kind}", "Properties": properties}
    return {**found, "Metadata": {"aws:cdk:path": path}} if path else found


def subnet(block: str, **more: Any) -> dict[str, Any]:
    return resource("Subnet", VpcId=VPC, CidrBlock=block, AvailabilityZone="eu-west-1a", **more)


def vpc(**further: Any) -> dict[str, Any]:
    return {"Vpc": resource("VPC", "app/Vpc/Resource", CidrBlock="10.0.0.0/16"), **further}


def read(make: Make, resources: dict[str, Any]) -> tuple[Network, dict[str, str]]:
    """The network that a template makes, and the ids by logical id."""
    app = make()
    state = app.engine.create(app.stack(Resources=resources))
    ids = {name: each.made.physical_id for name, each in state.resources.items()}
    found = read_network(app.client("ec2"), ids["Vpc"], resource_names([state]), app.account.existing)
    return found, ids


def test_a_vpc_has_its_name_blocks_and_subnets(deployment: Make) -> None:
    found, ids = read(
        deployment,
        vpc(
            Block=resource("VPCCidrBlock", VpcId=VPC, CidrBlock="100.64.0.0/16"),
            Net=subnet("10.0.0.0/24", MapPublicIpOnLaunch=True),
        ),
    )
    net = found.subnets[ids["Net"]]
    assert (found.name, found.foreign) == ("app/Vpc", False)
    assert found.blocks == (cidr("10.0.0.0/16"), cidr("100.64.0.0/16"))
    assert (net.name, net.zone, net.cidr, net.maps_public) == (
        "app/Net",
        "eu-west-1a",
        cidr("10.0.0.0/24"),
        True,
    )


def test_a_subnet_without_a_table_of_its_own_has_the_main_one_with_every_block(deployment: Make) -> None:
    block = resource("VPCCidrBlock", VpcId=VPC, CidrBlock="100.64.0.0/16")
    found, ids = read(deployment, vpc(Block=block, Net=subnet("10.0.0.0/24")))
    table = found.tables[found.subnets[ids["Net"]].table]
    assert table.routes == (
        Route(cidr("10.0.0.0/16"), "local", "local"),
        Route(cidr("100.64.0.0/16"), "local", "local"),
    )


def test_routes_lead_to_gateways_and_to_nothing_once_these_are_gone(deployment: Make) -> None:
    app = deployment()
    resources = vpc(
        Net=subnet("10.0.0.0/24"),
        Gateway=resource("InternetGateway"),
        Attached=resource("VPCGatewayAttachment", VpcId=VPC, InternetGatewayId={"Ref": "Gateway"}),
        Address=resource("EIP"),
        Nat=resource(
            "NatGateway", SubnetId={"Ref": "Net"}, AllocationId={"Fn::GetAtt": ["Address", "AllocationId"]}
        ),
        Table=resource("RouteTable", VpcId=VPC),
        Uses=resource("SubnetRouteTableAssociation", SubnetId={"Ref": "Net"}, RouteTableId={"Ref": "Table"}),
        Way=resource(
            "Route", RouteTableId={"Ref": "Table"}, DestinationCidrBlock=DEFAULT, NatGatewayId={"Ref": "Nat"}
        ),
        Other=resource(
            "Route",
            RouteTableId={"Ref": "Table"},
            DestinationCidrBlock="192.0.2.0/24",
            GatewayId={"Ref": "Gateway"},
        ),
    )
    state = app.engine.create(app.stack(Resources=resources))
    ids = {name: each.made.physical_id for name, each in state.resources.items()}

    def routes() -> set[Route]:
        found = read_network(app.client("ec2"), ids["Vpc"], {}, ())
        return set(found.tables[found.subnets[ids["Net"]].table].routes[1:])

    assert routes() == {
        Route(ANYWHERE, "nat", ids["Nat"]),
        Route(cidr("192.0.2.0/24"), "internet", ids["Gateway"]),
    }
    found = read_network(app.client("ec2"), ids["Vpc"], {}, ())
    assert found.nat_gateways[ids["Nat"]].public
    app.client("ec2").delete_nat_gateway(NatGatewayId=ids["Nat"])
    assert Route(ANYWHERE, "missing", ids["Nat"]) in routes()


def test_rules_of_groups_keep_their_far_side_protocol_and_ports(deployment: Make) -> None:
    found, ids = read(
        deployment,
        vpc(
            Group=resource(
                "SecurityGroup",
                VpcId=VPC,
                GroupDescription="test",
                SecurityGroupIngress=[
                    {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 444, "CidrIp": "10.0.0.0/8"}
                ],
                SecurityGroupEgress=[{"IpProtocol": "-1", "CidrIp": DEFAULT}],
            ),
            Itself=resource(
                "SecurityGroupIngress",
                GroupId={"Ref": "Group"},
                IpProtocol="-1",
                SourceSecurityGroupId={"Ref": "Group"},
            ),
        ),
    )
    own = found.groups[ids["Group"]]
    assert own.name == "app/Group"
    assert set(own.rules) == {
        GroupRule(False, "tcp", cidr("10.0.0.0/8"), Ports(443, 444)),
        GroupRule(False, "-1", ids["Group"], EVERY_PORT),
        GroupRule(True, "-1", ANYWHERE, EVERY_PORT),
    }


def test_the_default_acl_lets_everything_through_and_an_own_one_has_its_rules(deployment: Make) -> None:
    entry: dict[str, Any] = {
        "RuleNumber": 90,
        "Protocol": 17,
        "RuleAction": "deny",
        "CidrBlock": "10.9.0.0/16",
    }
    found, ids = read(
        deployment,
        vpc(
            Net=subnet("10.0.0.0/24"),
            Other=subnet("10.0.1.0/24"),
            Acl=resource("NetworkAcl", VpcId=VPC),
            Rule=resource("NetworkAclEntry", NetworkAclId={"Ref": "Acl"}, Egress=True, **entry),
            Uses=resource(
                "SubnetNetworkAclAssociation", SubnetId={"Ref": "Net"}, NetworkAclId={"Ref": "Acl"}
            ),
        ),
    )
    own = found.acls[found.subnets[ids["Net"]].acl]
    default = found.acls[found.subnets[ids["Other"]].acl]
    assert own.rules == (AclRule(90, True, False, cidr("10.9.0.0/16"), "udp", EVERY_PORT),)
    assert {(rule.outbound, rule.allows, rule.far) for rule in default.rules} == {
        (False, True, ANYWHERE),
        (True, True, ANYWHERE),
    }
    assert default.name == "the default network ACL of app/Vpc"


def test_endpoints_have_their_services_groups_lists_and_dns(deployment: Make) -> None:
    group = resource("SecurityGroup", VpcId=VPC, GroupDescription="test")
    service: dict[str, Any] = {"VpcId": VPC, "PrivateDnsEnabled": True}
    found, ids = read(
        deployment,
        vpc(
            Net=subnet("10.0.0.0/24"),
            Table=resource("RouteTable", VpcId=VPC),
            Group=group,
            Sts=resource(
                "VPCEndpoint",
                ServiceName="com.amazonaws.eu-west-1.sts",
                VpcEndpointType="Interface",
                SubnetIds=[{"Ref": "Net"}],
                SecurityGroupIds=[{"Ref": "Group"}],
                **service,
            ),
            S3=resource(
                "VPCEndpoint",
                VpcId=VPC,
                ServiceName="com.amazonaws.eu-west-1.s3",
                VpcEndpointType="Gateway",
                RouteTableIds=[{"Ref": "Table"}],
            ),
        ),
    )
    (sts,) = found.interface_endpoints
    assert (sts.service, sts.private_dns) == ("sts", True)
    assert [(each.subnet, each.groups) for each in sts.interfaces] == [(ids["Net"], (ids["Group"],))]
    (storage,) = found.gateway_endpoints.values()
    (route,) = found.tables[ids["Table"]].routes[1:]
    assert (storage.service, route.kind, route.target) == ("s3", "endpoint", ids["S3"])
    assert storage.prefix_lists == {route.destination}
    assert found.prefix_lists[str(route.destination)] == "s3"


def test_an_endpoint_without_groups_has_the_default_one(deployment: Make) -> None:
    sts = resource(
        "VPCEndpoint",
        VpcId=VPC,
        ServiceName="com.amazonaws.eu-west-1.sts",
        VpcEndpointType="Interface",
        SubnetIds=[{"Ref": "Net"}],
    )
    found, _ = read(deployment, vpc(Net=subnet("10.0.0.0/24"), Sts=sts))
    ((interface,),) = (each.interfaces for each in found.interface_endpoints)
    assert [found.groups[each].name for each in interface.groups] == ["default"]


def test_the_dns_attributes_are_the_vpcs_own(deployment: Make) -> None:
    off = resource("VPC", CidrBlock="10.0.0.0/16", EnableDnsSupport=True, EnableDnsHostnames=False)
    found, _ = read(deployment, {"Vpc": off})
    assert (found.dns_support, found.dns_names) == (True, False)


def test_what_existed_before_is_foreign_and_what_the_template_adds_is_not(deployment: Make) -> None:
    app = deployment()
    existing = "vpc-0123456789abcdef0"
    net = resource("Subnet", VpcId=existing, CidrBlock="10.0.200.0/24", AvailabilityZone="eu-west-1a")
    resources = {
        "Net": net,
        "Table": resource("RouteTable", VpcId=existing),
        "Uses": resource(
            "SubnetRouteTableAssociation", SubnetId={"Ref": "Net"}, RouteTableId={"Ref": "Table"}
        ),
        "Old": resource("RouteTable", VpcId="vpc-0123456789abcdef0"),
    }
    provide(app.account, [{"Resources": resources}, {"Resources": {"subnet": "subnet-0123456789abcdef0"}}])
    state = app.engine.create(app.stack(Resources=resources))
    found = read_network(app.client("ec2"), existing, resource_names([state]), app.account.existing)
    mine = found.subnets[state.resources["Net"].made.physical_id]
    theirs = found.subnets["subnet-0123456789abcdef0"]
    assert found.foreign
    assert (found.tables[mine.table].foreign, found.tables[theirs.table].foreign) == (False, True)
    assert found.acls[mine.acl].foreign
