"""Whether a subnet reaches AWS's services, by a way out or by an endpoint in the VPC.

Routes and endpoints count; security groups and policies do not. A subnet in the VPC's main route table counts
as a subnet with a way out: CDK never makes such a subnet.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_ANYWHERE = "0.0.0.0/0"


# belief: EC2-endpoint-reach
def unreachable(ec2: Any, subnet_ids: Iterable[str], services: Iterable[str]) -> str:
    """What is out of reach, as a clause; empty if every service is within reach.

    Args:
        ec2: A client of the rehearsal's AWS.
        subnet_ids: The subnets, each of which must reach the services.
        services: Last parts of the endpoints' names, such as ``ecr.api``.
    """
    wanted = list(services)
    for subnet_id in subnet_ids:
        table = _own_table(ec2, subnet_id)
        if table is None or _leads_out(table):
            continue
        offered = _offered(ec2, table)
        missing = [service for service in wanted if service not in offered]
        if missing:
            return (
                f"{subnet_id} has no way out and no endpoint for {', '.join(missing)}; "
                "add the endpoint, or a route through a NAT gateway"
            )
    return ""


def _own_table(ec2: Any, subnet_id: str) -> dict[str, Any] | None:
    by_subnet = [{"Name": "association.subnet-id", "Values": [subnet_id]}]
    tables: list[dict[str, Any]] = ec2.describe_route_tables(Filters=by_subnet)["RouteTables"]
    return tables[0] if tables else None


def _leads_out(table: dict[str, Any]) -> bool:
    return any(route.get("DestinationCidrBlock") == _ANYWHERE for route in table["Routes"])


def _offered(ec2: Any, table: dict[str, Any]) -> set[str]:
    by_vpc = [{"Name": "vpc-id", "Values": [table["VpcId"]]}]
    region = str(ec2.meta.region_name)
    return {
        endpoint["ServiceName"].split(f".{region}.", 1)[-1]
        for endpoint in ec2.describe_vpc_endpoints(Filters=by_vpc)["VpcEndpoints"]
        if endpoint["VpcEndpointType"] == "Interface"
        or table["RouteTableId"] in endpoint.get("RouteTableIds", [])
    }
