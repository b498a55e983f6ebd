"""Reads the network of a VPC from EC2's answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

from rehearsal.reachability.network import (
    Acl,
    AclRule,
    GatewayEndpoint,
    GroupRule,
    Interface,
    InterfaceEndpoint,
    NatGateway,
    Network,
    Route,
    RouteTable,
    SecurityGroup,
    Subnet,
    TargetKind,
)
from rehearsal.reachability.traffic import ANY_PROTOCOL, EVERY_PORT, Ports, protocol_named

_GONE = ("deleted", "deleting", "failed")


def read_network(ec2: Any, vpc_id: str, names: Mapping[str, str], existing: Iterable[str]) -> Network:
    """The network of a VPC as it is now.

    Args:
        ec2: A client of the rehearsal's AWS.
        vpc_id: The VPC.
        names: Names of deployed resources, by id.
        existing: Ids of what existed before the deployment.
    """
    return _Reader(ec2, vpc_id, names, frozenset(existing)).network()


class _Reader:
    def __init__(self, ec2: Any, vpc_id: str, names: Mapping[str, str], existing: frozenset[str]) -> None:
        self._ec2 = ec2
        self._vpc_id = vpc_id
        self._names = names
        self._existing = existing
        self._foreign = vpc_id in existing
        self._by_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]

    def network(self) -> Network:
        ec2 = self._ec2
        (vpc,) = ec2.describe_vpcs(VpcIds=[self._vpc_id])["Vpcs"]
        blocks = tuple(_blocks(vpc))
        self._lists = {
            each["PrefixListId"]: self._service(each["PrefixListName"])
            for each in ec2.describe_prefix_lists()["PrefixLists"]
        }
        endpoints = ec2.describe_vpc_endpoints(Filters=self._by_vpc)["VpcEndpoints"]
        nats = self._nat_gateways()
        internet = self._internet_gateways()
        attachments = self._attachments()
        known = {*nats, *internet, *attachments, *(each["VpcEndpointId"] for each in endpoints)}
        answer = ec2.describe_route_tables(Filters=self._by_vpc)["RouteTables"]
        tables = {table["RouteTableId"]: self._table(table, blocks, known) for table in answer}
        acls = ec2.describe_network_acls(Filters=self._by_vpc)["NetworkAcls"]
        groups = self._groups()
        subnets = self._subnets(_by_subnet(answer, "RouteTableId"), _by_subnet(acls, "NetworkAclId"), answer)
        return Network(
            self._vpc_id,
            self._name(self._vpc_id),
            blocks,
            subnets,
            tables,
            {acl["NetworkAclId"]: self._acl(acl) for acl in acls},
            groups,
            foreign=self._foreign,
            dns_support=self._attribute("enableDnsSupport"),
            dns_names=self._attribute("enableDnsHostnames"),
            nat_gateways=nats,
            internet_gateways=frozenset(internet),
            attachments=attachments,
            gateway_endpoints=self._gateway_endpoints(endpoints, answer),
            interface_endpoints=tuple(self._interface_endpoints(endpoints, subnets)),
            prefix_lists=self._lists,
            names={**self._names, "local": self._name(self._vpc_id)},
        )

    def _service(self, name: str) -> str:
        """What follows the region in a name: ``com.amazonaws.eu-west-1.ecr.api`` is ``ecr.api``."""
        return name.split(f".{self._ec2.meta.region_name}.", 1)[-1]

    def _name(self, identifier: str) -> str:
        return self._names.get(identifier, identifier)

    # belief: EC2-private-dns
    def _attribute(self, name: str) -> bool:
        """An attribute of the VPC; the owner of a VPC that existed has turned both on, or no node joins."""
        if self._foreign:
            return True
        answer = self._ec2.describe_vpc_attribute(VpcId=self._vpc_id, Attribute=name)
        return bool(answer[name[0].upper() + name[1:]]["Value"])

    def _subnets(
        self, tables: Mapping[str, str], acls: Mapping[str, str], answer: Iterable[Any]
    ) -> dict[str, Subnet]:
        # belief: EC2-main-route-table
        main = next((t["RouteTableId"] for t in answer if any(a["Main"] for a in t["Associations"])), "")
        return {
            (identifier := subnet["SubnetId"]): Subnet(
                identifier,
                self._name(identifier).removesuffix("/Subnet"),
                subnet["AvailabilityZone"],
                IPv4Network(subnet["CidrBlock"]),
                tables.get(identifier, main),
                acls.get(identifier, ""),
                bool(subnet.get("MapPublicIpOnLaunch")),
            )
            for subnet in self._ec2.describe_subnets(Filters=self._by_vpc)["Subnets"]
        }

    def _table(self, table: Any, blocks: Iterable[IPv4Network], known: set[str]) -> RouteTable:
        identifier = table["RouteTableId"]
        # belief: EC2-local-route
        routes = [Route(block, "local", "local") for block in blocks]
        routes += [each for route in table["Routes"] if (each := self._route(route, known)) is not None]
        deployed = identifier in self._names
        name = self._names.get(identifier, f"route table {identifier} of {self._name(self._vpc_id)}")
        return RouteTable(identifier, name, tuple(routes), self._foreign and not deployed)

    def _route(self, route: Mapping[str, Any], known: set[str]) -> Route | None:
        """A route to elsewhere; IPv6 is left out."""
        kind, target = _target(route)
        if kind == "local" or "DestinationIpv6CidrBlock" in route:
            return None
        if kind in ("internet", "nat", "transit", "endpoint") and not {target} & (known | self._existing):
            kind = "missing"
        if "DestinationPrefixListId" in route:
            return Route(route["DestinationPrefixListId"], kind, target)
        return Route(IPv4Network(route["DestinationCidrBlock"]), kind, target)

    def _acl(self, acl: Any) -> Acl:
        identifier = acl["NetworkAclId"]
        rules = tuple(
            AclRule(
                entry["RuleNumber"],
                entry["Egress"],
                entry["RuleAction"] == "allow",
                IPv4Network(entry["CidrBlock"]),
                protocol_named(entry["Protocol"]),
                _ports(entry.get("PortRange", {}), "From", "To"),
            )
            for entry in acl["Entries"]
            if entry.get("CidrBlock") and entry["RuleNumber"] < 32767
        )
        deployed = identifier in self._names
        name = self._names.get(identifier, f"the default network ACL of {self._name(self._vpc_id)}")
        return Acl(identifier, name, rules, self._foreign and not deployed)

    def _groups(self) -> dict[str, SecurityGroup]:
        answer = self._ec2.describe_security_groups(Filters=self._by_vpc)["SecurityGroups"]
        # belief: EC2-default-group
        self._default_group = tuple(each["GroupId"] for each in answer if each["GroupName"] == "default")
        return {
            group["GroupId"]: SecurityGroup(
                group["GroupId"],
                self._names.get(group["GroupId"], group["GroupName"]),
                (
                    *_group_rules(group["IpPermissions"], outbound=False),
                    *_group_rules(group["IpPermissionsEgress"], outbound=True),
                ),
                group["GroupId"] in self._existing,
            )
            for group in answer
        }

    def _nat_gateways(self) -> dict[str, NatGateway]:
        answer = self._ec2.describe_nat_gateways(Filters=self._by_vpc)["NatGateways"]
        return {
            (identifier := gateway["NatGatewayId"]): NatGateway(
                identifier,
                self._name(identifier),
                gateway["SubnetId"],
                any(address.get("PublicIp") for address in gateway["NatGatewayAddresses"]),
                identifier in self._existing,
            )
            for gateway in answer
            if gateway["State"] not in _GONE
        }

    def _internet_gateways(self) -> list[str]:
        by_vpc = [{"Name": "attachment.vpc-id", "Values": [self._vpc_id]}]
        answer = self._ec2.describe_internet_gateways(Filters=by_vpc)["InternetGateways"]
        return [gateway["InternetGatewayId"] for gateway in answer]

    def _attachments(self) -> dict[str, tuple[str, ...]]:
        answer = self._ec2.describe_transit_gateway_vpc_attachments()["TransitGatewayVpcAttachments"]
        return {
            attachment["TransitGatewayId"]: tuple(attachment.get("SubnetIds") or ())
            for attachment in answer
            if attachment["VpcId"] == self._vpc_id and attachment["State"] not in _GONE
        }

    def _gateway_endpoints(
        self, endpoints: Iterable[Any], tables: Iterable[Any]
    ) -> dict[str, GatewayEndpoint]:
        lists: dict[str, set[str]] = {}
        for table in tables:
            for route in table["Routes"]:
                if "DestinationPrefixListId" in route:
                    lists.setdefault(str(route.get("GatewayId")), set()).add(route["DestinationPrefixListId"])
        return {
            (identifier := each["VpcEndpointId"]): GatewayEndpoint(
                identifier,
                self._name(identifier),
                self._service(each["ServiceName"]),
                frozenset(lists.get(identifier, ())),
            )
            for each in endpoints
            if each["VpcEndpointType"] == "Gateway"
        }

    def _interface_endpoints(
        self, endpoints: Iterable[Any], subnets: Mapping[str, Subnet]
    ) -> Iterator[InterfaceEndpoint]:
        for each in sorted(endpoints, key=lambda each: str(each["ServiceName"])):
            if each["VpcEndpointType"] != "Interface":
                continue
            service, name = self._service(each["ServiceName"]), self._name(each["VpcEndpointId"])
            groups = tuple(group["GroupId"] for group in each.get("Groups", [])) or self._default_group
            interfaces = tuple(
                Interface(f"the endpoint of {service} in {subnets[subnet].zone}", subnet, groups)
                for subnet in each["SubnetIds"]
                if subnet in subnets
            )
            yield InterfaceEndpoint(
                each["VpcEndpointId"], name, service, interfaces, bool(each.get("PrivateDnsEnabled"))
            )


def _blocks(vpc: Mapping[str, Any]) -> Iterator[IPv4Network]:
    for block in vpc["CidrBlockAssociationSet"]:
        if block["CidrBlockState"]["State"] in ("associated", "associating"):
            yield IPv4Network(block["CidrBlock"])


def _by_subnet(answer: Iterable[Any], identifier: str) -> dict[str, str]:
    """Which of these a subnet is associated with, by the subnet's id."""
    return {
        association["SubnetId"]: each[identifier]
        for each in answer
        for association in each["Associations"]
        if association.get("SubnetId")
    }


_TARGETS: dict[str, Callable[[str], TargetKind]] = {
    "NatGatewayId": lambda _: "nat",
    "TransitGatewayId": lambda _: "transit",
    "VpcPeeringConnectionId": lambda _: "peering",
    "NetworkInterfaceId": lambda _: "interface",
    "InstanceId": lambda _: "interface",
    "GatewayId": lambda identifier: _gateway(identifier),
}


def _target(route: Mapping[str, Any]) -> tuple[TargetKind, str]:
    for key, kind in _TARGETS.items():
        if identifier := route.get(key):
            return kind(identifier), identifier
    return "missing", "nothing"


def _gateway(identifier: str) -> TargetKind:
    kinds: dict[str, TargetKind] = {"igw": "internet", "vgw": "private", "vpce": "endpoint", "local": "local"}
    return kinds.get(identifier.split("-")[0], "missing")


def _group_rules(permissions: Iterable[Any], *, outbound: bool) -> Iterator[GroupRule]:
    for each in permissions:
        protocol = protocol_named(each["IpProtocol"])
        ports = EVERY_PORT if protocol == ANY_PROTOCOL else _ports(each, "FromPort", "ToPort")
        for block in each.get("IpRanges", []):
            yield GroupRule(outbound, protocol, IPv4Network(block["CidrIp"], strict=False), ports)
        for pair in each.get("UserIdGroupPairs", []):
            yield GroupRule(outbound, protocol, pair["GroupId"], ports)
        for prefix_list in each.get("PrefixListIds", []):
            yield GroupRule(outbound, protocol, prefix_list["PrefixListId"], ports)


def _ports(given: Mapping[str, Any], first: str, last: str) -> Ports:
    """A range of ports; -1 or nothing is every port."""
    low, high = given.get(first), given.get(last)
    if low is None or high is None or int(low) < 0:
        return EVERY_PORT
    return Ports(int(low), int(high))
