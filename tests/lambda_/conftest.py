from __future__ import annotations

import base64
import contextlib
import importlib
import json
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme

from cdk_eks_cilium.lambda_code.folder import function_folder
from tests.lambda_.fake_api_server import HANGING, FakeApiServer

EVENTS = Path(__file__).parent / "events"


class FakeTime:
    """A clock that only sleeps and hanging requests move, so that a busy machine does not change it.

    Attributes:
        slept: Seconds of each pause.
        hung: Seconds of each request that hung, which are its whole timeout.
    """

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.hung: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None
        self.chance = 0.0

    def now(self) -> float:
        return sum(self.slept) + sum(self.hung)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.on_sleep()

    def jitter(self) -> float:
        return self.chance

    def thread(self, **how: Any) -> threading.Thread:
        """A thread whose `join` follows this clock: it returns when the thread ends or its server hangs."""
        return _Waited(self.hung, **how)


class _Waited(threading.Thread):
    def __init__(self, hung: list[float], **how: Any) -> None:
        super().__init__(**how)
        self._hung = hung

    def join(self, timeout: float | None = None) -> None:
        assert timeout is not None
        while self.is_alive():
            if HANGING.is_set():
                HANGING.clear()
                self._hung.append(timeout)
                return
            super().join(0.01)


class FakeContext:
    """Lambda's context with a fixed time left."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


def call_handler(
    code: SimpleNamespace, event: dict[str, Any], seconds: float, clock: FakeTime
) -> dict[str, Any]:
    """Call a function with this number of seconds up to its deadline."""
    context = FakeContext(code.index.RESOURCE.reserve + seconds)
    made = code.deadline.Clock(now=clock.now, sleep=clock.sleep, jitter=clock.jitter)
    if isinstance(clock, FakeTime):  # a real server needs real time
        HANGING.clear()
        code.api_server.threading = SimpleNamespace(Thread=clock.thread)
    result: dict[str, Any] = code.index.handler(event, context, made)
    return result


@contextlib.contextmanager
def loaded(name: str) -> Iterator[SimpleNamespace]:
    """The modules of a function, imported as Lambda does: from one place, under their bare names."""
    folder = function_folder(name)
    names = sorted(path.stem for path in folder.glob("*.py"))
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.path.insert(0, str(folder))
    try:
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})
    finally:
        sys.path.remove(str(folder))
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(before)


@pytest.fixture
def code() -> Iterator[SimpleNamespace]:
    """The function's modules and the common ones."""
    with loaded("aws_node_removal") as modules:
        yield modules


@pytest.fixture(autouse=True)
def role(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Credentials as Lambda hands them to a function; all of them made up."""
    values = {
        "AWS_ACCESS_KEY_ID": "ASIAROLEOFTHEFUNCTION",
        "AWS_SECRET_ACCESS_KEY": "role-secret-key",
        "AWS_SESSION_TOKEN": "role/session+token==",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    """The server's side of TLS, with a certificate for the name localhost."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    return tls


@pytest.fixture
def server(server_tls: ssl.SSLContext) -> Iterator[FakeApiServer]:
    """A server that is listening already."""
    fake = FakeApiServer(server_tls)
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def late_server(server_tls: ssl.SSLContext) -> Iterator[FakeApiServer]:
    """A server whose port refuses connections until somebody starts it."""
    fake = FakeApiServer(server_tls)
    yield fake
    fake.stop()


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


def read_event(request_type: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"aws_node_removal_{request_type}.json").read_text())
    return event


def point_at(event: dict[str, Any], port: int, authority: trustme.CA, **properties: object) -> dict[str, Any]:
    """The event with the address and authority of a server, and other properties as given."""
    pem = authority.cert_pem.bytes()
    event["ResourceProperties"] |= {
        "Endpoint": f"https://localhost:{port}",
        "CertificateAuthorityData": base64.b64encode(pem).decode(),
        **properties,
    }
    return event


def event_of(
    request_type: str,
    properties: dict[str, Any],
    api: FakeApiServer,
    authority: trustme.CA,
    *,
    known: str = "",
    **more: object,
) -> dict[str, Any]:
    """An event about a resource whose cluster a server is.

    Args:
        request_type: ``Create``, ``Update`` or ``Delete``.
        properties: What every such resource has.
        known: The physical id, once there is one.
        more: Properties of this one, which win.
    """
    event: dict[str, Any] = {"RequestType": request_type, "ResourceProperties": {**properties}}
    if known:
        event["PhysicalResourceId"] = known
    return point_at(event, api.port, authority, **more)


Serve = Callable[..., dict[str, Any]]
"""Calls a function with an event about a server."""

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(code: SimpleNamespace, authority: trustme.CA, fake_time: FakeTime) -> Run:
    """Calls the function against a server: run(server, "create", seconds=60, **properties).

    *seconds* is the time up to the deadline, without the reserve.
    """

    def call(
        server: FakeApiServer, request_type: str = "create", seconds: float = 60.0, **properties: object
    ) -> dict[str, Any]:
        event = point_at(read_event(request_type), server.port, authority, **properties)
        return call_handler(code, event, seconds, fake_time)

    return call


Update = Callable[..., dict[str, Any]]


@pytest.fixture
def update(code: SimpleNamespace, authority: trustme.CA, fake_time: FakeTime) -> Update:
    """Updates from the *old* properties: update(server, old={...}, **properties)."""

    def call(server: FakeApiServer, old: object, **properties: object) -> dict[str, Any]:
        event = point_at(read_event("update"), server.port, authority, **properties)
        event["OldResourceProperties"] = old
        return call_handler(code, event, 60, fake_time)

    return call
