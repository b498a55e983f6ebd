"""Reads an account before a deploy: AWS is asked for exactly what settings name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from cdk_eks_cilium.doctor.engine import account_kinds as kinds
from cdk_eks_cilium.doctor.engine.plan import Plan
from cdk_eks_cilium.doctor.engine.reader import NotAskedError, Object, Read
from cdk_eks_cilium.doctor.engine.readings import Aws, Reading

from .aws import AwsReader

SECONDS: Final = 120.0
"""How long all readings may take by default."""
ROLE: Final = "cdk-eks-cilium preflight role"
"""The command that prints the rights."""
FURTHER: Final = ("ec2:DescribeTransitGatewayRouteTables",)
"""Actions that find what others read."""
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
_NAMES_PER_CALL: Final = 10
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html: a filter has at most 200 values.
_VALUES_PER_FILTER: Final = 200
Given = dict[str, Any]


class AccountReader(AwsReader):
    """The account that settings are deployed to."""

    def __init__(self, session: Any, plan: Plan, *, seconds: float = SECONDS) -> None:
        """Read what a deploy needs.

        Args:
            session: A session of boto3 with a region.
            plan: The plan of settings, with its deployment.
            seconds: How long all readings may take.

        Raises:
            ValueError: The plan does not tell the deployment.
        """
        super().__init__(session, plan.cluster or "", seconds=seconds, role=ROLE)
        if plan.deployment is None:
            raise ValueError("the plan must tell the deployment")
        self._plan = plan
        self._deployment = plan.deployment

    def read(self, reading: Reading) -> Read | None:
        """The objects of a reading of AWS; None for another, and for change sets.

        Whole answers have the parameters of the call.

        Raises:
            UnreadError: AWS does not answer, or refuses.
        """
        if reading == kinds.CHANGE_SETS:
            return None
        if not isinstance(reading, Aws) or reading.key:
            return super().read(reading)
        found: list[Object] = []
        for given in self._narrowed(reading):
            scalars = {name: each for name, each in given.items() if isinstance(each, str)}
            found += [{**scalars, **answer} for answer in self._call(reading, given)]
        return Read(tuple(found))

    @cached_property
    def _vpc(self) -> str:
        network = self._deployment.network
        if network is None:
            raise NotAskedError("the deploy makes its own VPC")
        return network.vpc

    @cached_property
    def _pod_subnets(self) -> Sequence[str]:
        network = self._deployment.network
        return sorted(name for name, _ in network.pod_subnets.values()) if network is not None else ()

    def _planned(self, reading: Aws, given: Given) -> Iterator[Given]:
        for parameters in self._parameters(reading):
            yield {**given, **parameters}

    def _parameters(self, reading: Aws) -> Iterable[Given]:
        table: Mapping[str, Callable[[], Iterable[Given]]] = {
            "DescribeInstanceTypeOfferings": lambda: _filtered("instance-type", self._types_of_nodes),
            "DescribeInstanceTypes": lambda: _filtered("instance-type", self._types_of_nodes),
            "DescribeImages": lambda: _filtered("image-id", _unique(each.image for each in self._nodes)),
            "GetParameters": self._names_of_parameters,
            "DescribeVpcEndpointServices": lambda: _filtered("service-name", self._endpoint_services),
            "DescribeLogGroups": lambda: _each("logGroupNamePrefix", self._deployment.log_groups),
            "DescribeStacks": lambda: _each("StackName", self._plan.stacks or ()),
            "DescribeTransitGateways": self._gateways,
            "SearchTransitGatewayRoutes": self._tables_of_gateway,
            "GetRole": lambda: _each("RoleName", [*self._roles, *kinds.SERVICE_ROLES]),
            "GetUser": lambda: _each("UserName", self._named("user")),
            "ListAttachedRolePolicies": lambda: _each(
                "RoleName", _names(self._deployment.roles, "role", self._account)
            ),
            "DescribeKey": lambda: _each("KeyId", self._keys),
            "GetKeyPolicy": lambda: _each("KeyId", self._keys),
            "ListGrants": lambda: _each("KeyId", self._keys),
        }
        return table[reading.operation]()

    @property
    def _nodes(self) -> Sequence[Any]:
        return self._deployment.nodes

    @property
    def _types_of_nodes(self) -> list[str]:
        return _unique(name for each in self._nodes for name in each.instance_types)

    def _names_of_parameters(self) -> Iterator[Given]:
        names = _unique([kinds.BOOTSTRAP_PARAMETER, *(each.parameter for each in self._nodes)])
        for start in range(0, len(names), _NAMES_PER_CALL):
            yield {"Names": names[start : start + _NAMES_PER_CALL]}

    @property
    def _endpoint_services(self) -> list[str]:
        """Full names, which begin with ``cn`` for most services in China.

        https://docs.amazonaws.cn/en_us/vpc/latest/privatelink/aws-services-privatelink-support.html
        """
        names = [f"com.amazonaws.{self._plan.region}.{each.service}" for each in self._deployment.endpoints]
        china = [f"cn.{name}" for name in names] if str(self._plan.region).startswith("cn-") else []
        return [*names, *china]

    def _gateways(self) -> Iterator[Given]:
        if self._deployment.transit_gateway:
            yield {"TransitGatewayIds": [self._deployment.transit_gateway]}

    def _tables_of_gateway(self) -> Iterator[Given]:
        gateway = self._deployment.transit_gateway
        if not gateway:
            return
        tables = Aws("ec2", "DescribeTransitGatewayRouteTables", "TransitGatewayRouteTables")
        chosen = {"Filters": [{"Name": "transit-gateway-id", "Values": [gateway]}]}
        for table in self._call(tables, chosen):
            yield {
                "TransitGatewayRouteTableId": table["TransitGatewayRouteTableId"],
                "Filters": [{"Name": "state", "Values": ["active", "blackhole"]}],
            }

    @cached_property
    def _account(self) -> str:
        return str(self._call(kinds.IDENTITY, {})[0]["Account"])

    @property
    def _roles(self) -> list[str]:
        return _unique([*self._named("role"), *_names(self._deployment.roles, "role", self._account)])

    def _named(self, kind: str) -> list[str]:
        return _names(self._deployment.access, kind, self._account)

    @cached_property
    def _keys(self) -> list[str]:
        given = [each.volume_key for each in self._nodes]
        if not all(given):
            given += [str(each["KmsKeyId"]) for each in self._call(kinds.DEFAULT_KEY, {})]
        # AWS's own key has an alias here. To describe it would make it where it is not there yet.
        # https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
        return [
            each for each in _unique([*given, self._deployment.secrets_key]) if not each.startswith("alias/")
        ]


def _unique(names: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name]


def _each(parameter: str, values: Iterable[str]) -> Iterator[Given]:
    for value in values:
        yield {parameter: value}


def _filtered(name: str, values: Sequence[str]) -> Iterator[Given]:
    for start in range(0, len(values), _VALUES_PER_FILTER):
        yield {"Filters": [{"Name": name, "Values": list(values[start : start + _VALUES_PER_FILTER])}]}


def _names(arns: Iterable[str], kind: str, account: str) -> list[str]:
    """The names of the roles or users of this account; IAM tells nothing of others."""
    found = []
    for arn in arns:
        parts = arn.split(":", 5)
        if len(parts) > 5 and parts[4] == account and parts[5].startswith(f"{kind}/"):
            found.append(parts[5].rpartition("/")[2])
    return _unique(found)
