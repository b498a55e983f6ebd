"""VPC endpoints on the way of a call, and what their policies let through.

A call from a subnet goes through an endpoint of its service: an interface endpoint with a private DNS name in
the VPC, else a gateway endpoint in the route table of the subnet. The policy of the endpoint must allow the
call, beside the policies of the caller
(https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html).
"""

# belief: IAM-endpoint-policy

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from rehearsal.aws.environment import Environment
from rehearsal.aws.iam.evaluator import Decision, Request, Statement, decide, why_not

ENDPOINT_POLICY: Final = "VPC endpoint policy"
"""What denies a call here, in AWS's words."""


@dataclass(frozen=True)
class Blocked:
    """Why an endpoint does not let a request through.

    Attributes:
        endpoint: The endpoint's id.
        explicit: Whether a statement denies it, rather than none allowing it.
        reason: The statement that comes closest and its condition that fails, in words.
    """

    endpoint: str
    explicit: bool
    reason: str


class Endpoints:
    """The endpoints of an account, as moto has them now.

    Args:
        environment: The account and its region.
    """

    def __init__(self, environment: Environment) -> None:
        self._where = environment

    def blocked(self, subnets: Iterable[str], service: str, request: Request) -> Blocked | None:
        """Why an endpoint on the way does not let a request through; None if each does, or without any.

        Args:
            subnets: The subnets that the call may leave from; none outside of a VPC.
            service: The last part of the endpoint's name, such as ``ecr.dkr``.
            request: The request, with the condition keys of its principal.

        Raises:
            ValueError: A policy holds something that the evaluator does not know.
        """
        for endpoint in self._on_the_way(subnets, service):
            own = replace(request, context={**self._keys(endpoint, request), **request.context})
            statements = tuple(_for_everyone(endpoint))
            decision = decide(statements, own)
            if decision is not Decision.ALLOWED:
                return Blocked(endpoint.id, decision is Decision.DENIED, why_not(statements, own))
        return None

    def _on_the_way(self, subnets: Iterable[str], service: str) -> list[Any]:
        from moto.ec2.models import ec2_backends

        ec2: Any = ec2_backends[self._where.account][self._where.region]
        name = f"com.amazonaws.{self._where.region}.{service}"
        all_of_it = [
            each
            for each in list(ec2.vpc_end_points.values())
            if each.service_name == name and each.state != "deleted"
        ]
        found: dict[str, Any] = {}
        for subnet in subnets if all_of_it else ():
            vpc = ec2.get_subnet(subnet).vpc_id
            tables = {table.id for table in _tables(ec2, vpc, subnet)}
            here = [each for each in all_of_it if each.vpc_id == vpc]
            private = [each for each in here if _is_interface(each) and each.private_dns_enabled]
            gateways = [
                each for each in here if not _is_interface(each) and tables & set(each.route_table_ids)
            ]
            found |= {each.id: each for each in (private or gateways)}
        return list(found.values())

    def _keys(self, endpoint: Any, request: Request) -> Mapping[str, str]:
        """Condition keys of the way, and of who owns the resource.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """
        account = request.resource.split(":")[4] if request.resource.count(":") >= 5 else ""
        return {
            "aws:SourceVpce": endpoint.id,
            "aws:SourceVpc": endpoint.vpc_id,
            "aws:ResourceAccount": account or self._where.account,
            "aws:PrincipalIsAWSService": "false",
            "aws:RequestedRegion": self._where.region,
        }


def _is_interface(endpoint: Any) -> bool:
    return str(endpoint.vpc_endpoint_type).lower() == "interface"


def _tables(ec2: Any, vpc: str, subnet: str) -> list[Any]:
    """The route table of a subnet: its own one, else the main one of the VPC."""
    tables = [table for table in list(ec2.route_tables.values()) if table.vpc_id == vpc]
    own = [table for table in tables if subnet in [each.get("SubnetId") for each in table.associations]]
    return own or [table for table in tables if table.main_association_id]


def _for_everyone(endpoint: Any) -> Iterator[Statement]:
    """The statements of a policy that name everyone.

    Gateway endpoints take no other principal, and ours say who by conditions.

    Raises:
        ValueError: A statement names somebody.
    """
    found = json.loads(endpoint.policy_document)["Statement"]
    for statement in found if isinstance(found, list) else [found]:
        if statement.get("Principal") not in ("*", {"AWS": "*"}):
            raise ValueError(f"a principal in the policy of endpoint {endpoint.id} is not evaluated")
        yield {key: value for key, value in statement.items() if key != "Principal"}
