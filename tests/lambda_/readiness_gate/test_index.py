"""The gate's function against an API that is healthy, sick, silent or hostile."""

from __future__ import annotations

import base64
from types import SimpleNamespace

import pytest
import trustme

from cdk_eks_cilium.cluster.readiness_gate import gate_rights
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.gate.checks import GATE_CHECKS
from cdk_eks_cilium.doctor.gate.requests import path_of, requests_of
from tests.lambda_.conftest import FakeTime, Serve
from tests.lambda_.fake_api_server import Reply, failure
from tests.lambda_.readiness_gate.conftest import ClusterServer


def break_dns(api: ClusterServer) -> None:
    for pod in api.world.all(kinds.PODS):
        if pod["metadata"].get("labels", {}).get("k8s-app") == "kube-dns":
            pod["status"]["conditions"] = [{"type": "Ready", "status": "False"}]


def take_prefixes(api: ClusterServer) -> None:
    for node in api.world.all(kinds.CILIUM_NODES):
        for interface in node["status"]["eni"]["enis"].values():
            interface.pop("prefixes", None)


def looks(api: ClusterServer) -> int:
    path = path_of(kinds.NODES)
    return sum(request.path.startswith(path) for request in api.requests)


def refused(serve: Serve, api: ClusterServer, code: SimpleNamespace, **more: object) -> str:
    with pytest.raises(code.errors.FunctionError) as caught:
        serve(api, **more)
    return str(caught.value)


def test_a_healthy_cluster_passes_after_three_looks_in_a_row(api: ClusterServer, serve: Serve) -> None:
    answer = serve(api)

    assert answer["Data"]["Verdict"].startswith("passed")
    assert answer["PhysicalResourceId"].startswith("readiness-gate/demo/")
    assert looks(api) == 3


def test_a_bad_look_begins_the_row_anew(api: ClusterServer, serve: Serve) -> None:
    api.faults = [failure(500, "etcd")]
    serve(api)
    assert looks(api) == 4


def test_it_asks_for_what_its_rights_allow_and_for_nothing_else(api: ClusterServer, serve: Serve) -> None:
    serve(api)
    allowed = {
        f"{manifest['metadata'].get('namespace', '')}:{group}/{plural}"
        for manifest in gate_rights("gate", "gates")
        for rule in manifest.get("rules", ())
        for group in rule["apiGroups"]
        for plural in rule["resources"]
        if rule["verbs"] == ["list"]
    }
    asked = {f"{each.namespace}:{each.group}/{each.plural}" for each in requests_of(GATE_CHECKS)}
    assert allowed == asked
    assert api.paths == {path_of(each) for each in requests_of(GATE_CHECKS)}
    assert {request.method for request in api.requests} == {"GET"}


def test_long_lists_are_read_page_by_page(api: ClusterServer, serve: Serve) -> None:
    api.page = 1
    assert serve(api)["Data"]["Verdict"].startswith("passed")


def test_the_reason_has_findings_evidence_and_the_first_command(
    api: ClusterServer, serve: Serve, code: SimpleNamespace, fake_time: FakeTime
) -> None:
    break_dns(api)

    text = refused(serve, api, code)

    assert text.startswith("the cluster demo is not ready after ")
    assert "coredns: no pod of CoreDNS is ready: no name resolves (Service kube-system/kube-dns:" in text
    assert "Fix: kubectl --namespace kube-system" in text
    assert 250 < fake_time.now() <= 301
    assert len(text) <= code.serving.TOLD


def test_what_no_time_heals_is_not_waited_for(
    api: ClusterServer, serve: Serve, code: SimpleNamespace, fake_time: FakeTime
) -> None:
    take_prefixes(api)

    text = refused(serve, api, code)

    assert "nodes-have-prefixes: 3 nodes of 3 without a prefix" in text
    assert looks(api) == 3
    assert fake_time.now() < 30


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (failure(401, "Unauthorized"), "give the function's role an access entry on cluster demo"),
        (failure(403, "cannot list resource"), "apply the gate's roles and bindings as the stack has them"),
        (failure(429, "too many", Retry_After="1"), "wait until the API server of cluster demo is healthy"),
        (failure(500, "etcd"), "wait until the API server of cluster demo is healthy"),
        (Reply(manner="hang"), "let the function reach localhost"),
        (Reply(manner="drop"), "let the function reach localhost"),
        (Reply(body=b"<html>"), "wait until the API server of cluster demo is healthy"),
    ],
)
def test_an_api_that_does_not_answer_is_unknown_and_shuts_the_gate(
    api: ClusterServer,
    serve: Serve,
    code: SimpleNamespace,
    fake_time: FakeTime,
    reply: Reply,
    words: str,
) -> None:
    api.faults, api.stuck = [reply], True

    text = refused(serve, api, code, Seconds="60")

    assert "unknown (" in text
    assert words in text
    assert fake_time.now() <= 75
    assert len(text) <= code.serving.TOLD


def test_another_server_than_the_clusters_fails_at_once(
    api: ClusterServer, serve: Serve, code: SimpleNamespace
) -> None:
    other = base64.b64encode(trustme.CA().cert_pem.bytes()).decode()
    text = refused(serve, api, code, CertificateAuthorityData=other)
    assert "must prove that it is the cluster's API server" in text


def test_a_cluster_without_nodes_does_not_pass(
    api: ClusterServer, serve: Serve, code: SimpleNamespace
) -> None:
    for kind in (kinds.NODES, kinds.CILIUM_NODES, kinds.PODS):
        api.world.things[kind] = []
    assert "coredns: no pod of CoreDNS is ready" in refused(serve, api, code, Seconds="20")


def test_an_update_judges_what_is_new(api: ClusterServer, serve: Serve, code: SimpleNamespace) -> None:
    before = serve(api)["PhysicalResourceId"]
    take_prefixes(api)
    assert "nodes-have-prefixes" in refused(
        serve, api, code, request_type="Update", known=before, NodeGroups=["lt-1 2"]
    )


def test_the_roll_back_of_a_failed_update_only_reports(
    api: ClusterServer, serve: Serve, code: SimpleNamespace
) -> None:
    before = serve(api)["PhysicalResourceId"]
    take_prefixes(api)
    refused(serve, api, code, request_type="Update", known=before, NodeGroups=["lt-1 2"])

    answer = serve(api, "Update", known=before)

    assert answer["PhysicalResourceId"] == before
    assert answer["Data"]["Verdict"].startswith("let through, as it has passed before\nnodes-have-prefixes:")


def test_the_roll_back_after_the_gate_has_passed_only_reports(api: ClusterServer, serve: Serve) -> None:
    before = serve(api)["PhysicalResourceId"]
    after = serve(api, "Update", known=before, NodeGroups=["lt-1 2"])["PhysicalResourceId"]
    take_prefixes(api)

    answer = serve(api, "Update", known=after)

    assert after != before
    assert "let through" in answer["Data"]["Verdict"]


def test_a_roll_back_goes_on_without_the_api(api: ClusterServer, serve: Serve) -> None:
    before = serve(api)["PhysicalResourceId"]
    api.faults, api.stuck = [Reply(manner="hang")], True
    assert "let through" in serve(api, "Update", known=before)["Data"]["Verdict"]


def test_what_passed_long_ago_is_judged_again(
    api: ClusterServer, serve: Serve, code: SimpleNamespace
) -> None:
    known = serve(api)["PhysicalResourceId"]
    for number in ("2", "3"):
        known = serve(api, "Update", known=known, NodeGroups=[f"lt-1 {number}"])["PhysicalResourceId"]
    take_prefixes(api)
    assert "nodes-have-prefixes" in refused(serve, api, code, request_type="Update", known=known)


def test_a_delete_asks_nothing_and_keeps_the_id(api: ClusterServer, serve: Serve) -> None:
    answer = serve(api, "Delete", known="readiness-gate/demo/0123456789ab")
    assert answer["PhysicalResourceId"] == "readiness-gate/demo/0123456789ab"
    assert api.requests == []


def test_wrong_properties_are_told_together(api: ClusterServer, serve: Serve, code: SimpleNamespace) -> None:
    text = refused(serve, api, code, Seconds="soon", Passes="0")
    assert "Seconds: must be 1 to 840, got 'soon'" in text
    assert "Passes: must be 1 to 10, got '0'" in text
