"""A Kubernetes API with a healthy cluster in it, as the doctor's own tests have one, over TLS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme

from cdk_eks_cilium.doctor.engine.readings import Objects
from cdk_eks_cilium.doctor.gate.requests import narrowed, path_of
from tests.lambda_.conftest import FakeTime, Serve, call_handler, event_of, loaded
from tests.lambda_.fake_api_server import FakeApiServer, Reply, Request, failure
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.world import World

PASSED = "readiness-gate/demo"


@pytest.fixture
def code() -> Iterator[SimpleNamespace]:
    """The function's modules and the common ones."""
    with loaded("readiness_gate") as modules:
        yield modules


class ClusterServer(FakeApiServer):
    """Serves the lists of a world.

    Attributes:
        world: The cluster.
        faults: What to answer instead to the next requests, one by one.
        stuck: Whether the last fault stays.
        page: Objects of a page.
    """

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(tls)
        self.world: World = healthy()
        self.faults: list[Reply] = []
        self.stuck = False
        self.page = 500

    def next_reply(self, request: Request) -> Reply:
        self.requests.append(request)
        if self.faults:
            return self.faults[0] if self.stuck and len(self.faults) == 1 else self.faults.pop(0)
        url = urlsplit(request.path)
        for reading, things in self.world.things.items():
            if isinstance(reading, Objects) and path_of(narrowed(reading)) == url.path:
                space = narrowed(reading).namespace
                every = [each for each in things if not space or each["metadata"].get("namespace") == space]
                start = int(parse_qs(url.query).get("continue", ["0"])[0])
                end = start + self.page
                more = {"continue": str(end)} if end < len(every) else {}
                return Reply(body={"kind": "List", "metadata": more, "items": every[start:end]})
        return failure(404, "not found")

    @property
    def paths(self) -> set[str]:
        """What was asked for."""
        return {urlsplit(request.path).path for request in self.requests}


@pytest.fixture
def api(server_tls: ssl.SSLContext) -> Iterator[ClusterServer]:
    """A server that is listening already."""
    fake = ClusterServer(server_tls)
    fake.start()
    yield fake
    fake.stop()


PROPERTIES: dict[str, Any] = {
    "ServiceToken": "arn:aws:lambda:eu-central-1:111122223333:function:provider",
    "ClusterName": "demo",
    "Region": "eu-central-1",
    "Seconds": "300",
    "Passes": "3",
    "Release": {"Values": "0123456789ab", "References": []},
    "NodeGroups": ["lt-1 1"],
}


@pytest.fixture
def serve(code: SimpleNamespace, authority: trustme.CA, fake_time: FakeTime) -> Serve:
    """Calls the function: serve(api, "Update", known="readiness-gate/demo/...", NodeGroups=["lt-1 2"])."""

    def call(
        api: FakeApiServer,
        request_type: str = "Create",
        *,
        seconds: float = 400.0,
        known: str = "",
        **more: Any,
    ) -> dict[str, Any]:
        event = event_of(request_type, PROPERTIES, api, authority, known=known, **more)
        return call_handler(code, event, seconds, fake_time)

    return call
