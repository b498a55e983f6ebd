"""The removal deletes EKS's add-on first if it owns aws-node; a server plays EKS's API."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from tests.lambda_.conftest import FakeTime, Run
from tests.lambda_.fake_api_server import GONE, FakeApiServer, deleted

ABSENT = (404, "ResourceNotFoundException", "No addon: vpc-cni found in cluster: demo")


def addon(status: str, *issues: dict[str, str]) -> tuple[int, dict[str, Any]]:
    return 200, {"addon": {"addonName": "vpc-cni", "status": status, "health": {"issues": list(issues)}}}


class FakeEks(ThreadingHTTPServer):
    """Plays a script like the fake API server, in EKS's REST form."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str]] = []
        self.script: list[tuple[Any, ...]] = []

    def next(self) -> tuple[Any, ...]:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


class _Handler(BaseHTTPRequestHandler):
    server: FakeEks

    def do_GET(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the tests' output quiet."""

    def _answer(self) -> None:
        self.server.asked.append((self.command, self.path))
        status, *rest = self.server.next()
        body = rest[0] if len(rest) == 1 else {"message": rest[1]}
        data = json.dumps(body).encode()
        self.send_response(status)
        if len(rest) == 2:
            self.send_header("x-amzn-ErrorType", rest[0])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def eks(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEks]:
    fake = FakeEks()
    threading.Thread(target=fake.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_EKS", f"http://127.0.0.1:{fake.server_port}")
    yield fake
    fake.shutdown()
    fake.server_close()


def methods(eks: FakeEks) -> list[str]:
    return [method for method, _ in eks.asked]


def test_the_daemon_set_of_an_add_on_that_was_deleted_is_not_waited_for(
    server: FakeApiServer, eks: FakeEks, run: Run
) -> None:
    eks.script = [addon("ACTIVE"), addon("DELETING"), ABSENT]
    server.play(GONE)
    run(server, ManagedAddon="true")
    assert server.methods == ["DELETE"]


def test_the_add_on_goes_before_the_daemon_set(server: FakeApiServer, eks: FakeEks, run: Run) -> None:
    eks.script = [addon("ACTIVE"), addon("DELETING"), addon("DELETING"), ABSENT]
    server.play(GONE)
    data = run(server, ManagedAddon="true")["Data"]
    assert data == {"Removed": "addon/vpc-cni", "AlreadyGone": "aws-node"}
    assert eks.asked == [
        ("GET", "/clusters/demo/addons/vpc-cni"),
        ("DELETE", "/clusters/demo/addons/vpc-cni"),
        ("GET", "/clusters/demo/addons/vpc-cni"),
        ("GET", "/clusters/demo/addons/vpc-cni"),
    ]


def test_a_missing_add_on_is_not_an_error(server: FakeApiServer, eks: FakeEks, run: Run) -> None:
    eks.script = [ABSENT]
    server.play(deleted(), GONE)
    data = run(server, ManagedAddon="true")["Data"]
    assert data == {"Removed": "aws-node", "AlreadyGone": "addon/vpc-cni"}
    assert methods(eks) == ["GET"]


def test_an_add_on_that_somebody_is_deleting_is_awaited(
    server: FakeApiServer, eks: FakeEks, run: Run
) -> None:
    eks.script = [addon("DELETING"), ABSENT]
    server.play(GONE)
    run(server, ManagedAddon="true")
    assert methods(eks) == ["GET", "GET"]


@pytest.mark.parametrize(
    "passing",
    [
        (403, "AccessDeniedException", "not yet"),
        (409, "ResourceInUseException", "an update is under way"),
        (429, "ThrottlingException", "slowly"),
        (500, "ServerException", "oops"),
        (503, "ServiceUnavailableException", "later"),
    ],
    ids=lambda passing: str(passing[1]),
)
def test_a_temporary_refusal_is_retried(
    passing: tuple[int, str, str], server: FakeApiServer, eks: FakeEks, run: Run
) -> None:
    eks.script = [passing, addon("ACTIVE"), passing, addon("ACTIVE"), addon("DELETING"), passing, ABSENT]
    server.play(GONE)
    assert run(server, ManagedAddon="true")["Data"]["Removed"] == "addon/vpc-cni"
    assert methods(eks) == ["GET", "GET", "DELETE", "GET", "DELETE", "GET", "GET"]


def test_a_permanent_refusal_fails_before_anything_is_removed(
    server: FakeApiServer, eks: FakeEks, run: Run, code: SimpleNamespace
) -> None:
    eks.script = [(400, "InvalidParameterException", "odd")]
    with pytest.raises(code.errors.PermanentError) as caught:
        run(server, ManagedAddon="true")
    assert str(caught.value) == (
        "Add-on vpc-cni of cluster demo: must be deletable, EKS answered InvalidParameterException: odd; "
        "check that the cluster is this account's and that nothing forbids it"
    )
    assert server.requests == []


def test_a_deletion_that_failed_tells_what_eks_names(
    server: FakeApiServer, eks: FakeEks, run: Run, code: SimpleNamespace
) -> None:
    issue = {"code": "AccessDenied", "message": "webhook says no"}
    eks.script = [addon("ACTIVE"), addon("DELETING"), addon("DELETE_FAILED", issue)]
    with pytest.raises(code.errors.PermanentError) as caught:
        run(server, ManagedAddon="true")
    assert str(caught.value) == (
        "Add-on vpc-cni of cluster demo: must be deletable, got DELETE_FAILED "
        "(AccessDenied: webhook says no); put right what EKS names, then deploy again"
    )


def test_an_earlier_failed_deletion_is_tried_again(server: FakeApiServer, eks: FakeEks, run: Run) -> None:
    eks.script = [addon("DELETE_FAILED"), addon("DELETING"), ABSENT]
    server.play(GONE)
    run(server, ManagedAddon="true")
    assert methods(eks) == ["GET", "DELETE", "GET"]


DEADLINES = {
    "denied": (
        (403, "AccessDeniedException", "User: arn:aws:sts::1:x is not authorized"),
        "EKS answered AccessDeniedException: User: arn:aws:sts::1:x is not authorized after ",
        "let the function's role describe and delete the add-on (remove_addon does that), then deploy again",
    ),
    "slow": (
        addon("DELETING"),
        "it is being deleted after ",
        "see how it is (aws eks describe-addon --cluster-name demo --addon-name vpc-cni), then deploy again",
    ),
}


@pytest.mark.parametrize("case", DEADLINES)
def test_at_the_deadline_the_error_has_the_status_of_the_add_on(
    case: str, server: FakeApiServer, eks: FakeEks, run: Run, code: SimpleNamespace
) -> None:
    reply, state, fix = DEADLINES[case]
    eks.script = [reply]
    with pytest.raises(code.errors.DeadlineError) as caught:
        run(server, ManagedAddon="true")
    start = "Add-on vpc-cni of cluster demo: must be gone before the function's time is up, "
    assert str(caught.value).startswith(f"{start}{state}{len(eks.asked)} attempts in ")
    assert str(caught.value).endswith("; " + fix)


def test_an_unreachable_api_is_reported_with_the_fix(
    server: FakeApiServer,
    run: Run,
    code: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    late_server: FakeApiServer,
    fake_time: FakeTime,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_EKS", f"http://127.0.0.1:{late_server.port}")
    with pytest.raises(code.errors.DeadlineError) as caught:
        run(server, seconds=20, ManagedAddon="true")
    assert "EKS did not answer (EndpointConnectionError) after " in str(caught.value)
    assert str(caught.value).endswith(
        "let the function reach EKS's API: a NAT gateway, or an interface endpoint for eks, then deploy again"
    )
    assert sum(fake_time.slept) <= 20


def test_no_secret_reaches_a_log_or_a_message(
    server: FakeApiServer, eks: FakeEks, run: Run, role: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    eks.script = [(400, "InvalidParameterException", "Bearer hunter2 X-Amz-Signature=abc k8s-aws-v1.xyz")]
    with pytest.raises(Exception, match=r"\[redacted\]") as caught:
        run(server, ManagedAddon="true")
    written = caplog.text + str(caught.value)
    secrets = ["hunter2", "abc", "k8s-aws-v1.", *role.values()]
    assert [secret for secret in secrets if secret in written] == []


def test_eks_is_not_called_without_the_option(server: FakeApiServer, eks: FakeEks, run: Run) -> None:
    server.play(deleted(), GONE)
    assert run(server, ManagedAddon="false")["Data"] == {"Removed": "aws-node", "AlreadyGone": ""}
    assert eks.asked == []
