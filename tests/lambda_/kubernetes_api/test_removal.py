"""The strategy ``remove`` against an API that enforces the rights we ship."""

from __future__ import annotations

import json
import logging
import threading
from types import SimpleNamespace

import pytest

from tests.lambda_.kubernetes_api.cases import CASES
from tests.lambda_.kubernetes_api.function import Function
from tests.lambda_.kubernetes_api.kinds import KubernetesApi
from tests.lambda_.kubernetes_api.objects import daemon_set, daemon_set_path, extras, node, path_of

REMOVE, PATCH = CASES["remove"], CASES["patch"]
REMOVED = {"Removed": "aws-node", "AlreadyGone": ""}
ABSENT = {"Removed": "", "AlreadyGone": "aws-node"}
AWS_NODE = daemon_set_path("aws-node")


def run_on(api: KubernetesApi, nodes: int, *, ready: bool) -> None:
    """Let aws-node run on this number of nodes."""
    for number in range(nodes):
        api.apply(node(f"node-{number}"))
        condition = {"type": "Ready", "status": str(ready), "reason": "Kubelet", "message": "posted"}
        api.administrator.merge(
            f"/api/v1/nodes/node-{number}/status", {"status": {"conditions": [condition]}}
        )
    counts = {"currentNumberScheduled": nodes, "desiredNumberScheduled": nodes}
    zeros = {"numberMisscheduled": 0, "numberReady": 0}
    api.administrator.merge(f"{AWS_NODE}/status", {"status": counts | zeros})


def statuses(caplog: pytest.LogCaptureFixture) -> list[int]:
    """The status codes of the answers to the function's requests, from its log."""
    lines = [json.loads(record.message) for record in caplog.records if record.name == "kubernetes_api"]
    return [line["status"] for line in lines]


def test_the_daemon_set_is_removed(api: KubernetesApi, function: Function) -> None:
    api.apply(daemon_set())
    function.grant(REMOVE)
    assert function.call("create", REMOVE)["Data"] == REMOVED
    assert api.administrator.get(AWS_NODE) is None


def test_other_daemon_sets_stay(api: KubernetesApi, function: Function) -> None:
    others = [daemon_set("cilium"), daemon_set("aws-node", "default")]
    api.apply(daemon_set(), *others)
    function.grant(REMOVE)
    function.call("create", REMOVE)
    assert [path_of(other) for other in others if api.administrator.get(path_of(other)) is None] == []


def test_two_daemon_sets_are_removed(api: KubernetesApi, function: Function) -> None:
    case = CASES["remove-two"]
    api.apply(*[daemon_set(name) for name in case.daemon_sets])
    function.grant(case)
    result = function.call("create", case)
    assert result["Data"] == {"Removed": ",".join(case.daemon_sets), "AlreadyGone": ""}


def test_an_absent_daemon_set_is_a_success(api: KubernetesApi, function: Function) -> None:
    function.grant(REMOVE)
    assert function.call("create", REMOVE)["Data"] == ABSENT


def test_a_finalizer_that_stays_is_named_at_the_deadline(
    api: KubernetesApi, function: Function, code: SimpleNamespace
) -> None:
    api.apply(daemon_set(finalizers=("example.com/hold",)))
    function.grant(REMOVE)
    with pytest.raises(code.errors.DeadlineError) as caught:
        function.call("create", REMOVE, hurried=True)
    told = str(caught.value)
    assert "it is terminating since 20" in told
    assert "held by finalizers example.com/hold after " in told


def test_the_removal_goes_on_when_the_finalizer_is_removed(api: KubernetesApi, function: Function) -> None:
    api.apply(daemon_set(finalizers=("example.com/hold",)))
    function.grant(REMOVE)

    def let_go() -> None:
        if function.pauses == 2:
            api.administrator.merge(AWS_NODE, {"metadata": {"finalizers": None}})

    function.on_pause = let_go
    assert function.call("create", REMOVE)["Data"] == REMOVED


def test_all_extras_go_with_it(api: KubernetesApi, function: Function) -> None:
    made = extras()
    api.apply(daemon_set(), *made)
    case = CASES["remove-extras"]
    function.grant(case)
    removed = function.call("create", case)["Data"]["Removed"].split(",")
    assert sorted(removed) == sorted(
        ["aws-node", *(f"{each['kind']}/{each['metadata']['name']}" for each in made)]
    )
    assert [path_of(each) for each in made if api.administrator.get(path_of(each)) is not None] == []


def test_absent_extras_are_a_success(api: KubernetesApi, function: Function) -> None:
    case = CASES["remove-extras"]
    function.grant(case)
    assert function.call("create", case)["Data"]["Removed"] == ""


def test_running_nodes_are_named_and_nothing_is_removed(
    api: KubernetesApi, function: Function, code: SimpleNamespace
) -> None:
    api.apply(daemon_set())
    run_on(api, 2, ready=True)
    case = CASES["refuse-nodes"]
    function.grant(case)
    with pytest.raises(code.errors.PermanentError, match=r"got 2 that would lose .*\(node-0, node-1\)"):
        function.call("create", case)
    assert api.administrator.get(AWS_NODE) is not None


def test_nodes_that_are_not_ready_lose_nothing(api: KubernetesApi, function: Function) -> None:
    api.apply(daemon_set())
    run_on(api, 2, ready=False)
    case = CASES["refuse-nodes"]
    function.grant(case)
    assert function.call("create", case)["Data"] == REMOVED


def test_the_function_waits_for_its_binding(
    api: KubernetesApi, function: Function, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    api.apply(daemon_set())
    refused = threading.Event()
    function.on_pause = refused.set

    def bind() -> None:
        if refused.wait(30):
            api.apply(*REMOVE.manifests(function.name, function.group))

    late = threading.Thread(target=bind)
    late.start()
    data = function.call("create", REMOVE)["Data"]
    late.join()
    assert data == REMOVED
    answers = statuses(caplog)
    assert (answers[0], answers[-2:]) == (403, [200, 404])


def test_the_function_waits_for_its_access_entry(
    api: KubernetesApi, function: Function, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    api.apply(daemon_set())
    function.grant(REMOVE)
    newcomer = api.authenticator.new_role()
    for name, value in newcomer.variables().items():
        monkeypatch.setenv(name, value)
    function.on_pause = lambda: api.authenticator.enter(newcomer, function.group)
    assert function.call("create", REMOVE)["Data"] == REMOVED
    assert statuses(caplog) == [401, 200, 404]


def test_a_group_that_is_never_bound_is_reported_at_the_deadline(
    api: KubernetesApi, function: Function, code: SimpleNamespace
) -> None:
    api.apply(daemon_set())
    with pytest.raises(code.errors.DeadlineError) as caught:
        function.call("create", REMOVE, hurried=True)
    told = str(caught.value)
    assert 'cannot delete resource "daemonsets" in API group "apps" in the namespace "kube-system"' in told
    assert "Role with the verbs get and delete on daemonsets.apps aws-node, then deploy again" in told


def test_a_repeated_event_finds_nothing_left(api: KubernetesApi, function: Function) -> None:
    api.apply(daemon_set())
    function.grant(REMOVE)
    answers = [function.call("create", REMOVE)["Data"] for _ in range(3)]
    assert answers == [REMOVED, ABSENT, ABSENT]


def test_an_update_removes_what_came_back(api: KubernetesApi, function: Function) -> None:
    api.apply(daemon_set())
    function.grant(REMOVE)
    function.call("create", REMOVE)
    api.administrator.create(AWS_NODE.rpartition("/")[0], daemon_set())
    assert function.call("update", REMOVE)["Data"] == REMOVED


def test_an_update_before_its_create_does_the_work_of_both(api: KubernetesApi, function: Function) -> None:
    api.apply(daemon_set())
    function.grant(REMOVE)
    assert [function.call(event, REMOVE)["Data"] for event in ("update", "create")] == [REMOVED, ABSENT]


def test_a_delete_after_a_failed_create_leaves_the_daemon_set(
    api: KubernetesApi, function: Function, code: SimpleNamespace
) -> None:
    api.apply(daemon_set())
    with pytest.raises(code.errors.DeadlineError):
        function.call("create", REMOVE, hurried=True)
    function.call("delete", REMOVE)
    assert api.administrator.get(AWS_NODE) is not None
