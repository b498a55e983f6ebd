"""Whether the new blocks lie apart from the networks that the VPC reaches."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from cdk_eks_cilium.doctor.checks.views.account_use import own_vpcs
from cdk_eks_cilium.doctor.checks.views.words import named
from cdk_eks_cilium.doctor.engine.account_kinds import PEERINGS, REGION_VPCS, TRANSIT_GATEWAYS, TRANSIT_ROUTES
from cdk_eks_cilium.doctor.engine.aws_kinds import ROUTE_TABLES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.deployment import Deployment
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip, Unknown
from cdk_eks_cilium.doctor.engine.reader import Object, UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcPeeringConnectionStateReason.html
_PEERED = ("active", "pending-acceptance", "provisioning")


@check(
    "networks-apart",
    "the new blocks lie apart from what the VPC reaches by routes, peerings and a transit gateway",
    reads=(ROUTE_TABLES, PEERINGS, TRANSIT_GATEWAYS, TRANSIT_ROUTES, REGION_VPCS),
    symptom="InvalidVpc.Range, or pods that other networks do not reach",
    links=(
        "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html",
        "https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html",
    ),
)
def networks_apart(seen: Seen) -> Iterator[Outcome]:
    """A VPC takes no block that is the same as the destination of a route, or larger, and none that overlaps
    a VPC that it is peered with.

    Of two VPCs with the same range on a transit gateway, the second gets no traffic. A smaller block than the
    destination of a route takes its addresses away from that network.
    """
    deployment = seen.planned("deployment")
    if deployment.network is None and not deployment.transit_gateway:
        yield Skip("a new VPC without a transit gateway reaches no other network")
        return
    fine = True
    for part in (_routes, _peerings, _gateway):
        try:
            for finding in part(seen, deployment):
                fine = False
                yield finding
        except UnreadError as error:
            fine = False
            yield Unknown(str(error))
    if fine:
        yield Fine(named(deployment.new_blocks.values()))


def _routes(seen: Seen, deployment: Deployment) -> Iterator[Finding]:
    if deployment.network is None:
        return
    region = seen.plan.region
    for table in seen.list(ROUTE_TABLES):
        name = str(table.get("RouteTableId"))
        for route in table.get("Routes") or ():
            destination = str(route.get("DestinationCidrBlock") or "")
            if not destination or destination == "0.0.0.0/0" or route.get("GatewayId") == "local":
                continue
            for key, block in deployment.new_blocks.items():
                inside, outside = _relation(block, destination)
                if not (inside or outside):
                    continue
                evidence = (
                    Evidence(f"ec2 {name}", f"route to {destination}", _target(route), f"apart from {block}"),
                )
                fix = (
                    f"# Choose another range for {key}, or move the route.\n"
                    f"aws ec2 describe-route-tables --region {region} --route-table-ids {name}"
                )
                summary = (
                    f"{key} {block} covers the destination of a route, {destination}"
                    if inside
                    else f"{key} {block} takes addresses away from the network behind {destination}"
                )
                yield Finding(Severity.ERROR if inside else Severity.WARNING, summary, evidence, fix)


def _peerings(seen: Seen, deployment: Deployment) -> Iterator[Finding]:
    network = deployment.network
    if network is None:
        return
    for peering in seen.list(PEERINGS):
        if at(peering, "Status.Code") not in _PEERED:
            continue
        sides = [peering.get("RequesterVpcInfo") or {}, peering.get("AccepterVpcInfo") or {}]
        if not any(side.get("VpcId") == network.vpc for side in sides):
            continue
        other = next((side for side in sides if side.get("VpcId") != network.vpc), {})
        ranges = [str(each.get("CidrBlock")) for each in other.get("CidrBlockSet") or ()]
        ranges = ranges or [str(other["CidrBlock"])] if ranges or other.get("CidrBlock") else []
        for key, block in deployment.new_blocks.items():
            clash = [each for each in ranges if any(_relation(block, each))]
            if clash:
                name = str(peering.get("VpcPeeringConnectionId"))
                evidence = (
                    Evidence(f"ec2 {name}", "the peer's CidrBlockSet", named(clash), f"apart from {block}"),
                )
                fix = (
                    f"# Choose another range for {key}, and name the peer's in network.peer_cidrs.\n"
                    f"aws ec2 describe-vpc-peering-connections --region {seen.plan.region} "
                    f"--vpc-peering-connection-ids {name}"
                )
                yield Finding(
                    Severity.ERROR, f"{key} {block} overlaps the peered {other.get('VpcId')}", evidence, fix
                )


def _gateway(seen: Seen, deployment: Deployment) -> Iterator[Finding]:
    gateway, region = deployment.transit_gateway, seen.plan.region
    if not gateway:
        return
    found = next((each for each in seen.list(TRANSIT_GATEWAYS)), None)
    if found is None or found.get("State") != "available":
        state = str((found or {}).get("State") or "")
        yield Finding(
            Severity.ERROR,
            f"the transit gateway {gateway} is {state or 'not there'}",
            (Evidence(f"ec2 {gateway}", "State", state, "available"),),
            "# Correct network.on_premises.transit_gateway_id. Another account must share its gateway.\n"
            f"aws ec2 describe-transit-gateways --region {region}",
        )
        return
    own = set(seen.derived(own_vpcs)) | ({deployment.network.vpc} if deployment.network else set())
    for answer in seen.list(TRANSIT_ROUTES):
        table = str(answer.get("TransitGatewayRouteTableId"))
        for route in answer.get("Routes") or ():
            destination = str(route.get("DestinationCidrBlock") or "")
            others = [
                str(each.get("ResourceId"))
                for each in route.get("TransitGatewayAttachments") or ()
                if each.get("ResourceId") not in own
            ]
            for key, block in deployment.new_blocks.items():
                if others and destination and _relation(block, destination)[0]:
                    evidence = (
                        Evidence(
                            f"ec2 {table}", f"route to {destination}", named(others), f"apart from {block}"
                        ),
                    )
                    fix = (
                        f"# Choose another range for {key}.\n"
                        f"aws ec2 search-transit-gateway-routes --region {region} "
                        f"--transit-gateway-route-table-id {table} --filters Name=state,Values=active"
                    )
                    yield Finding(
                        Severity.ERROR,
                        f"{key} {block}: the transit gateway sends {destination} to {named(others)}",
                        evidence,
                        fix,
                    )


def _relation(block: str, other: str) -> tuple[bool, bool]:
    """Whether *block* covers *other*, and whether it is a smaller part of it."""
    try:
        one, two = IPv4Network(block), IPv4Network(other)
    except ValueError:
        return False, False
    return two.subnet_of(one), one.subnet_of(two) and one != two


def _target(route: Object) -> str:
    names = ("GatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "NatGatewayId", "NetworkInterfaceId")
    return next((str(route[name]) for name in names if route.get(name)), "another target")
