"""Faults between the function and the API server, and how the function handles them."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
import trustme

from tests.lambda_.conftest import FakeTime, Serve
from tests.lambda_.fake_api_server import FakeApiServer, Reply, failure
from tests.lambda_.policy_set.conftest import PATH, PolicyServer, policy, properties


class FakeEks(ThreadingHTTPServer):
    """Answers DescribeCluster with *answer*: a status code with an error, or the cluster's status."""

    daemon_threads = True
    answer: tuple[int, str] = (200, "ACTIVE")

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: FakeEks

    def do_GET(self) -> None:
        status, word = self.server.answer
        body = {"cluster": {"name": "demo", "status": word}} if status == 200 else {"message": word}
        data = json.dumps(body).encode()
        self.send_response(status)
        if status != 200:
            self.send_header("x-amzn-ErrorType", word)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the tests' output quiet."""


@pytest.fixture
def eks(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEks]:
    server = FakeEks()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_EKS", f"http://127.0.0.1:{server.server_address[1]}")
    yield server
    server.shutdown()
    server.server_close()


PASSING = [
    pytest.param(failure(401, "Unauthorized"), id="401"),
    pytest.param(failure(403, "forbidden: policies"), id="403"),
    pytest.param(failure(409, "the object has been modified"), id="409"),
    pytest.param(failure(429, "slow down", Retry_After="2"), id="429"),
    pytest.param(failure(500, "etcd"), id="500"),
    pytest.param(failure(503, "starting"), id="503"),
    pytest.param(Reply(body=b"{not json"), id="malformed"),
    pytest.param(Reply(body={"kind": "x"}, manner="cut"), id="half-closed"),
    pytest.param(Reply(manner="drop"), id="dropped"),
    pytest.param(Reply(manner="reset"), id="reset"),
    pytest.param(Reply(manner="drip"), id="slow"),
    pytest.param(Reply(manner="hang"), id="silent"),
]


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_temporary_faults_are_retried(method: str, fault: Reply, api: PolicyServer, serve: Serve) -> None:
    serve(api, "Create", policy("old"))
    # Accepted deletions are not asked for again, so a success that cannot be read stays one.
    api.faults = [(method, "", fault)]
    serve(api, "Update", policy("new"))
    assert api.names == ["new"]
    assert api.faults == []


def test_retry_after_is_obeyed(api: PolicyServer, serve: Serve, fake_time: FakeTime) -> None:
    api.faults = [("PATCH", "", failure(429, "slow down", Retry_After="7"))]
    serve(api, "Create", policy("a"))
    assert fake_time.slept == [7.0]


def test_the_kinds_are_waited_for_until_the_operator_registers_them(
    api: PolicyServer, serve: Serve, fake_time: FakeTime
) -> None:
    api.registered = False

    def register() -> None:
        api.registered = len(fake_time.slept) >= 4

    fake_time.on_sleep = register
    serve(api, "Create", policy("a"))
    assert api.names == ["a"]


def test_kinds_that_nobody_registers_are_named_with_what_registers_them(
    api: PolicyServer, serve: Serve, code: SimpleNamespace
) -> None:
    api.registered = False
    with pytest.raises(
        code.errors.DeadlineError,
        match=r"(?s)^ciliumnetworkpolicies\.cilium\.io of cluster demo: must be registered before the "
        r"function's time is up, and is not after \d+ attempts in \d+ s; Cilium's operator registers it once "
        r"it runs, which takes a node: see why it does not .*, then deploy again$",
    ):
        serve(api, "Create", policy("a"), seconds=30)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (
            failure(403, "forbidden"),
            r"must be readable before the function's time is up, GET got 403 \(forbidden\) .*; put the "
            r"function's "
            r"access entry in a Kubernetes group, and bind it to a Role in that namespace with list, "
            r"create, patch "
            r"and delete of ciliumnetworkpolicies\.cilium\.io, then deploy again",
        ),
        (failure(401, "Unauthorized"), r"give the function's role an access entry on cluster demo"),
        (
            failure(503, "starting"),
            r"wait until the API server of cluster demo is healthy, then deploy "
            r"again",
        ),
    ],
)
def test_a_fault_that_lasts_until_the_deadline_is_reported_with_the_fix(
    fault: Reply, text: str, api: PolicyServer, serve: Serve, code: SimpleNamespace
) -> None:
    api.faults = [("GET", "", fault)] * 100
    with pytest.raises(code.errors.DeadlineError, match=text):
        serve(api, "Create", policy("a"), seconds=20)


TERMINATING = Reply(
    403,
    {
        "kind": "Status",
        "message": 'ciliumnetworkpolicies.cilium.io "a" is forbidden: unable to create new content',
        "reason": "Forbidden",
        "details": {"causes": [{"reason": "NamespaceTerminating", "field": "metadata.namespace"}]},
    },
)
DENIED = [
    pytest.param(
        failure(403, 'admission webhook "policies.acme.io" denied the request: no egress to all'),
        "change what webhook policies.acme.io objects to, or let its owner exempt this function's role, then "
        "deploy again",
        id="webhook",
    ),
    pytest.param(
        failure(
            403,
            "ciliumnetworkpolicies.cilium.io \"a\" is forbidden: ValidatingAdmissionPolicy 'strict' with "
            "binding 'all' denied request: no",
        ),
        "change what ValidatingAdmissionPolicy strict objects to, or let its owner exempt this function's "
        "role, then deploy again",
        id="admission policy",
    ),
    pytest.param(
        failure(
            403,
            'ciliumnetworkpolicies.cilium.io "a" is forbidden: exceeded quota: few, requested: '
            "count/ciliumnetworkpolicies.cilium.io=1, used: ...",
        ),
        "raise ResourceQuota few (kubectl describe quota few) or delete what fills it, then deploy again",
        id="quota",
    ),
    pytest.param(
        failure(
            403,
            'ciliumnetworkpolicies.cilium.io "a" is forbidden: unable to create new content in namespace '
            "team-a because it is being terminated",
        ),
        "wait until namespace team-a is gone (kubectl get namespace team-a), and create it anew, then deploy "
        "again",
        id="terminating",
    ),
    pytest.param(
        TERMINATING,
        "wait until the namespace is gone, and create it anew, then deploy again",
        id="terminating by its cause",
    ),
]


@pytest.mark.parametrize(("denial", "fix"), DENIED)
def test_a_denial_is_told_from_a_late_right_at_once(
    denial: Reply, fix: str, api: PolicyServer, serve: Serve, code: SimpleNamespace, fake_time: FakeTime
) -> None:
    api.refused = {"a": denial}
    with pytest.raises(code.errors.PermanentError) as caught:
        serve(api, "Update", policy("a"), seconds=300)
    assert str(caught.value).endswith(f"; {fix}")
    assert fake_time.slept == []


def test_a_denied_deletion_fails_at_once(
    api: PolicyServer, serve: Serve, code: SimpleNamespace, fake_time: FakeTime
) -> None:
    serve(api, "Create", policy("a"))
    denied = failure(403, 'admission webhook "keep.acme.io" denied the request without explanation')
    api.faults = [("DELETE", "", denied)]
    with pytest.raises(code.errors.PermanentError, match=r"change what webhook keep\.acme\.io objects to"):
        serve(api, "Delete", policy("a"))
    assert fake_time.slept == []


def test_a_refused_connection_says_what_to_do(
    late_server: FakeApiServer, serve: Serve, code: SimpleNamespace, fake_time: FakeTime
) -> None:
    with pytest.raises(code.errors.DeadlineError, match=r"ConnectionRefusedError.*let the function reach"):
        serve(late_server, "Create", policy("a"), seconds=20)
    assert sum(fake_time.slept) <= 20


def test_another_certificate_authority_is_refused_at_once(
    api: PolicyServer, serve: Serve, code: SimpleNamespace
) -> None:
    stranger = base64.b64encode(trustme.CA().cert_pem.bytes()).decode()
    with pytest.raises(code.errors.PermanentError, match="must prove that it is the cluster's API server"):
        serve(api, "Create", policy("a"), CertificateAuthorityData=stranger)


def test_another_host_name_is_refused_at_once(api: PolicyServer, serve: Serve, code: SimpleNamespace) -> None:
    with pytest.raises(code.errors.PermanentError, match=r"Endpoint 127\.0\.0\.1: must prove"):
        serve(api, "Create", policy("a"), Endpoint=f"https://127.0.0.1:{api.port}")


def test_policies_that_the_server_does_not_take_are_named_together(
    api: PolicyServer, serve: Serve, code: SimpleNamespace
) -> None:
    api.refused = {"bad": failure(422, "spec.egress: Invalid"), "worse": failure(400, "unknown field x")}
    with pytest.raises(code.errors.PermanentError) as caught:
        serve(api, "Update", policy("bad"), policy("good"), policy("worse"))
    assert str(caught.value).splitlines() == [
        "Policy bad in namespace team-a of cluster demo: must be valid for the API server, PATCH got "
        "422 "
        "(spec.egress: Invalid); correct the policy",
        "Policy worse in namespace team-a of cluster demo: must be valid for the API server, PATCH "
        "got 400 "
        "(unknown field x); correct the policy",
    ]
    assert api.names == ["good"]


def test_nothing_is_deleted_when_something_is_refused(
    api: PolicyServer, serve: Serve, code: SimpleNamespace
) -> None:
    serve(api, "Create", policy("old"))
    api.refused = {"bad": failure(422, "Invalid")}
    with pytest.raises(code.errors.PermanentError):
        serve(api, "Update", policy("bad"))
    assert api.names == ["old"]


def test_a_namespace_that_is_not_there_is_named(
    api: PolicyServer, serve: Serve, code: SimpleNamespace
) -> None:
    api.refused = {"a": failure(404, 'namespaces "team-a" not found')}
    with pytest.raises(
        code.errors.PermanentError, match="must be in namespace team-a, which does not exist; create it first"
    ):
        serve(api, "Update", policy("a"))


def test_a_create_that_fails_is_taken_back(api: PolicyServer, serve: Serve, code: SimpleNamespace) -> None:
    api.put("mine-of-before", owner="team-a")
    api.refused = {"bad": failure(422, "Invalid")}
    with pytest.raises(code.errors.PermanentError, match=r"correct the policy$"):
        serve(api, "Create", policy("good"), policy("mine-of-before"), policy("bad"))
    assert api.names == ["mine-of-before"]


def test_an_update_that_fails_is_left_for_the_former_properties(
    api: PolicyServer, serve: Serve, code: SimpleNamespace
) -> None:
    serve(api, "Create", policy("a"))
    api.refused = {"bad": failure(422, "Invalid")}
    with pytest.raises(code.errors.PermanentError):
        serve(api, "Update", policy("a"), policy("good"), policy("bad"))
    assert counts_of(serve(api, "Update", policy("a"))) == ("0", "1", "1")
    assert api.names == ["a"]


def counts_of(result: dict[str, Any]) -> tuple[str, ...]:
    return tuple(result["Data"][name] for name in ("Applied", "Unchanged", "Removed"))


def test_what_cannot_be_taken_back_is_named(
    api: PolicyServer, serve: Serve, code: SimpleNamespace, fake_time: FakeTime
) -> None:
    api.refused = {"bad": failure(422, "Invalid")}
    api.faults = [("DELETE", "", failure(503, "down"))] * 100
    with pytest.raises(code.errors.PermanentError, match=r"correct the policy; these are left: good$"):
        serve(api, "Create", policy("good"), policy("bad"))
    assert sum(fake_time.slept) <= code.keeping.TAKE_BACK


def test_the_functions_own_time_is_kept(
    api: PolicyServer, serve: Serve, code: SimpleNamespace, fake_time: FakeTime
) -> None:
    api.faults = [("PATCH", "", failure(503, "down"))] * 200
    with pytest.raises(
        code.errors.DeadlineError, match=r"Policy a .*: must be applied before the function's time"
    ):
        serve(api, "Create", policy("a"), seconds=40)
    latest = 40 - code.deadline.LAST_ATTEMPT
    assert latest - 3 < sum(fake_time.slept) <= latest


def test_a_list_that_expired_is_begun_again(
    api: PolicyServer, serve: Serve, code: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code.policy_api, "PAGE", 2)
    many = [policy(f"p{number}") for number in range(5)]
    serve(api, "Create", *many)
    api.faults = [("GET", "continue=2", failure(410, "the provided continue parameter is too old"))]
    assert counts_of(serve(api, "Update", *many)) == ("0", "5", "0")


def test_a_policy_that_somebody_made_anew_is_not_deleted(api: PolicyServer, serve: Serve) -> None:
    serve(api, "Create", policy("a"))
    stale = dict(
        api.objects[f"{PATH}/a"], metadata=dict(api.objects[f"{PATH}/a"]["metadata"], uid="of-before")
    )
    api.faults = [("GET", "limit", Reply(body={"items": [stale], "metadata": {}}))]
    assert counts_of(serve(api, "Delete")) == ("0", "0", "0")
    assert api.names == ["a"]


def test_a_deletion_that_a_finalizer_holds_is_enough(api: PolicyServer, serve: Serve) -> None:
    serve(api, "Create", policy("a"))
    held = dict(api.objects[f"{PATH}/a"])
    held["metadata"] = dict(held["metadata"], deletionTimestamp="2026-11-26T00:00:00Z", finalizers=["x/y"])
    api.faults = [("DELETE", "", Reply(body=held))]
    assert counts_of(serve(api, "Delete")) == ("0", "0", "1")


def test_delete_succeeds_when_the_kinds_are_gone(api: PolicyServer, serve: Serve) -> None:
    api.registered = False
    assert counts_of(serve(api, "Delete", policy("a"))) == ("0", "0", "0")


def test_delete_after_a_create_with_wrong_properties_does_nothing(api: PolicyServer, serve: Serve) -> None:
    assert serve(api, "Delete", Bundle="nonsense") == {"PhysicalResourceId": "policy-set/demo/team-a/team-a"}
    assert api.requests == []


@pytest.mark.parametrize("answer", [(200, "DELETING"), (404, "ResourceNotFoundException")])
def test_delete_succeeds_when_the_cluster_is_gone(
    answer: tuple[int, str], late_server: FakeApiServer, serve: Serve, eks: FakeEks
) -> None:
    eks.answer = answer
    assert counts_of(serve(late_server, "Delete", policy("a"), seconds=20)) == ("0", "0", "0")


@pytest.mark.parametrize(
    "answer", [(200, "ACTIVE"), (403, "AccessDeniedException"), (500, "ServerException")]
)
def test_delete_fails_when_a_cluster_that_may_live_does_not_answer(
    answer: tuple[int, str], late_server: FakeApiServer, serve: Serve, eks: FakeEks, code: SimpleNamespace
) -> None:
    eks.answer = answer
    with pytest.raises(code.errors.DeadlineError, match="let the function reach localhost"):
        serve(late_server, "Delete", policy("a"), seconds=20)


def test_delete_delays_a_stack_for_two_minutes_at_most(
    late_server: FakeApiServer, serve: Serve, eks: FakeEks, code: SimpleNamespace, fake_time: FakeTime
) -> None:
    with pytest.raises(code.errors.DeadlineError):
        serve(late_server, "Delete", policy("a"), seconds=800)
    assert 100 < sum(fake_time.slept) <= code.keeping.DELETE


def test_an_event_that_comes_twice_or_late_ends_in_what_it_says(api: PolicyServer, serve: Serve) -> None:
    serve(api, "Create", policy("a"))
    serve(api, "Update", policy("b"))
    serve(api, "Update", policy("b"))
    serve(api, "Create", policy("a"))
    assert api.names == ["a"]


def test_no_message_echoes_a_token(api: PolicyServer, serve: Serve, code: SimpleNamespace) -> None:
    api.faults = [("GET", "", Reply(500, manner="echo"))] * 100
    with pytest.raises(code.errors.DeadlineError) as caught:
        serve(api, "Create", policy("a"), seconds=20)
    assert "[redacted]" in str(caught.value)
    assert "k8s-aws-v1" not in str(caught.value)


def test_former_properties_may_be_wrong_in_any_way(api: PolicyServer, serve: Serve) -> None:
    for old in ({}, {"Namespace": 5}, properties(policy("a"), Owner=None)):
        assert (
            serve(api, "Update", policy("a"), old=old)["PhysicalResourceId"]
            == "policy-set/demo/team-a/team-a"
        )
