from __future__ import annotations

import base64
import json
import logging
from types import SimpleNamespace
from typing import Any

import pytest
import trustme

from tests.lambda_.conftest import FakeTime, Serve
from tests.lambda_.fake_api_server import FakeApiServer, Reply, failure
from tests.lambda_.release_takeover.conftest import (
    DAEMON_SETS,
    ROLES,
    SYSTEM,
    ReleaseServer,
    entry,
    helm,
)

CONFIG = f"{SYSTEM}/cilium-config"
OWN: dict[str, Any] = {"f:data": {"f:a": {}}}
PATCHED = entry("kubectl-patch", {"f:data": {"f:b": {}}})


def told(result: dict[str, Any]) -> str:
    text: str = result["Data"]["TakenBack"]
    return text


def patched(api: ReleaseServer) -> list[str]:
    return [request.path for request in api.requests if request.method == "PATCH"]


def test_a_change_by_hand_is_taken_back_and_told(api: ReleaseServer, serve: Serve) -> None:
    api.put(CONFIG, helm(OWN), PATCHED)
    result = serve(api)
    assert result["PhysicalResourceId"] == "release-takeover/demo/cilium"
    assert told(result) == "ConfigMap cilium-config: .data.b by kubectl-patch at 2026-11-28T10:00:00Z"
    assert api.managers(CONFIG) == [helm({"f:data": {"f:a": {}, "f:b": {}}})]


def test_a_create_takes_back_too(api: ReleaseServer, serve: Serve) -> None:
    api.put(CONFIG, helm(OWN), PATCHED)
    assert "kubectl-patch" in told(serve(api, "Create"))


def test_without_changes_by_hand_nothing_is_patched(api: ReleaseServer, serve: Serve) -> None:
    api.put(CONFIG, helm(OWN))
    assert told(serve(api)) == "nothing"
    assert patched(api) == []


def test_a_delete_asks_nothing(api: ReleaseServer, serve: Serve) -> None:
    api.put(CONFIG, helm(OWN), PATCHED)
    serve(api, "Delete")
    assert api.requests == []


def test_what_is_not_of_the_release_stays(api: ReleaseServer, serve: Serve) -> None:
    api.put(CONFIG, helm(OWN))
    other = {"meta.helm.sh/release-name": "other", "meta.helm.sh/release-namespace": "kube-system"}
    api.put(f"{SYSTEM}/other", helm(OWN), PATCHED, marks=other)
    api.put(f"{SYSTEM}/coredns", PATCHED, marks=None)
    assert told(serve(api)) == "nothing"
    assert patched(api) == []


def test_clusterwide_and_other_namespaces_objects_are_found(api: ReleaseServer, serve: Serve) -> None:
    role = "/apis/rbac.authorization.k8s.io/v1/namespaces/cilium-secrets/roles/cilium-secrets"
    edited = entry("kubectl-edit", {"f:rules": {}})
    api.put(f"{ROLES}/cilium", helm(OWN), edited)
    api.put(role, helm(OWN), edited)
    serve(api)
    assert patched(api) == [f"{ROLES}/cilium", role]


def test_the_configuration_that_somebody_made_anew_is_found_without_marks(
    api: ReleaseServer, serve: Serve
) -> None:
    api.put(f"{DAEMON_SETS}/cilium", helm(OWN, "apps/v1"))
    api.put(CONFIG, entry("kubectl-create", OWN), marks=None)
    assert told(serve(api)) == "ConfigMap cilium-config: .data.a by kubectl-create at 2026-11-28T10:00:00Z"


def test_a_named_secret_is_asked_for_by_its_name(api: ReleaseServer, serve: Serve) -> None:
    secret = "/api/v1/namespaces/kube-system/secrets/cilium-ca"
    api.put(CONFIG, helm(OWN))
    api.put(secret, helm(OWN), PATCHED)
    serve(api)
    assert patched(api) == [secret]
    assert not [r for r in api.requests if r.path.rpartition("/")[2].startswith("secrets")]


def test_before_the_first_release_others_objects_stay(api: ReleaseServer, serve: Serve) -> None:
    api.put(CONFIG, PATCHED, marks=None)
    assert told(serve(api, "Create")) == "nothing"
    assert patched(api) == []


def test_a_release_that_helm_3_applies_needs_nothing(api: ReleaseServer, serve: Serve) -> None:
    api.put(CONFIG, entry("helm", OWN), PATCHED)
    assert told(serve(api)) == "nothing"
    assert patched(api) == []


def test_what_somebody_changes_meanwhile_is_read_anew(api: ReleaseServer, serve: Serve) -> None:
    api.put(CONFIG, helm(OWN), PATCHED)

    def once() -> None:
        api.before_patch = lambda: None
        api.managers(CONFIG).append(entry("kubectl-edit", {"f:data": {"f:c": {}}}))
        api.touch(CONFIG)

    api.before_patch = once
    assert ".data.c by kubectl-edit" in told(serve(api))
    assert api.managers(CONFIG) == [helm({"f:data": {"f:a": {}, "f:b": {}, "f:c": {}}})]


def test_what_somebody_deletes_meanwhile_is_gone(api: ReleaseServer, serve: Serve) -> None:
    api.put(CONFIG, helm(OWN), PATCHED)

    def gone() -> None:
        api.objects.pop(CONFIG, None)

    api.before_patch = gone
    assert told(serve(api)) == "nothing"


PASSING = [
    pytest.param(failure(409, "modified"), id="409"),
    pytest.param(failure(429, "slow down", Retry_After="2"), id="429"),
    pytest.param(failure(500, "etcd"), id="500"),
    pytest.param(failure(503, "starting"), id="503"),
    pytest.param(Reply(body=b"{not json"), id="malformed"),
    pytest.param(Reply(body={"kind": "x"}, manner="cut"), id="half-closed"),
    pytest.param(Reply(manner="drop"), id="dropped"),
    pytest.param(Reply(manner="reset"), id="reset"),
    pytest.param(Reply(manner="hang"), id="silent"),
]


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_what_passes_is_waited_out(method: str, fault: Reply, api: ReleaseServer, serve: Serve) -> None:
    api.put(CONFIG, helm(OWN), PATCHED)
    api.faults = [(method, "", fault)]
    serve(api)
    assert api.managers(CONFIG) == [helm({"f:data": {"f:a": {}, "f:b": {}}})]


def test_rights_that_come_late_are_waited_for(api: ReleaseServer, serve: Serve, fake_time: FakeTime) -> None:
    api.put(CONFIG, helm(OWN), PATCHED)
    api.faults = [("GET", "", failure(403, 'User "x" cannot list resource "configmaps"'))] * 3
    assert "kubectl-patch" in told(serve(api))
    assert len(fake_time.slept) == 3


def test_an_object_that_may_not_be_patched_is_told_and_the_rest_is_taken(
    api: ReleaseServer, serve: Serve
) -> None:
    api.put(f"{DAEMON_SETS}/cilium", helm(OWN, "apps/v1"), entry("kubectl-edit", OWN, version="apps/v1"))
    api.put(CONFIG, helm(OWN), PATCHED)
    held = "user is attempting to grant RBAC permissions not currently held"
    api.faults = [("PATCH", "cilium-config", failure(403, held))]
    text = told(serve(api))
    assert f"ConfigMap cilium-config: left as it is, 403 ({held})" in text
    assert "DaemonSet cilium: .data.a by kubectl-edit" in text


def test_a_server_that_never_answers_does_not_fail_the_request(
    late_server: FakeApiServer, serve: Serve, fake_time: FakeTime
) -> None:
    text = told(serve(late_server, seconds=600))
    assert text.startswith("not everything was looked at: ")
    assert "let the function reach" in text
    assert sum(fake_time.slept) <= 120


def test_another_authority_is_not_trusted_and_does_not_fail_the_request(
    api: ReleaseServer, serve: Serve
) -> None:
    stranger = base64.b64encode(trustme.CA().cert_pem.bytes()).decode()
    text = told(serve(api, CertificateAuthorityData=stranger))
    assert "must prove that it is the cluster's API server" in text


def test_wrong_properties_are_refused_together(
    api: ReleaseServer, serve: Serve, code: SimpleNamespace
) -> None:
    with pytest.raises(code.errors.PermanentError) as caught:
        serve(api, Release="", Types=["daemonsets"], Named="x", Namespace="Upper")
    assert str(caught.value).splitlines() == [
        "Release: must be a Helm release's name, got ''; pass one like 'cilium'",
        "Namespace: must be a namespace's name, got 'Upper'; pass one like 'kube-system'",
        "Types: must be a list of texts as 'apps/v1/daemonsets', got 'daemonsets'; synthesize it anew",
        "Named: must be a list of texts as 'v1/configmaps/cilium-config', got 'x'; synthesize it anew",
    ]


def test_an_answer_of_many_objects_is_short(api: ReleaseServer, serve: Serve) -> None:
    for number in range(200):
        api.put(f"{SYSTEM}/config-{number}", helm(OWN), PATCHED)
    result = serve(api, seconds=600)
    assert len(patched(api)) == 200
    # CloudFormation takes 4096 bytes.
    assert len(json.dumps(result)) < 2000


def test_values_are_neither_told_nor_logged(
    api: ReleaseServer, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.put(CONFIG, helm(OWN), PATCHED)["data"] = {"b": "a-secret-value"}
    result = serve(api)
    assert "a-secret-value" not in caplog.text + told(result)
    assert "k8s-aws-v1" not in caplog.text


def test_lists_of_several_pages_are_read_to_their_end(
    api: ReleaseServer, serve: Serve, code: SimpleNamespace
) -> None:
    first = api.put(CONFIG, helm(OWN), PATCHED)
    api.put(f"{SYSTEM}/last", helm(OWN), PATCHED)
    page = {"kind": "ConfigMapList", "apiVersion": "v1", "metadata": {"continue": "2"}, "items": [first]}
    api.faults = [("GET", "configmaps", Reply(body=page)), ("GET", "continue=2", failure(410, "too old"))]
    serve(api)
    assert sorted(set(patched(api))) == [CONFIG, f"{SYSTEM}/last"]
