"""Reads EKS and EC2 with the caller's own credentials, by boto3, page by page.

boto3 comes with the extra ``cli``, and is imported when the first session is opened.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.aws_kinds import NODE_GROUPS, SUBNETS
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.reader import NotAskedError, Object, Read, UnreadError
from cdk_eks_cilium.doctor.engine.readings import Aws, Reading, Scope
from cdk_eks_cilium.problems.aws_failures import code_of

from .actions import action_of
from .aws_words import DOCTOR_ROLE, AwayError, unread

CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 20
ATTEMPTS: Final = 4
"""The most attempts of a call, when a service throttles, fails or hangs."""
SECONDS: Final = 300.0
"""How long all readings may take: an account that throttles must not hold up a report for ever."""
_TYPES_PER_CALL: Final = 100
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInternetGateways.html
_VPC_FILTERS: Final = {"DescribeInternetGateways": "attachment.vpc-id"}
#: For each part of a cluster that has calls of its own: the operation that lists, its key, and the parameter.
#: CloudFormation's own tag of what it makes:
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
_STACK_TAG: Final = "aws:cloudformation:stack-name"
_META: Final = "ResponseMetadata"
_PARTS: Final = {
    Scope.NODE_GROUP: ("ListNodegroups", "nodegroups", "nodegroupName"),
    Scope.ADD_ON: ("ListAddons", "addons", "addonName"),
    Scope.INSIGHT: ("ListInsights", "insights", "id"),
}


def open_session(region: str | None = None, profile: str | None = None) -> Any:
    """A session of boto3.

    Raises:
        UnreadError: The profile does not exist, or the configuration cannot be read.
        ImportError: boto3 is not installed.
    """
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        return boto3.session.Session(region_name=region, profile_name=profile)
    except BotoCoreError as error:
        raise unread(error, "the session") from None


def has_credentials(session: Any) -> bool:
    """Whether a session finds credentials anywhere; it asks no service but the machine's own."""
    from botocore.exceptions import BotoCoreError

    try:
        return session.get_credentials() is not None
    except BotoCoreError:
        return True  # there are some, and each reading says what is wrong with them


class AwsReader:
    """The account of a cluster."""

    def __init__(
        self,
        session: Any,
        cluster: str,
        instance_types: Callable[[], Iterable[str]] | None = None,
        *,
        pod_subnets: Callable[[], Iterable[str]] | None = None,
        stacks: Sequence[str] = (),
        seconds: float = SECONDS,
        role: str = DOCTOR_ROLE,
    ) -> None:
        """Read about a cluster.

        Args:
            session: A session of boto3 with a region.
            cluster: The name of the cluster in EKS.
            instance_types: The types of its nodes; by default as its node groups name them.
            pod_subnets: The ids of the subnets of its pods; by default all subnets of its VPC.
            stacks: The stacks that made it; by default the one that its tags name.
            seconds: How long all readings may take; later ones fail.
            role: The command that prints the rights.
        """
        self._until = time.monotonic() + seconds
        self._role = role
        self._given_stacks = tuple(stacks)
        self._session = session
        self._cluster = cluster
        self._types = instance_types
        self._subnets = pod_subnets
        self._lock = threading.RLock()
        self._clients: dict[str, Any] = {}
        self._away: AwayError | None = None

    def read(self, reading: Reading) -> Read | None:
        """The objects of a reading of AWS; None for another.

        Raises:
            UnreadError: AWS does not answer, or refuses.
        """
        if not isinstance(reading, Aws):
            return None
        found: list[Object] = []
        for given in self._narrowed(reading):
            named = {"RoleName": given["RoleName"]} if reading.scope is Scope.NODE_ROLE else {}
            found += [{**each, **named} for each in self._call(reading, given)]
        return Read(tuple(found))

    def _narrowed(self, reading: Aws) -> Iterator[dict[str, Any]]:
        """The parameters of each call that the scope asks for."""
        given = {name: list(each) if isinstance(each, tuple) else each for name, each in reading.parameters}
        match reading.scope:
            case Scope.ACCOUNT:
                yield given
            case Scope.CLUSTER:
                members = self._members(reading)
                yield {**given, ("clusterName" if "clusterName" in members else "name"): self._cluster}
            case Scope.VPC:
                yield {**given, **self._of_vpc(reading)}
            case Scope.INSTANCES:
                types = self._instance_types
                for start in range(0, len(types), _TYPES_PER_CALL):
                    yield {**given, "InstanceTypes": list(types[start : start + _TYPES_PER_CALL])}
            case Scope.NODE_GROUP | Scope.ADD_ON | Scope.INSIGHT:
                operation, key, parameter = _PARTS[reading.scope]
                for each in self._call(Aws("eks", operation, key), {"clusterName": self._cluster}):
                    name = each["id"] if isinstance(each, Mapping) else each
                    yield {**given, "clusterName": self._cluster, parameter: name}
            case Scope.NODE_ROLE:
                yield from ({**given, "RoleName": name} for name in self._node_roles)
            case Scope.POD_SUBNET:
                yield from ({**given, "SubnetId": name} for name in self._pod_subnets)
            case Scope.STACK:
                yield from ({**given, "StackName": name} for name in self._stacks)
            case Scope.PLAN:
                yield from self._planned(reading, given)

    def _of_vpc(self, reading: Aws) -> dict[str, Any]:
        """The parameter that narrows a call to the VPC."""
        members = self._members(reading)
        if "VpcId" in members:  # of DescribeVpcAttribute
            return {"VpcId": self._vpc}
        # DescribeNatGateways alone has ``Filter``.
        name = "Filters" if "Filters" in members else "Filter"
        return {name: [{"Name": _VPC_FILTERS.get(reading.operation, "vpc-id"), "Values": [self._vpc]}]}

    def _planned(self, reading: Aws, given: dict[str, Any]) -> Iterator[dict[str, Any]]:
        raise NotAskedError(f"{reading} is for what a deploy needs, before it")

    @cached_property
    def _vpc(self) -> str:
        found = self._call(Aws("eks", "DescribeCluster", "cluster"), {"name": self._cluster})
        vpc = at(found[0], "resourcesVpcConfig.vpcId") if found else None
        if not vpc:
            raise UnreadError(f"EKS names no VPC of the cluster {self._cluster}")
        return str(vpc)

    @cached_property
    def _stacks(self) -> tuple[str, ...]:
        if self._given_stacks:
            return self._given_stacks
        found = self._call(Aws("eks", "DescribeCluster", "cluster"), {"name": self._cluster})
        name = (found[0].get("tags") or {}).get(_STACK_TAG) if found else None
        if not name:
            raise NotAskedError("nothing tells the stacks of the cluster: name its settings with --settings")
        return (str(name),)

    @cached_property
    def _node_roles(self) -> Sequence[str]:
        groups = self.read(NODE_GROUPS)
        found = groups.objects if groups else ()
        return sorted({str(each["nodeRole"]).rpartition("/")[2] for each in found if each.get("nodeRole")})

    @cached_property
    def _pod_subnets(self) -> Sequence[str]:
        found = set(self._subnets()) if self._subnets is not None else set()
        if not found:
            subnets = self.read(SUBNETS)
            found = {str(each["SubnetId"]) for each in (subnets.objects if subnets else ())}
        return sorted(found)

    @cached_property
    def _instance_types(self) -> Sequence[str]:
        found = set(self._types()) if self._types is not None else set()
        if not found:
            groups = self.read(NODE_GROUPS)
            found = {
                name for each in (groups.objects if groups else ()) for name in each["instanceTypes"] or ()
            }
        return sorted(found)

    def _client(self, service: str) -> Any:
        from botocore.config import Config

        with self._lock:  # a session makes one client at a time
            if service not in self._clients:
                # https://docs.aws.amazon.com/boto3/latest/guide/retries.html
                config = Config(
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=READ_SECONDS,
                    retries={"mode": "adaptive", "total_max_attempts": ATTEMPTS},
                )
                self._clients[service] = self._session.client(service, config=config)
            return self._clients[service]

    def _members(self, reading: Aws) -> Mapping[str, Any]:
        shape = self._asked(
            reading, lambda client: client.meta.service_model.operation_model(reading.operation).input_shape
        )
        return shape.members if shape is not None else {}

    def _call(self, reading: Aws, given: Mapping[str, Any]) -> list[Object]:
        def pages(client: Any) -> list[Object]:
            from botocore import xform_name
            from botocore.exceptions import ClientError

            method = xform_name(reading.operation)
            found: list[Object] = []
            try:
                for answer in _pages(client, method, given):
                    found += _things(_part(answer, reading.key))
                    self._check_time(reading)
            except ClientError as error:
                if code_of(error) not in reading.absent:
                    raise
            return found

        self._check_time(reading)
        found: list[Object] = self._asked(reading, pages)
        return found

    def _check_time(self, reading: Aws) -> None:
        if time.monotonic() > self._until:
            raise UnreadError(f"{reading} was not asked any further: AWS answers too slowly")

    def _asked(self, reading: Aws, ask: Callable[[Any], Any]) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        if self._away is not None:
            raise self._away
        try:
            return ask(self._client(reading.service))
        except (BotoCoreError, ClientError, ResponseParserError, OSError, ValueError) as error:
            # botocore also lets through the last two: of an endpoint or a credential program that is wrong.
            found = unread(error, action_of(reading.service, reading.operation), self._role)
            self._away = found if isinstance(found, AwayError) else None
            raise found from None


def _pages(client: Any, method: str, given: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The answers of a call, page after page, also where boto3 has no paginator for it."""
    if client.can_paginate(method):
        yield from client.get_paginator(method).paginate(**given)
        return
    page: dict[str, Any] = {}
    while True:
        answer = getattr(client, method)(**given, **page)
        yield answer
        if not answer.get("NextToken"):
            return
        page = {"NextToken": answer["NextToken"]}


def _part(answer: Mapping[str, Any], key: str) -> Any:
    """What an answer has at a key; all of it without a key."""
    return answer.get(key) if key else {name: value for name, value in answer.items() if name != _META}


def _things(value: Any) -> list[Object]:
    """The objects of an answer as plain data: times as texts, a single object as a list."""
    if value is None:
        return []
    plain = json.loads(json.dumps(value, default=_text))
    return plain if isinstance(plain, list) else [plain]


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
