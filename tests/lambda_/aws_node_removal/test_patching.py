"""The strategy `patch` keeps the DaemonSet aws-node, and keeps its pods off every node."""

from __future__ import annotations

import json
import logging
import traceback
from types import SimpleNamespace
from typing import Any

import pytest
import trustme

from tests.lambda_.conftest import FakeContext, FakeTime, Run, call_handler, point_at, read_event
from tests.lambda_.fake_api_server import GONE, FakeApiServer, Reply, deleted, failure, patched

AWAY = {"Patched": "aws-node", "AlreadyGone": ""}
PATH = "/apis/apps/v1/namespaces/kube-system/daemonsets/aws-node"
BY_HAND = (
    "take it off by hand where the cluster lives on without Cilium (kubectl -n kube-system patch daemonset "
    'aws-node --type=json -p=\'[{"op":"remove","path":'
    '"/spec/template/spec/nodeSelector/io.cilium~1aws-node-enabled"}]\')'
)


def selector_in(body: Any) -> Any:
    return body["spec"]["template"]["spec"]["nodeSelector"]


def test_a_merge_patch_sets_the_selector(server: FakeApiServer, run: Run) -> None:
    server.play(patched())
    assert run(server, Strategy="patch")["Data"] == AWAY
    (request,) = server.requests
    assert (request.method, request.path) == ("PATCH", PATH)
    assert request.headers["Content-Type"] == "application/merge-patch+json"
    assert selector_in(request.body) == {"io.cilium/aws-node-enabled": "true"}


def test_create_waits_until_the_controller_has_seen_the_patch_and_every_pod_has_left(
    server: FakeApiServer, run: Run
) -> None:
    server.play(
        patched(seen=False),
        patched(seen=False),
        patched(wanted=2),
        patched(leaving=2),
        patched(leaving=1),
        patched(),
    )
    assert run(server, Strategy="patch")["Data"] == AWAY
    assert server.methods == ["PATCH", "GET", "GET", "GET", "GET", "GET"]


def test_a_status_from_before_the_patch_is_ignored(server: FakeApiServer, run: Run) -> None:
    without_status = dict(patched().body)  # type: ignore[call-overload]
    del without_status["status"]
    server.play(Reply(body=without_status), patched())
    assert run(server, Strategy="patch")["Data"] == AWAY
    assert server.methods == ["PATCH", "GET"]


def test_a_selector_that_somebody_removes_is_set_again(server: FakeApiServer, run: Run) -> None:
    server.play(patched(seen=False), patched(selector=False), patched())
    run(server, Strategy="patch")
    assert server.methods == ["PATCH", "GET", "PATCH"]


@pytest.mark.parametrize("request_type", ["create", "update"])
def test_nothing_to_patch_is_a_success_with_a_note(
    request_type: str, server: FakeApiServer, run: Run
) -> None:
    server.play(GONE)
    assert run(server, request_type, Strategy="patch")["Data"] == {
        "Patched": "",
        "AlreadyGone": "aws-node",
        "Note": "nothing to patch: aws-node is not there; an EKS add-on brings it back",
    }


def test_a_daemon_set_that_appears_late_is_patched(server: FakeApiServer, run: Run) -> None:
    server.play(GONE, GONE, patched())
    assert run(server, Strategy="patch")["Data"] == AWAY
    assert server.methods == ["PATCH", "PATCH", "PATCH"]


def test_a_removal_after_a_patch_deletes(server: FakeApiServer, run: Run) -> None:
    server.play(deleted(), GONE)
    result = run(server, "update", Strategy="remove", OldResourceProperties={"Strategy": "patch"})
    assert result["Data"] == {"Removed": "aws-node", "AlreadyGone": ""}


@pytest.mark.parametrize("status", [401, 403, 409, 429, 500, 503])
def test_a_temporary_refusal_is_retried(status: int, server: FakeApiServer, run: Run) -> None:
    server.play(failure(status), Reply(manner="drop"), patched(seen=False), failure(status), patched())
    assert run(server, Strategy="patch")["Data"] == AWAY
    assert server.methods == ["PATCH", "PATCH", "PATCH", "GET", "GET"]


@pytest.mark.parametrize("status", [302, 400, 415, 422])
def test_a_permanent_refusal_fails_at_once(
    status: int, server: FakeApiServer, run: Run, code: SimpleNamespace
) -> None:
    server.play(failure(status, "no such thing"))
    with pytest.raises(code.errors.PermanentError) as caught:
        run(server, "update", Strategy="patch")
    assert str(caught.value) == (
        f"DaemonSet kube-system/aws-node of cluster demo: must be patchable, PATCH got {status} "
        "(no such thing); check that localhost is the cluster's API server and that nothing forbids it"
    )
    assert server.methods == ["PATCH"]


DEADLINES = {
    "forbidden": (
        failure(403, "no"),
        "PATCH got 403 (no) after ",
        "put the function's access entry in a Kubernetes group, and bind that group in kube-system to a "
        "Role with the verbs get and patch on daemonsets.apps aws-node, then deploy again",
    ),
    "labelled": (
        patched(wanted=3),
        "3 nodes carry the label io.cilium/aws-node-enabled=true after ",
        "take the label off (kubectl label nodes --all io.cilium/aws-node-enabled-) or replace those nodes, "
        "then deploy again",
    ),
    "stuck": (
        patched(leaving=2),
        "its pods have not left 2 nodes after ",
        "see what holds it (kubectl -n kube-system get daemonset aws-node -o yaml), then deploy again",
    ),
    "unseen": (
        patched(seen=False),
        "its controller has not seen the selector yet after ",
        "see what holds it (kubectl -n kube-system get daemonset aws-node -o yaml), then deploy again",
    ),
    "undone": (
        patched(selector=False),
        "somebody takes its selector off again after ",
        "see what holds it (kubectl -n kube-system get daemonset aws-node -o yaml), then deploy again",
    ),
}


@pytest.mark.parametrize("case", DEADLINES)
def test_at_the_deadline_the_error_names_the_cause_and_the_fix(
    case: str, server: FakeApiServer, run: Run, code: SimpleNamespace
) -> None:
    reply, state, fix = DEADLINES[case]
    server.play(reply)
    with pytest.raises(code.errors.DeadlineError) as caught:
        run(server, "update", Strategy="patch")
    start = "DaemonSet kube-system/aws-node of cluster demo: must run on no node before "
    spent = f"{state}{len(server.requests)} attempts in "
    assert str(caught.value).startswith(f"{start}the function's time is up, {spent}")
    assert str(caught.value).endswith("; " + fix)


def test_a_failed_create_takes_its_patch_back(server: FakeApiServer, run: Run, code: SimpleNamespace) -> None:
    """The provider framework swallows the Delete that CloudFormation sends after a failed Create."""
    server.play(patched(wanted=1))
    with pytest.raises(code.errors.DeadlineError, match="1 nodes carry the label"):
        run(server, "create", Strategy="patch")
    assert selector_in(server.requests[-1].body) == {"io.cilium/aws-node-enabled": None}
    assert server.requests[-1].headers["Content-Type"] == "application/merge-patch+json"


def test_a_failed_create_that_cannot_take_its_patch_back_says_so_within_the_reserve(
    server: FakeApiServer, run: Run, code: SimpleNamespace, fake_time: FakeTime
) -> None:
    server.play(patched(seen=False), failure(503, "down"))
    with pytest.raises(code.errors.DeadlineError) as caught:
        run(server, "create", seconds=20, Strategy="patch")
    assert "PATCH got 503" not in str(caught.value)
    assert str(caught.value).endswith(f"; the selector may still be on aws-node: {BY_HAND}")
    assert sum(fake_time.slept) < 20 + code.taking_off.TAKE_BACK


def test_a_failed_update_leaves_the_patch_to_the_former_properties(
    server: FakeApiServer, run: Run, code: SimpleNamespace
) -> None:
    server.play(patched(wanted=1))
    with pytest.raises(code.errors.DeadlineError):
        run(server, "update", Strategy="patch")
    assert {request.method for request in server.requests[1:]} == {"GET"}


def test_delete_takes_the_selector_off(server: FakeApiServer, run: Run) -> None:
    server.play(failure(503), patched(selector=False))
    assert run(server, "delete", Strategy="patch") == {"PhysicalResourceId": "aws-node-removal/demo"}
    assert server.methods == ["PATCH", "PATCH"]
    assert selector_in(server.requests[-1].body) == {"io.cilium/aws-node-enabled": None}
    assert server.requests[-1].path == PATH


def test_delete_of_what_is_gone_succeeds_at_once(server: FakeApiServer, run: Run) -> None:
    server.play(GONE)
    assert run(server, "delete", Strategy="patch") == {"PhysicalResourceId": "aws-node-removal/demo"}
    assert server.methods == ["PATCH"]


def test_delete_of_a_removal_sends_no_request(server: FakeApiServer, run: Run) -> None:
    server.play(failure(500))
    run(server, "delete", Strategy="remove")
    assert server.requests == []


def test_delete_succeeds_after_short_retries_when_the_cluster_is_gone(
    late_server: FakeApiServer, run: Run, code: SimpleNamespace, fake_time: FakeTime
) -> None:
    run(late_server, "delete", Strategy="patch")  # nobody listens: connections are refused
    assert len(fake_time.slept) == code.patching.GONE_AFTER - 1
    assert sum(fake_time.slept) < 10


def test_delete_succeeds_when_the_endpoints_name_is_gone(
    code: SimpleNamespace, authority: trustme.CA, fake_time: FakeTime
) -> None:
    event = point_at(read_event("delete"), 443, authority, Strategy="patch")
    event["ResourceProperties"]["Endpoint"] = "https://gone.invalid"
    assert call_handler(code, event, 285, fake_time) == {"PhysicalResourceId": "aws-node-removal/demo"}


@pytest.mark.parametrize(
    "reply", [failure(403, "no"), failure(503), failure(422, "no"), Reply(body=b"<html>")]
)
def test_delete_gives_up_within_a_minute_and_logs_what_to_do(
    reply: Reply, server: FakeApiServer, run: Run, fake_time: FakeTime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server.play(reply)
    run(server, "delete", seconds=285, Strategy="patch")
    assert sum(fake_time.slept) <= 60
    (error,) = [json.loads(record.message) for record in caplog.records if record.levelname == "ERROR"]
    assert error["not restored"].startswith("DaemonSet kube-system/aws-node of cluster demo: must ")
    assert error["not restored"].endswith(BY_HAND)


def test_delete_succeeds_with_properties_that_never_were_right(
    code: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    event = read_event("delete") | {"ResourceProperties": {"Strategy": "patch", "Endpoint": "nonsense"}}
    assert code.index.handler(event, FakeContext(20)) == {"PhysicalResourceId": "aws-node-removal/demo"}
    assert "ClusterName: must be an EKS cluster's name" in caplog.text


def test_delete_does_not_wait_for_a_server_that_hangs(
    code: SimpleNamespace, server: FakeApiServer, run: Run, fake_time: FakeTime
) -> None:
    server.play(Reply(manner="hang"))
    run(server, "delete", Strategy="patch")
    assert fake_time.hung == [code.api_server.REQUEST_TIMEOUT] * code.patching.GONE_AFTER
    assert len(server.requests) == code.patching.GONE_AFTER


@pytest.mark.parametrize("request_type", ["create", "update", "delete"])
def test_no_secret_reaches_a_log_or_a_message(
    request_type: str,
    server: FakeApiServer,
    run: Run,
    role: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.play(Reply(403, manner="echo"))
    told = ""
    try:
        run(server, request_type, seconds=5, Strategy="patch")
    except Exception as error:  # whatever it is, CloudFormation would show it
        told = "".join(traceback.format_exception(error))
    written = caplog.text + told
    token = server.requests[0].headers["Authorization"].removeprefix("Bearer ")
    secrets = [token, token[-40:], "k8s-aws-v1.", "X-Amz-", "Bearer", "cloudformation-answer-signature"]
    assert [secret for secret in [*secrets, *role.values()] if secret in written] == []
    assert "/daemonsets/aws-node" in caplog.text
