"""The strategy `beside` keeps aws-node on its nodes, and off the nodes of Cilium."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lambda_.conftest import Run, Update, loaded
from tests.lambda_.fake_api_server import GONE, FakeApiServer, Reply, deleted, failure, patched

LABEL = "io.cilium.migration/cilium-default"
EXCLUDES = {"key": LABEL, "operator": "DoesNotExist"}
FARGATE = {"key": "eks.amazonaws.com/compute-type", "operator": "NotIn", "values": ["fargate"]}
PROXY = '["kube-proxy"]'


def daemon_set(*expressions: dict[str, Any], name: str = "aws-node", **status: Any) -> Reply:
    """The DaemonSet with one term of affinity, or without affinity."""
    reply = patched(selector=False, name=name, **status)
    pod = reply.body["spec"]["template"]["spec"]  # type: ignore[index]
    if expressions:
        pod["affinity"] = {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [{"matchExpressions": list(expressions)}]
                }
            }
        }
    reply.body["metadata"]["resourceVersion"] = "7"  # type: ignore[index]
    return reply


def terms_in(body: Any) -> Any:
    required = body["spec"]["template"]["spec"]["affinity"]["nodeAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]
    return required and required["nodeSelectorTerms"]


def asked(server: FakeApiServer) -> list[tuple[str, str]]:
    return [(request.method, request.path.rpartition("/")[2]) for request in server.requests]


def test_the_exclusion_joins_what_the_affinity_has(server: FakeApiServer, run: Run) -> None:
    server.play(daemon_set(FARGATE), daemon_set(FARGATE, EXCLUDES))
    assert run(server, Strategy="beside")["Data"] == {"AlreadyGone": "", "Patched": "aws-node"}
    request = server.requests[-1]
    assert request.headers["Content-Type"] == "application/merge-patch+json"
    assert terms_in(request.body) == [{"matchExpressions": [FARGATE, EXCLUDES]}]
    assert request.body["metadata"] == {"resourceVersion": "7"}


def test_a_daemon_set_without_affinity_gets_one(server: FakeApiServer, run: Run) -> None:
    server.play(daemon_set(), daemon_set(EXCLUDES))
    run(server, Strategy="beside")
    assert terms_in(server.requests[-1].body) == [{"matchExpressions": [EXCLUDES]}]


def test_a_repetition_writes_nothing(server: FakeApiServer, run: Run) -> None:
    server.play(daemon_set(FARGATE, EXCLUDES))
    run(server, "update", Strategy="beside")
    assert server.methods == ["GET"]


def test_a_change_by_somebody_else_is_read_again(server: FakeApiServer, run: Run) -> None:
    server.play(daemon_set(), failure(409, "modified"), daemon_set(FARGATE), daemon_set(FARGATE, EXCLUDES))
    run(server, Strategy="beside")
    assert server.methods == ["GET", "PATCH", "GET", "PATCH"]
    assert terms_in(server.requests[-1].body) == [{"matchExpressions": [FARGATE, EXCLUDES]}]


def test_it_waits_until_new_nodes_are_without_pods(server: FakeApiServer, run: Run) -> None:
    server.play(
        daemon_set(),
        daemon_set(EXCLUDES, seen=False),
        daemon_set(EXCLUDES, leaving=1),
        daemon_set(EXCLUDES, wanted=3),
    )
    run(server, Strategy="beside")
    assert server.methods == ["GET", "PATCH", "GET", "GET"]


def test_pods_that_do_not_leave_fail_the_deployment_and_the_affinity_is_taken_back(
    server: FakeApiServer, run: Run, code: SimpleNamespace
) -> None:
    server.play(daemon_set(), *[daemon_set(EXCLUDES, leaving=2)] * 40)
    with pytest.raises(code.errors.DeadlineError) as caught:
        run(server, Strategy="beside", seconds=30)
    assert f"must leave the nodes with the label {LABEL}, its pods have not left 2 nodes" in str(caught.value)
    assert terms_in(server.requests[-1].body) is None


def test_a_missing_daemon_set_is_a_success_with_a_note(server: FakeApiServer, run: Run) -> None:
    server.play(GONE)
    data = run(server, Strategy="beside")["Data"]
    assert data["Note"] == "nothing to patch: aws-node is not there; an EKS add-on brings it back"


def test_kube_proxy_stays_on_old_nodes_too(server: FakeApiServer, run: Run) -> None:
    proxy = daemon_set(EXCLUDES, name="kube-proxy")
    server.play(daemon_set(EXCLUDES), proxy)
    assert run(server, Strategy="beside", KeptOff=PROXY)["Data"]["Patched"] == "aws-node,kube-proxy"
    assert asked(server) == [("GET", "aws-node"), ("GET", "kube-proxy")]


def test_a_delete_takes_the_exclusion_off(server: FakeApiServer, run: Run) -> None:
    server.play(daemon_set(FARGATE, EXCLUDES), daemon_set(FARGATE))
    run(server, "delete", Strategy="beside")
    assert terms_in(server.requests[-1].body) == [{"matchExpressions": [FARGATE]}]


def test_a_delete_on_a_cluster_that_is_gone_succeeds(
    server: FakeApiServer, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server.play(GONE)
    run(server, "delete", Strategy="beside")
    assert '"nothing to restore": "aws-node"' in caplog.text


def test_the_end_of_a_migration_removes_aws_node_and_moves_kube_proxy_to_its_selector(
    server: FakeApiServer, update: Update
) -> None:
    server.play(
        deleted(), GONE, patched(name="kube-proxy"), daemon_set(EXCLUDES, name="kube-proxy"), daemon_set()
    )
    update(server, {"Strategy": "beside", "KeptOff": PROXY}, KeptOff=PROXY)
    assert asked(server) == [
        ("DELETE", "aws-node"),
        ("GET", "aws-node"),
        ("PATCH", "kube-proxy"),
        ("GET", "kube-proxy"),
        ("PATCH", "kube-proxy"),
    ]
    assert terms_in(server.requests[-1].body) is None


def test_the_way_back_from_a_selector_sets_the_affinity_first(server: FakeApiServer, update: Update) -> None:
    server.play(daemon_set(), daemon_set(EXCLUDES), patched(selector=False))
    update(server, {"Strategy": "patch"}, Strategy="beside")
    assert asked(server) == [("GET", "aws-node"), ("PATCH", "aws-node"), ("PATCH", "aws-node")]
    selector = server.requests[-1].body["spec"]["template"]["spec"]["nodeSelector"]
    assert selector == {"io.cilium/aws-node-enabled": None}


def test_kube_proxy_comes_to_new_nodes_when_cilium_no_longer_replaces_it(
    server: FakeApiServer, update: Update
) -> None:
    back = patched(selector=False, name="kube-proxy")
    server.play(daemon_set(EXCLUDES, name="kube-proxy"), back, back, daemon_set(EXCLUDES))
    update(server, {"Strategy": "beside", "KeptOff": PROXY}, Strategy="beside")
    assert asked(server) == [
        ("GET", "kube-proxy"),
        ("PATCH", "kube-proxy"),
        ("PATCH", "kube-proxy"),
        ("GET", "aws-node"),
    ]


EXPRESSIONS = st.lists(
    st.fixed_dictionaries({"key": st.sampled_from(["a", "b"]), "operator": st.just("Exists")}), min_size=1
)
TERMS = st.lists(st.fixed_dictionaries({"matchExpressions": EXPRESSIONS}))


@given(TERMS)
def test_the_way_back_gives_the_affinity_from_before(terms: list[dict[str, Any]]) -> None:
    with loaded("aws_node_removal") as code:
        excluding, including = code.beside.excluding, code.beside.including
        assert including(excluding(terms)) == terms
        assert excluding(excluding(terms)) == excluding(terms)
        assert all(EXCLUDES in term["matchExpressions"] for term in excluding(terms))


def test_the_label_is_the_constructs(code: SimpleNamespace) -> None:
    from cdk_eks_cilium.migration import NEW_NODES

    assert code.beside.NEW_NODES == NEW_NODES == LABEL
