"""The removal of aws-node is refused while nodes use it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.lambda_.conftest import Run
from tests.lambda_.fake_api_server import GONE, FakeApiServer, Reply, daemon_set, deleted, failure

WAY = (
    "use the strategy 'patch', which can be undone, and then replace those nodes, or allow it (allow_nodes) "
    "and replace them at once"
)


def scheduled(number: int) -> Reply:
    return Reply(body=daemon_set("one") | {"status": {"currentNumberScheduled": number}})


def node(name: str, *, ready: str = "True", **labels: str) -> dict[str, Any]:
    conditions = [{"type": "MemoryPressure", "status": "False"}, {"type": "Ready", "status": ready}]
    return {"metadata": {"name": name, "labels": labels}, "status": {"conditions": conditions}}


def nodes(*items: dict[str, Any], more: str = "") -> Reply:
    return Reply(
        body={"kind": "NodeList", "metadata": {"continue": more} if more else {}, "items": list(items)}
    )


def test_a_daemon_set_on_no_node_is_removed(server: FakeApiServer, run: Run) -> None:
    server.play(scheduled(0), deleted(), GONE)
    assert run(server, RefuseNodes="true")["Data"]["Removed"] == "aws-node"
    assert server.methods == ["GET", "DELETE", "GET"]


def test_a_missing_daemon_set_is_not_refused(server: FakeApiServer, run: Run) -> None:
    server.play(GONE)
    assert run(server, "update", RefuseNodes="true")["Data"]["AlreadyGone"] == "aws-node"
    assert server.methods == ["GET", "DELETE"]


def test_the_refusal_names_the_nodes_and_the_fix_and_nothing_is_deleted(
    server: FakeApiServer, run: Run, code: SimpleNamespace
) -> None:
    server.play(scheduled(2), nodes(node("ip-1"), node("ip-2")))
    with pytest.raises(code.errors.PermanentError) as caught:
        run(server, RefuseNodes="true")
    assert str(caught.value) == (
        "DaemonSet kube-system/aws-node of cluster demo: must run on no node when it is removed, got 2 that "
        f"would lose their network (ip-1, ip-2); {WAY}"
    )
    assert [(request.method, request.path) for request in server.requests] == [
        ("GET", "/apis/apps/v1/namespaces/kube-system/daemonsets/aws-node"),
        ("GET", "/api/v1/nodes?limit=500"),
    ]


def test_the_refusal_names_five_of_many_nodes(server: FakeApiServer, run: Run, code: SimpleNamespace) -> None:
    server.play(scheduled(700), nodes(*(node(f"ip-{n}") for n in range(500)), more="next"))
    with pytest.raises(
        code.errors.PermanentError, match=r"got 700 that .* \(ip-0, ip-1, ip-2, ip-3, ip-4 and"
    ):
        run(server, RefuseNodes="true")
    assert len(server.requests) == 2


def test_the_check_reads_every_page_of_nodes(server: FakeApiServer, run: Run, code: SimpleNamespace) -> None:
    server.play(scheduled(3), nodes(node("down", ready="Unknown"), more="a b/c"), nodes(node("up")))
    with pytest.raises(code.errors.PermanentError, match=r"\(up and up to 2 more\)"):
        run(server, RefuseNodes="true")
    assert server.requests[-1].path == "/api/v1/nodes?limit=500&continue=a%20b%2Fc"


@pytest.mark.parametrize(
    "listed",
    [
        nodes(node("down", ready="False")),
        nodes(node("fargate", **{"eks.amazonaws.com/compute-type": "fargate"})),
        nodes({"metadata": {}, "status": None}, {"metadata": None}),
        nodes("odd"),  # type: ignore[arg-type]
        Reply(body={"items": None}),
    ],
    ids=["not-ready", "fargate", "bare", "odd", "no-items"],
)
def test_nodes_without_a_network_to_lose_do_not_stop_the_removal(
    listed: Reply, server: FakeApiServer, run: Run
) -> None:
    server.play(scheduled(1), listed, deleted(), GONE)
    assert run(server, RefuseNodes="true")["Data"]["Removed"] == "aws-node"


def test_without_the_check_no_node_is_read(server: FakeApiServer, run: Run) -> None:
    server.play(deleted(), GONE)
    run(server, RefuseNodes="false")
    assert server.methods == ["DELETE", "GET"]


def test_a_temporary_refusal_is_retried(server: FakeApiServer, run: Run) -> None:
    server.play(failure(401), scheduled(1), failure(403), Reply(manner="drop"), nodes(), deleted(), GONE)
    assert run(server, RefuseNodes="true")["Data"]["Removed"] == "aws-node"


def test_without_the_right_to_list_nodes_the_error_names_the_right(
    server: FakeApiServer, run: Run, code: SimpleNamespace
) -> None:
    server.play(scheduled(1), failure(403, "no"))
    with pytest.raises(code.errors.DeadlineError) as caught:
        run(server, RefuseNodes="true")
    assert str(caught.value).startswith(
        "Nodes of cluster demo: must be readable before the function's time is up, GET got 403 (no) after "
    )
    assert str(caught.value).endswith(
        "bind that group to a ClusterRole with the verb list on nodes, then deploy again"
    )


def test_an_api_that_does_not_know_nodes_fails_at_once(
    server: FakeApiServer, run: Run, code: SimpleNamespace
) -> None:
    server.play(scheduled(1), failure(400, "odd"))
    with pytest.raises(code.errors.PermanentError) as caught:
        run(server, RefuseNodes="true")
    assert str(caught.value) == (
        "Nodes of cluster demo: must be readable, GET got 400 (odd); "
        "check that localhost is the cluster's API server and that nothing forbids it"
    )


def test_the_check_comes_before_anything_is_removed(
    server: FakeApiServer, run: Run, code: SimpleNamespace
) -> None:
    server.play(scheduled(0), scheduled(1), nodes(node("ip-1")))
    with pytest.raises(code.errors.PermanentError, match="kube-proxy of cluster demo: must run on no node"):
        run(server, RefuseNodes="true", DaemonSets=["aws-node", "kube-proxy"])
    assert "DELETE" not in server.methods
