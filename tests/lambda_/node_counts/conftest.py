"""A cluster in moto's EKS, over HTTP, which also answers in pages and fails when it is told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto.eks.models import eks_backends
from moto.eks.responses import EKSResponse

from tests.lambda_.conftest import EVENTS, FakeTime, call_handler, loaded
from tests.moto_server import empty_moto

REGION = "eu-central-1"
ACCOUNT = "123456789012"
STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/demo-cluster/6c1d2f80-0000-4000-8000-1234567890ab"
RESOURCE = "Workers1234ABCD"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/nodes"
Fault = tuple[str, dict[str, Any]]
LIST, DESCRIBE = "list_nodegroups", "describe_nodegroup"


@pytest.fixture
def code() -> Iterator[SimpleNamespace]:
    """The function's modules and the common ones."""
    with loaded("node_counts") as modules:
        yield modules


class Account:
    """The account that the function finds: a cluster without nodes.

    Attributes:
        calls: Operations asked for, in order.
    """

    def __init__(self, client: Any) -> None:
        self.client = client
        self.calls: list[str] = []
        self._faults: dict[str, list[Fault]] = {LIST: [], DESCRIBE: []}
        client.create_cluster(name="demo", roleArn=ROLE, resourcesVpcConfig={})

    @property
    def backend(self) -> Any:
        """moto's own records."""
        return eks_backends[ACCOUNT][REGION]

    def group(
        self, name: str, size: int, *, stack: str = STACK, resource: str = RESOURCE, status: str = "ACTIVE"
    ) -> None:
        """A node group as CloudFormation makes it."""
        self.client.create_nodegroup(
            clusterName="demo",
            nodegroupName=name,
            nodeRole=ROLE,
            subnets=["subnet-1"],
            scalingConfig={"minSize": 0, "maxSize": 50, "desiredSize": size},
            tags={"aws:cloudformation:stack-id": stack, "aws:cloudformation:logical-id": resource},
        )
        self.backend.clusters["demo"].nodegroups[name].status = status

    def fail(
        self, operation: str, code: str, message: str = "No.", *, times: int = 1, status: int = 400
    ) -> None:
        """Let the next calls of an operation fail."""
        body = json.dumps({"message": message})
        self._faults[operation] += [(body, {"status": status, "x-amzn-ErrorType": code})] * times

    def asked(self, operation: str) -> Fault | None:
        """Called by the server before it answers; gives the failure to answer with, if any."""
        self.calls.append(operation)
        return self._faults[operation].pop(0) if self._faults[operation] else None


@pytest.fixture(scope="session")
def eks_url() -> Iterator[str]:
    with empty_moto() as url:
        yield url


@pytest.fixture
def account(eks_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account whose EKS the function reaches through its environment."""
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL", eks_url)
    eks_backends[ACCOUNT][REGION].reset()
    made = Account(boto3.client("eks", region_name=REGION, endpoint_url=eks_url))

    def watched(operation: str) -> None:
        original = getattr(EKSResponse, operation)

        def answer(self: Any) -> Any:
            fault = made.asked(operation)
            return fault or original(self)

        monkeypatch.setattr(EKSResponse, operation, answer)

    watched(LIST)
    watched(DESCRIBE)
    yield made
    made.client.close()


def read_event(request_type: str = "Update", **properties: object) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((Path(EVENTS) / "node_counts_update.json").read_text())
    event["RequestType"] = request_type
    if request_type != "Update":
        del event["OldResourceProperties"]
    if request_type == "Create":
        del event["PhysicalResourceId"]
    event["ResourceProperties"] |= properties
    return event


def sized(least: int, initial: int, most: int) -> dict[str, Any]:
    """The property with these numbers, as CloudFormation sends it."""
    scaling = {"MinSize": str(least), "DesiredSize": str(initial), "MaxSize": str(most)}
    return {"ScalingConfig": scaling}


Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(code: SimpleNamespace, fake_time: FakeTime) -> Ask:
    """Calls the function: ask("Update", seconds=100, **properties).

    *seconds* is the time up to the deadline, without the reserve.
    """

    def call(request_type: str = "Update", seconds: float = 100.0, **properties: object) -> dict[str, Any]:
        return call_handler(code, read_event(request_type, **properties), seconds, fake_time)

    return call
