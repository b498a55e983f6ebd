from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.lambda_.conftest import FakeTime, Run
from tests.lambda_.fake_api_server import GONE, FakeApiServer, Reply, daemon_set, deleted, failure

REMOVED = {"Removed": "aws-node", "AlreadyGone": ""}
TERMINATING = Reply(body=daemon_set("one", deleting=True))


def test_a_daemon_set_that_a_create_does_not_find_is_asked_for_up_to_twenty_seconds(
    server: FakeApiServer, run: Run, fake_time: FakeTime
) -> None:
    server.play(GONE)
    assert run(server)["Data"] == {"Removed": "", "AlreadyGone": "aws-node"}
    assert set(server.methods) == {"DELETE"}
    assert 15 < sum(fake_time.slept) <= 20


def test_a_create_waits_for_at_most_half_of_its_time(
    server: FakeApiServer, run: Run, fake_time: FakeTime
) -> None:
    server.play(GONE)
    assert run(server, seconds=10)["Data"]["AlreadyGone"] == "aws-node"
    assert sum(fake_time.slept) <= 5


def test_a_daemon_set_that_appears_late_is_removed(server: FakeApiServer, run: Run) -> None:
    server.play(GONE, GONE, GONE, deleted(), GONE)
    assert run(server)["Data"] == REMOVED
    assert server.methods == ["DELETE", "DELETE", "DELETE", "DELETE", "GET"]


def test_an_update_takes_a_missing_daemon_set_at_its_word(
    server: FakeApiServer, run: Run, fake_time: FakeTime
) -> None:
    server.play(GONE)
    assert run(server, "update")["Data"] == {"Removed": "", "AlreadyGone": "aws-node"}
    assert (server.methods, fake_time.slept) == (["DELETE"], [])


def test_the_daemon_set_is_deleted_in_the_background(server: FakeApiServer, run: Run) -> None:
    server.play(deleted(), GONE)
    run(server)
    request = server.requests[0]
    assert (request.method, request.path) == (
        "DELETE",
        "/apis/apps/v1/namespaces/kube-system/daemonsets/aws-node",
    )
    assert request.body == {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
    assert request.headers["Content-Type"] == "application/json"


def test_a_removal_that_works_at_once_does_not_pause(
    server: FakeApiServer, run: Run, fake_time: FakeTime
) -> None:
    server.play(deleted(), GONE)
    run(server)
    assert fake_time.slept == []


def test_the_removal_waits_until_the_object_is_gone(server: FakeApiServer, run: Run) -> None:
    server.play(
        Reply(202, daemon_set("one", deleting=True, finalizers=["example.com/hold"])),
        TERMINATING,
        TERMINATING,
        GONE,
    )
    assert run(server)["Data"] == REMOVED
    assert server.methods == ["DELETE", "GET", "GET", "GET"]


def test_an_object_that_was_re_created_is_deleted_again(server: FakeApiServer, run: Run) -> None:
    server.play(deleted("one"), Reply(body=daemon_set("two")), deleted("two"), GONE)
    assert run(server)["Data"] == REMOVED
    assert server.methods == ["DELETE", "GET", "DELETE", "GET"]


def test_a_re_created_object_is_deleted_also_when_somebody_else_deletes_it(
    server: FakeApiServer, run: Run
) -> None:
    server.play(deleted("one"), Reply(body=daemon_set("two", deleting=True)), deleted("two"), GONE)
    assert run(server)["Data"] == REMOVED
    assert server.methods == ["DELETE", "GET", "DELETE", "GET"]


def test_an_object_that_survived_its_deletion_is_deleted_again(server: FakeApiServer, run: Run) -> None:
    server.play(deleted("one"), Reply(body=daemon_set("one")), deleted("one"), GONE)
    assert run(server)["Data"] == REMOVED
    assert server.methods == ["DELETE", "GET", "DELETE", "GET"]


@pytest.mark.parametrize("status", [401, 403, 409, 429, 500, 502, 503, 504])
def test_a_temporary_refusal_is_retried(status: int, server: FakeApiServer, run: Run) -> None:
    server.play(failure(status), failure(status), deleted(), failure(status), GONE)
    assert run(server)["Data"] == REMOVED
    assert server.methods == ["DELETE", "DELETE", "DELETE", "GET", "GET"]


@pytest.mark.parametrize("status", [302, 400, 405, 415, 422])
def test_a_permanent_refusal_fails_at_once(
    status: int, server: FakeApiServer, run: Run, code: SimpleNamespace
) -> None:
    server.play(failure(status, "no such thing"))
    with pytest.raises(code.errors.PermanentError) as caught:
        run(server)
    assert str(caught.value) == (
        f"DaemonSet kube-system/aws-node of cluster demo: must be deletable, DELETE got {status} "
        "(no such thing); check that localhost is the cluster's API server and that nothing forbids it"
    )
    assert server.methods == ["DELETE"]


def test_pauses_double_up_to_a_cap(server: FakeApiServer, run: Run, fake_time: FakeTime) -> None:
    server.play(*[failure(503)] * 7, deleted(), GONE)
    run(server)
    assert fake_time.slept == [0.5, 1, 2, 4, 8, 8, 8]


def test_jitter_takes_off_up_to_half(server: FakeApiServer, run: Run, fake_time: FakeTime) -> None:
    fake_time.chance = 1.0
    server.play(*[failure(503)] * 3, deleted(), GONE)
    run(server)
    assert fake_time.slept == [0.25, 0.5, 1]


@pytest.mark.parametrize(
    ("header", "pause"),
    [("7", 7.0), ("3600", 30.0), ("0", 0.5), ("soon", 0.5), ("-5", 0.5), ("9" * 5000, 0.5)],
)
def test_retry_after_is_obeyed_within_reason(
    header: str, pause: float, server: FakeApiServer, run: Run, fake_time: FakeTime
) -> None:
    server.play(failure(429, Retry_After=header), deleted(), GONE)
    run(server)
    assert fake_time.slept == [pause]


def test_a_refused_connection_is_tried_again(
    late_server: FakeApiServer, run: Run, fake_time: FakeTime
) -> None:
    late_server.play(deleted(), GONE)
    fake_time.on_sleep = lambda: late_server.start() if len(fake_time.slept) == 2 else None
    assert run(late_server)["Data"] == REMOVED
    assert len(fake_time.slept) == 2


@pytest.mark.parametrize(
    "broken",
    [
        Reply(manner="drop"),
        Reply(body=daemon_set("one"), manner="cut"),
        Reply(body=b'{"kind": "Daem'),
        Reply(body=b"<html>"),
        Reply(body=b"[]"),
        Reply(body=b""),
        Reply(body=b"\xff\xfe"),
        Reply(body=b"[" * 100_000),
    ],
    ids=["dropped", "cut", "half-json", "html", "list", "empty", "not-utf-8", "too-deep"],
)
def test_an_incomplete_answer_is_requested_again(broken: Reply, server: FakeApiServer, run: Run) -> None:
    server.play(broken, deleted(), broken, GONE)
    assert run(server)["Data"] == REMOVED
    assert server.methods == ["DELETE", "DELETE", "GET", "GET"]


@pytest.mark.parametrize("body", [{}, {"metadata": None}, {"metadata": []}, {"details": "x", "metadata": {}}])
def test_an_object_of_unexpected_form_counts_as_present(
    body: object, server: FakeApiServer, run: Run
) -> None:
    server.play(Reply(body=body), Reply(body=body), deleted(), GONE)
    assert run(server)["Data"] == REMOVED
    assert server.methods == ["DELETE", "GET", "DELETE", "GET"]


def test_a_removal_whose_answer_was_lost_counts_as_already_gone(server: FakeApiServer, run: Run) -> None:
    server.play(Reply(manner="drop"), GONE)
    assert run(server)["Data"] == {"Removed": "", "AlreadyGone": "aws-node"}


DEADLINES = {
    "unauthorized": (
        [failure(401, "Unauthorized")],
        "DELETE got 401 (Unauthorized) after ",
        "give the function's role an access entry on cluster demo under the role's exact ARN "
        "(an entry dies with its role, also when the role is created anew), then deploy again",
    ),
    "forbidden": (
        [failure(403, 'User "removal" cannot delete resource "daemonsets"')],
        'DELETE got 403 (User "removal" cannot delete resource "daemonsets") after ',
        "put the function's access entry in a Kubernetes group, and bind that group in kube-system to a "
        "Role with the verbs get and delete on daemonsets.apps aws-node, then deploy again",
    ),
    "conflict": (
        [failure(409, "changed")],
        "DELETE got 409 (changed) after ",
        "find who else changes it (kubectl -n kube-system get daemonset aws-node -o yaml), then deploy again",
    ),
    "overloaded": (
        [failure(429, "too many")],
        "DELETE got 429 (too many) after ",
        "wait until the API server of cluster demo is healthy, then deploy again",
    ),
    "malformed": (
        [Reply(body=b"<html>")],
        "DELETE got 200 (the body is not a JSON object) after ",
        "wait until the API server of cluster demo is healthy, then deploy again",
    ),
    "dropped": (
        [Reply(manner="drop")],
        "DELETE got no answer (RemoteDisconnected: Remote end closed connection without response) after ",
        "let the function reach localhost: subnets routed to the endpoint, a security group that the "
        "cluster's admits on 443, and DNS for a private endpoint, then deploy again",
    ),
    "finalizers": (
        [
            deleted(),
            Reply(body=daemon_set("one", deleting=True, finalizers=["example.com/a", "example.com/b"])),
        ],
        "it is terminating since 2026-11-23T06:00:00Z, "
        "held by finalizers example.com/a, example.com/b after ",
        "let the owner of the finalizers finish, or take them off the DaemonSet, then deploy again",
    ),
    "terminating": (
        [deleted(), TERMINATING],
        "it is terminating since 2026-11-23T06:00:00Z after ",
        "see what holds it (kubectl -n kube-system get daemonset aws-node -o yaml), then deploy again",
    ),
}


@pytest.mark.parametrize("case", DEADLINES)
def test_at_the_deadline_the_error_has_the_last_answer_and_the_fix(
    case: str, server: FakeApiServer, run: Run, code: SimpleNamespace
) -> None:
    script, got, fix = DEADLINES[case]
    server.play(*script)
    with pytest.raises(code.errors.DeadlineError) as caught:
        run(server)
    message = str(caught.value)
    start = "DaemonSet kube-system/aws-node of cluster demo: must be gone before the function's time is up, "
    attempts = len(server.requests)
    assert message.startswith(start + got + f"{attempts} attempts in ")
    assert message.endswith("; " + fix)


def test_the_error_names_the_usual_cause_of_a_daemon_set_that_is_always_re_created(
    server: FakeApiServer, run: Run, code: SimpleNamespace
) -> None:
    server.play(
        *[reply for n in range(50) for reply in (deleted(f"{n}"), Reply(body=daemon_set(f"{n + 1}")))]
    )
    with pytest.raises(
        code.errors.DeadlineError,
        match=r"it was re-created \d+ times .*aws eks delete-addon --cluster-name demo --addon-name vpc-cni",
    ):
        run(server)


def test_the_last_attempt_is_just_before_the_deadline(
    server: FakeApiServer, run: Run, fake_time: FakeTime, code: SimpleNamespace
) -> None:
    server.play(failure(503))
    with pytest.raises(code.errors.DeadlineError):
        run(server, seconds=30)
    latest = 30 - code.deadline.LAST_ATTEMPT
    assert latest - 3 < sum(fake_time.slept) <= latest


@pytest.mark.parametrize("manner", ["hang", "drip"])
def test_a_server_that_never_finishes_its_answer_cannot_pass_the_deadline(
    manner: str, server: FakeApiServer, run: Run, fake_time: FakeTime, code: SimpleNamespace
) -> None:
    server.play(Reply(body={}, manner=manner))
    with pytest.raises(
        code.errors.DeadlineError,
        match=r"DELETE got no answer \(TimeoutError: nothing whole within 4\.5 s\) after 2 attempts in 15 s",
    ):
        run(server, seconds=15)
    assert (fake_time.hung, fake_time.slept) == ([10.0, 4.5], [0.5])


def test_a_request_that_hangs_is_given_up_and_tried_again(
    server: FakeApiServer, run: Run, code: SimpleNamespace, fake_time: FakeTime
) -> None:
    server.play(Reply(manner="hang"), deleted(), Reply(manner="hang"), GONE)
    assert run(server)["Data"] == REMOVED
    assert fake_time.hung == [code.api_server.REQUEST_TIMEOUT] * 2
    assert server.methods == ["DELETE", "DELETE", "GET", "GET"]
