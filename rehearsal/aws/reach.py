"""Whether a subnet reaches AWS's services, by a way out or by an endpoint in the VPC.

Routes, endpoints and the policies of endpoints count; security groups do not. A subnet in the main route
table of its VPC counts as a subnet with a way out: CDK never makes such a subnet.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rehearsal.aws.account import Account
from rehearsal.aws.iam import Request

_ANYWHERE = "0.0.0.0/0"
# The account of EKS's images in most regions:
# https://docs.aws.amazon.com/eks/latest/userguide/add-ons-images.html
_OF_EKS = "602401143452"


# belief: EC2-endpoint-reach
def unreachable(ec2: Any, subnet_ids: Iterable[str], services: Iterable[str]) -> str:
    """What is out of reach, as a clause; empty if every service is within reach.

    Args:
        ec2: A client of the rehearsal's AWS.
        subnet_ids: The subnets, each of which must reach the services.
        services: Last parts of the endpoints' names, such as ``ecr.api``.
    """
    wanted, subnets = list(services), list(subnet_ids)
    tables = _own_tables(ec2, subnets) if subnets else {}
    for subnet_id in subnets:
        table = tables.get(subnet_id)
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


def _own_tables(ec2: Any, subnet_ids: list[str]) -> dict[str, dict[str, Any]]:
    """The route table of each subnet that has one of its own."""
    by_subnet = [{"Name": "association.subnet-id", "Values": subnet_ids}]
    return {
        use["SubnetId"]: table
        for table in ec2.describe_route_tables(Filters=by_subnet)["RouteTables"]
        for use in table["Associations"]
        if "SubnetId" in use
    }


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


# belief: AWS-service-buckets
def answer_blocked(account: Account, subnets: Iterable[str]) -> str:
    """Why no answer to CloudFormation gets through the endpoint of S3, as a clause; empty if it does.

    CloudFormation signs the address, so the principal is not of this account.
    """
    where = account.environment
    bucket = f"cloudformation-custom-resource-response-{where.region.replace('-', '')}"
    answer = Request("s3:PutObject", f"arn:{where.partition}:s3:::{bucket}/answer")
    return account.access.blocked(subnets, "s3", answer)


# belief: EKS-nodes-need-services, AWS-service-buckets
def node_blocked(account: Account, subnet: str, role: str) -> str:
    """Why a node in a subnet does not get through endpoints, as a clause; empty if it does.

    A node describes itself and its cluster, and pulls images: from a registry of EKS's, whose layers come out
    of a bucket of ECR's at an address that ECR signed.
    """
    where = account.environment
    own = {"aws:PrincipalArn": role, "aws:PrincipalAccount": where.account}
    image = f"arn:{where.partition}:ecr:{where.region}:{_OF_EKS}:repository/eks/pause"
    layers = f"arn:{where.partition}:s3:::prod-{where.region}-starport-layer-bucket/layer"
    calls = (
        ("ec2", Request("ec2:DescribeInstances", "*", own)),
        ("eks", Request("eks:DescribeCluster", "*", own)),
        ("ecr.api", Request("ecr:GetAuthorizationToken", "*", own)),
        ("ecr.dkr", Request("ecr:BatchGetImage", image, own)),
        ("s3", Request("s3:GetObject", layers)),
    )
    clauses = (account.access.blocked([subnet], *call) for call in calls)
    return next(filter(None, clauses), "")
