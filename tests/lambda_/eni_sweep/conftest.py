"""An account in moto's EC2, over HTTP, which also answers in pages and fails when it is told to."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.responses import EC2Response

from tests.lambda_.conftest import EVENTS, FakeTime, call_handler, loaded
from tests.moto_server import empty_moto

REGION = "eu-central-1"
TAG = "io.cilium/cluster-name"
Fault = tuple[str, dict[str, int]]
LOOK, DELETE = "DescribeNetworkInterfaces", "DeleteNetworkInterface"


@pytest.fixture
def code() -> Iterator[SimpleNamespace]:
    """The function's modules and the common ones."""
    with loaded("eni_sweep") as modules:
        yield modules


class Account:
    """The account that the function finds: two VPCs with a subnet each.

    Attributes:
        calls: Operations asked for, in order.
        before_delete: Called with the id of an interface before EC2 deletes it.
    """

    def __init__(self, client: Any) -> None:
        self.client = client
        self.backend = ec2_backends["123456789012"][REGION]
        self.calls: list[str] = []
        self.before_delete: Callable[[str], None] = lambda _: None
        self._faults: dict[str, list[Fault]] = {LOOK: [], DELETE: []}
        self._lock = threading.Lock()
        self.vpc, self.subnet = self._network("10.0.0.0/16")
        self.other_vpc, self.other_subnet = self._network("10.1.0.0/16")

    def _network(self, cidr: str) -> tuple[str, str]:
        vpc = self.client.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        return vpc, self.client.create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"]

    def interface(
        self, cluster: str | None = "demo", subnet: str | None = None, description: str = "Cilium-CNI (i-1)"
    ) -> str:
        """A free network interface as Cilium's operator makes it."""
        tags = {TAG: cluster} if cluster is not None else {}
        made = self.backend.create_network_interface(
            subnet or self.subnet, "10.0.0.9", tags=tags, description=description
        )
        return str(made.id)

    def instance(self) -> str:
        """A running instance."""
        made = self.client.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, SubnetId=self.subnet)
        return str(made["Instances"][0]["InstanceId"])

    def attach(self, interface_id: str, instance_id: str, index: int = 1) -> None:
        self.client.attach_network_interface(
            NetworkInterfaceId=interface_id, InstanceId=instance_id, DeviceIndex=index
        )

    def detach(self, interface_id: str) -> None:
        self.client.detach_network_interface(AttachmentId=self.backend.enis[interface_id].attachment_id)

    @property
    def interfaces(self) -> set[str]:
        """Ids of all interfaces there are."""
        return set(self.backend.enis)

    def fail(
        self, operation: str, code: str, message: str = "No.", *, times: int = 1, status: int = 400
    ) -> None:
        """Let the next calls of an operation fail."""
        error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        body = f"<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>"
        self._faults[operation] += [(body, {"status": status})] * times

    def babble(self, operation: str, body: str, *, times: int = 1) -> None:
        """Let the next answers of an operation be valid HTTP with this body, which EC2 never sends."""
        self._faults[operation] += [(body, {"status": 200})] * times

    def asked(self, operation: str) -> Fault | None:
        """Called by the server before it answers; gives the failure to answer with, if any."""
        with self._lock:
            self.calls.append(operation)
            return self._faults[operation].pop(0) if self._faults[operation] else None


def page(everything: list[Any], token: str | None, size: int) -> dict[str, Any]:
    """One page of an answer, as EC2 gives it, which moto does not."""
    start = int(token or 0)
    result: dict[str, Any] = {"NetworkInterfaces": everything[start : start + size]}
    if start + size < len(everything):
        result["NextToken"] = str(start + size)
    return result


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        with empty_moto() as url:
            yield url


@pytest.fixture
def account(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account whose EC2 the function reaches through its environment."""
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    for region in ec2_backends["123456789012"].values():
        region.reset()
    made = Account(boto3.client("ec2", region_name=REGION, endpoint_url=moto_url))

    def describe(self: Any) -> ActionResult | Fault:
        if fault := made.asked(LOOK):
            return fault
        found = self.ec2_backend.get_all_network_interfaces([], self._filters_from_querystring())
        return ActionResult(page(found, self._get_param("NextToken"), self._get_param("MaxResults", 1000)))

    original = EC2Response.delete_network_interface

    def delete(self: Any) -> Any:
        if fault := made.asked(DELETE):
            return fault
        made.before_delete(self._get_param("NetworkInterfaceId"))
        return original(self)

    def tags(self: Any) -> list[dict[str, str]]:
        """What moto gives, without its search through the tags of the whole account."""
        own = self.ec2_backend.tags.get(self.id, {})
        return [{"key": key, "value": value, "resource_id": self.id} for key, value in own.items()]

    monkeypatch.setattr(EC2Response, "describe_network_interfaces", describe)
    monkeypatch.setattr(EC2Response, "delete_network_interface", delete)
    monkeypatch.setattr(NetworkInterface, "get_tags", tags)
    yield made
    made.client.close()


def read_event(request_type: str = "Delete", **properties: object) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((Path(EVENTS) / "eni_sweep_delete.json").read_text())
    event["RequestType"] = request_type
    if request_type == "Create":
        del event["PhysicalResourceId"]
    event["ResourceProperties"] |= properties
    return event


Sweep = Callable[..., dict[str, Any]]


@pytest.fixture
def sweep(code: SimpleNamespace, fake_time: FakeTime) -> Sweep:
    """Calls the function for an account: sweep(account, seconds=600, event=...).

    *seconds* is the time up to the deadline, without the reserve.
    """

    def call(account: Account, seconds: float = 600.0, event: dict[str, Any] | None = None) -> dict[str, Any]:
        event = event or read_event(VpcId=account.vpc)
        # The clock does not move until EC2 answers, however busy the machine is.
        code.sweep.wait = lambda futures, timeout: wait(futures)
        return call_handler(code, event, seconds, fake_time)

    return call


def refusal(sweep: Sweep, account: Account, **kwargs: Any) -> str:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - the function's classes are made anew in each test
        sweep(account, **kwargs)
    assert type(raised.value).__name__ in ("PermanentError", "DeadlineError"), raised.value
    return re.sub(r"after \d+ s", "after N s", str(raised.value))
