"""Whether the NAT gateways that subnets route to work."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.words import counted, named
from cdk_eks_cilium.doctor.engine.aws_kinds import NAT_GATEWAYS, ROUTE_TABLES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "nat-gateways-available",
    "the NAT gateways that subnets of the VPC route to are available",
    reads=(NAT_GATEWAYS, ROUTE_TABLES),
    symptom="nodes or pods of a zone reach nothing outside the VPC",
    answers=("EC2-nat-way-out",),
    links=("https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html",),
)
def nat_gateways_available(seen: Seen) -> Iterator[Outcome]:
    """A gateway that failed, or that is being deleted, stays the target of routes for a while: traffic goes
    nowhere, and the route still looks active.

    A route to a gateway that is gone is a blackhole, which another check tells of for pods.
    """
    routes = [
        (str(table.get("RouteTableId")), str(route["NatGatewayId"]))
        for table in seen.list(ROUTE_TABLES)
        for route in table.get("Routes") or ()
        if route.get("NatGatewayId") and route.get("State") != "blackhole"
    ]
    if not routes:
        yield Skip("no subnet of the VPC routes to a NAT gateway")
        return
    known = {str(each.get("NatGatewayId")): each for each in seen.list(NAT_GATEWAYS)}
    bad = {
        gateway: table
        for table, gateway in routes
        if str(known.get(gateway, {}).get("State", "")) != "available"
    }
    if not bad:
        yield Fine(named(gateway for _, gateway in routes))
        return
    evidence = tuple(
        Evidence(
            f"ec2 {gateway}, target of {table}",
            "State",
            " ".join(
                str(known.get(gateway, {}).get(field) or "") for field in ("State", "FailureMessage")
            ).strip(),
            "available",
        )
        for gateway, table in bad.items()
    )
    fix = (
        "# Make another gateway and lead the routes there: of the stack, by a deploy that replaces it.\n"
        f"aws ec2 describe-nat-gateways --nat-gateway-ids {' '.join(bad)}"
    )
    yield Finding(Severity.ERROR, f"{counted(len(bad), 'NAT gateway')} not available", evidence, fix)
