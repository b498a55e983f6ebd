"""The removal brings a kept-off DaemonSet back; a server plays CloudFormation's API."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest

from tests.lambda_.conftest import FakeTime, Update
from tests.lambda_.fake_api_server import GONE, FakeApiServer, Reply, Request, failure, patched

PROXY = '["kube-proxy"]'
OLD = {"KeptOff": PROXY}
STACK = (
    "arn:aws:cloudformation:eu-central-1:111122223333:stack/demo-cluster/6c1d2f80-0000-4000-8000-1234567890ab"
)
REFUSAL = (
    "DaemonSet kube-system/kube-proxy of cluster demo: must exist to run again, and is missing; install it "
    "first (aws eks create-addon --cluster-name demo --addon-name kube-proxy), then deploy again"
)
UNKNOWN = (
    f"{REFUSAL}, or go on with a roll-back (aws cloudformation continue-update-rollback --stack-name {STACK})"
    "; whether this is a roll-back is unknown, "
)
LOOK = "look (kubectl -n kube-system get daemonset kube-proxy -o yaml)"


class FakeCloudFormation(ThreadingHTTPServer):
    """Answers DescribeStacks with one status, or refuses it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, list[str]]] = []
        self.status = "UPDATE_IN_PROGRESS"
        self.refusal = ""

    def answer(self) -> tuple[int, str]:
        if self.refusal:
            error = f"<Error><Code>AccessDenied</Code><Message>{self.refusal}</Message></Error>"
            return 403, f"<ErrorResponse>{error}</ErrorResponse>"
        stack = (
            f"<member><StackName>demo-cluster</StackName><StackStatus>{self.status}</StackStatus></member>"
        )
        result = f"<DescribeStacksResult><Stacks>{stack}</Stacks></DescribeStacksResult>"
        return 200, f"<DescribeStacksResponse>{result}</DescribeStacksResponse>"


class _Handler(BaseHTTPRequestHandler):
    server: FakeCloudFormation

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.asked.append(parse_qs(self.rfile.read(length).decode()))
        status, text = self.server.answer()
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the tests' output quiet."""


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCloudFormation]:
    fake = FakeCloudFormation()
    threading.Thread(target=fake.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", f"http://127.0.0.1:{fake.server_port}")
    yield fake
    fake.shutdown()
    fake.server_close()


def back(*, wanted: int = 0, ready: int = 0, seen: bool = True) -> Reply:
    return patched(selector=False, name="kube-proxy", wanted=wanted, ready=ready, seen=seen)


def asked(server: FakeApiServer) -> list[tuple[str, str]]:
    return [(request.method, request.path.rpartition("/")[2]) for request in server.requests]


def test_a_roll_back_succeeds_without_a_daemon_set_to_bring_back(
    server: FakeApiServer, update: Update, cloud: FakeCloudFormation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    cloud.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    server.play(GONE)
    note = "nothing to bring back: kube-proxy is not there, and this is the roll-back of an update"
    assert update(server, OLD)["Data"] == {"AlreadyGone": "aws-node", "Removed": "", "Note": note}
    assert note in caplog.text
    assert cloud.asked[0]["StackName"] == [STACK]
    assert asked(server) == [("PATCH", "kube-proxy"), ("DELETE", "aws-node")]


def test_an_update_is_refused_if_the_daemon_set_to_bring_back_is_missing(
    server: FakeApiServer, update: Update, cloud: FakeCloudFormation, code: SimpleNamespace
) -> None:
    server.play(GONE)
    with pytest.raises(code.errors.PermanentError) as caught:
        update(server, OLD)
    assert str(caught.value) == REFUSAL
    assert asked(server) == [("PATCH", "kube-proxy")]


def test_the_refusal_has_the_error_of_cloudformation(
    server: FakeApiServer, update: Update, cloud: FakeCloudFormation, code: SimpleNamespace
) -> None:
    cloud.refusal = "not allowed"
    server.play(GONE)
    with pytest.raises(code.errors.PermanentError) as caught:
        update(server, OLD)
    assert str(caught.value) == f"{UNKNOWN}CloudFormation answered AccessDenied: not allowed"


def test_the_refusal_says_that_cloudformation_did_not_answer(
    server: FakeApiServer,
    update: Update,
    cloud: FakeCloudFormation,
    code: SimpleNamespace,
) -> None:
    cloud.server_close()
    server.play(GONE)
    with pytest.raises(code.errors.PermanentError) as caught:
        update(server, OLD)
    assert str(caught.value) == f"{UNKNOWN}CloudFormation did not answer (EndpointConnectionError)"


def test_cloudformation_is_not_asked_if_the_daemon_set_exists(
    server: FakeApiServer, update: Update, cloud: FakeCloudFormation
) -> None:
    server.play(back(), GONE)
    assert update(server, OLD)["Data"] == {"AlreadyGone": "aws-node", "Removed": ""}
    assert cloud.asked == []


def test_the_update_waits_until_the_daemon_set_is_ready_on_every_node(
    server: FakeApiServer, update: Update
) -> None:
    server.play(back(seen=False), back(wanted=2, ready=1), failure(503), back(wanted=2, ready=2), GONE)
    assert "Note" not in update(server, OLD)["Data"]
    assert asked(server) == [
        ("PATCH", "kube-proxy"),
        ("GET", "kube-proxy"),
        ("GET", "kube-proxy"),
        ("GET", "kube-proxy"),
        ("DELETE", "aws-node"),
    ]


def test_a_cluster_without_nodes_has_nothing_to_wait_for(server: FakeApiServer, update: Update) -> None:
    server.play(back(), GONE)
    update(server, OLD)
    assert asked(server) == [("PATCH", "kube-proxy"), ("DELETE", "aws-node")]


class Slow(FakeApiServer):
    """A server that answers each GET of kube-proxy with `stuck`; aws-node is not there."""

    stuck: Reply

    def next_reply(self, request: Request) -> Reply:
        self.requests.append(request)
        if request.path.endswith("aws-node"):
            return GONE
        return back(seen=False) if request.method == "PATCH" else self.stuck


@pytest.fixture
def slow(server_tls: ssl.SSLContext) -> Iterator[Slow]:
    fake = Slow(server_tls)
    fake.start()
    yield fake
    fake.stop()


@pytest.mark.parametrize(
    ("stuck", "state"),
    [
        (back(wanted=3, ready=1), "it is ready on 1 of 3 nodes"),
        (back(seen=False), "its controller has not seen that its selector is gone"),
        (failure(503, "starting"), "GET got 503 (starting)"),
    ],
)
def test_a_slow_daemon_set_does_not_fail_the_update_and_leaves_time_for_the_rest(
    stuck: Reply, state: str, slow: Slow, update: Update, fake_time: FakeTime
) -> None:
    slow.stuck = stuck
    note = update(slow, OLD)["Data"]["Note"]
    times = len([method for method, name in asked(slow) if name == "kube-proxy"])
    assert note == (
        f"kube-proxy is not back on every node yet: {state} after {times} attempts in 29 s; {LOOK}"
    )
    assert asked(slow)[-1] == ("DELETE", "aws-node")
    assert sum(fake_time.slept) < 31


def test_a_refusal_to_read_the_daemon_set_ends_the_wait_at_once(
    slow: Slow, update: Update, fake_time: FakeTime
) -> None:
    slow.stuck = failure(422, "no")
    note = update(slow, OLD)["Data"]["Note"]
    assert note == (
        f"kube-proxy is not back on every node yet: GET got 422 (no) after 2 attempts in 0 s; {LOOK}"
    )
    assert len(fake_time.slept) == 1


def test_both_notes_are_reported(server: FakeApiServer, update: Update, cloud: FakeCloudFormation) -> None:
    cloud.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    server.play(GONE)
    assert update(server, OLD, Strategy="patch")["Data"]["Note"] == (
        "nothing to bring back: kube-proxy is not there, and this is the roll-back of an update; "
        "nothing to patch: aws-node is not there; an EKS add-on brings it back"
    )


def test_an_update_does_not_take_a_silent_server_for_a_cluster_that_is_gone(
    server: FakeApiServer, update: Update, code: SimpleNamespace
) -> None:
    server.play(Reply(manner="drop"))
    with pytest.raises(code.errors.DeadlineError, match="kube-proxy of cluster demo: must lose its selector"):
        update(server, OLD)
    assert len(server.requests) > code.patching.GONE_AFTER
