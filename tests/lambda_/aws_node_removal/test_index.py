from __future__ import annotations

import json
import logging
import random
import time
import traceback
from types import SimpleNamespace

import pytest
import trustme

from tests.lambda_.conftest import FakeContext, FakeTime, Run, point_at, read_event
from tests.lambda_.fake_api_server import GONE, FakeApiServer, Reply, daemon_set, deleted, failure


def test_create_deletes_aws_node_and_names_the_resource_after_the_cluster(
    server: FakeApiServer, run: Run
) -> None:
    server.play(deleted(), GONE)
    assert run(server, "create") == {
        "PhysicalResourceId": "aws-node-removal/demo",
        "Data": {"Removed": "aws-node", "AlreadyGone": ""},
    }


def test_update_deletes_aws_node_again_and_keeps_the_physical_id(server: FakeApiServer, run: Run) -> None:
    server.play(deleted(), GONE)
    assert run(server, "update") == {
        "PhysicalResourceId": "an-id-from-an-earlier-release",
        "Data": {"Removed": "aws-node", "AlreadyGone": ""},
    }


def test_delete_succeeds_without_a_request_and_keeps_the_physical_id(server: FakeApiServer, run: Run) -> None:
    server.play(failure(500))
    assert run(server, "delete") == {"PhysicalResourceId": "aws-node-removal/demo"}
    assert server.requests == []


def test_delete_succeeds_whatever_the_properties_are(code: SimpleNamespace) -> None:
    event = read_event("delete") | {"ResourceProperties": {"Endpoint": "nonsense"}}
    assert code.index.handler(event, FakeContext(1)) == {"PhysicalResourceId": "aws-node-removal/demo"}


def test_two_daemon_sets_are_removed_one_after_the_other(server: FakeApiServer, run: Run) -> None:
    server.play(deleted(), GONE, GONE)
    result = run(server, "update", DaemonSets='["aws-node", "kube-proxy"]')
    assert result["Data"] == {"Removed": "aws-node", "AlreadyGone": "kube-proxy"}
    assert [(request.method, request.path.rsplit("/", 1)[1]) for request in server.requests] == [
        ("DELETE", "aws-node"),
        ("GET", "aws-node"),
        ("DELETE", "kube-proxy"),
    ]


def test_both_daemon_sets_share_one_deadline(server: FakeApiServer, run: Run, fake_time: FakeTime) -> None:
    server.play(failure(503), failure(503), failure(503), failure(503), GONE, failure(503))
    with pytest.raises(Exception, match="kube-proxy of cluster demo: must be gone before") as caught:
        run(server, "update", DaemonSets=["aws-node", "kube-proxy"], seconds=20)
    assert type(caught.value).__name__ == "DeadlineError"
    assert sum(fake_time.slept) <= 20


def test_lambdas_entry_point_needs_nothing_but_event_and_context(
    code: SimpleNamespace, server: FakeApiServer, authority: trustme.CA
) -> None:
    server.play(failure(403), deleted(), GONE)
    event = point_at(read_event("create"), server.port, authority)
    assert code.index.handler(event, FakeContext(60))["Data"]["Removed"] == "aws-node"
    assert code.deadline.Clock() == code.deadline.Clock(time.monotonic, time.sleep, random.random)


def test_a_function_timeout_without_room_for_the_reserve_is_refused(code: SimpleNamespace) -> None:
    with pytest.raises(code.errors.PermanentError, match=r"function timeout: must be over 15 s, got 15\.0 s"):
        code.index.handler(read_event("create"), FakeContext(15))


def test_without_credentials_the_error_names_the_role_of_the_function(
    server: FakeApiServer, run: Run, code: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(code.errors.PermanentError, match="credentials: must come from the function's role"):
        run(server)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(403, manner="echo"),
        Reply(422, manner="echo"),
        Reply(200, manner="drop"),
        Reply(200, b"Bearer k8s-aws-v1.x"),
    ],
    ids=["passing", "permanent", "no-answer", "malformed"],
)
def test_no_secret_reaches_a_log_or_a_message(
    reply: Reply, server: FakeApiServer, run: Run, role: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.play(reply)
    with pytest.raises(Exception, match="aws-node") as caught:
        run(server, seconds=5)
    written = caplog.text + "".join(traceback.format_exception(caught.value))
    token = server.requests[0].headers["Authorization"].removeprefix("Bearer ")
    assert token.startswith("k8s-aws-v1.")
    secrets = [token, token[-40:], "k8s-aws-v1.", "X-Amz-", "Bearer", "cloudformation-answer-signature"]
    assert [secret for secret in [*secrets, *role.values()] if secret in written] == []
    assert "/daemonsets/aws-node" in caplog.text


def test_the_function_logs_one_structured_line_per_attempt(
    server: FakeApiServer, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    deleting = Reply(body=daemon_set("one", deleting=True))
    server.play(failure(503, "not yet"), deleted(), Reply(manner="hang"), deleting, GONE)
    run(server)
    lines = [json.loads(record.message) for record in caplog.records if record.name == "kubernetes_api"]
    assert [(line["method"], line["status"], line["attempt"]) for line in lines] == [
        ("DELETE", 503, 1),
        ("DELETE", 200, 2),
        ("GET", 0, 3),
        ("GET", 200, 4),
        ("GET", 404, 5),
    ]
    assert {line["path"] for line in lines} == {"/apis/apps/v1/namespaces/kube-system/daemonsets/aws-node"}
    assert [line["elapsed"] for line in lines] == [0.0, 0.0, 10.0, 0.0, 0.0]
    assert [line["remaining"] for line in lines] == [60.0, 59.5, 49.5, 47.5, 43.5]
    assert lines[0]["answer"] == "503 (not yet)"
