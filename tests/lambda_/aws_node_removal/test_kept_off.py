from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from tests.lambda_.conftest import Run, Update
from tests.lambda_.fake_api_server import GONE, FakeApiServer, deleted, failure, patched

PROXY = '["kube-proxy"]'
PATH = "/apis/apps/v1/namespaces/kube-system/daemonsets"
ASIDE = patched(name="kube-proxy")
BACK = patched(selector=False, name="kube-proxy")


def asked(server: FakeApiServer) -> list[tuple[str, str]]:
    return [(request.method, request.path.removeprefix(f"{PATH}/")) for request in server.requests]


def selector_in(body: Any) -> object:
    return body["spec"]["template"]["spec"]["nodeSelector"]


def test_kube_proxy_is_patched_after_aws_node_is_removed(server: FakeApiServer, run: Run) -> None:
    server.play(deleted(), GONE, ASIDE)
    data = run(server, KeptOff=PROXY)["Data"]
    assert data == {"Removed": "aws-node", "Patched": "kube-proxy", "AlreadyGone": ""}
    assert asked(server) == [("DELETE", "aws-node"), ("GET", "aws-node"), ("PATCH", "kube-proxy")]
    assert selector_in(server.requests[-1].body) == {"io.cilium/kube-proxy-enabled": "true"}


def test_the_strategy_patch_patches_both_daemon_sets(server: FakeApiServer, run: Run) -> None:
    server.play(patched(), ASIDE)
    data = run(server, Strategy="patch", KeptOff=PROXY)["Data"]
    assert data == {"Patched": "aws-node,kube-proxy", "AlreadyGone": ""}


def test_a_missing_kube_proxy_is_a_success_with_a_note(server: FakeApiServer, run: Run) -> None:
    server.play(GONE)
    data = run(server, KeptOff=PROXY)["Data"]
    assert data["AlreadyGone"] == "aws-node,kube-proxy"
    assert data["Note"] == "nothing to patch: kube-proxy is not there; an EKS add-on brings it back"


def test_a_failed_create_takes_its_patch_of_kube_proxy_back(
    server: FakeApiServer, run: Run, code: SimpleNamespace
) -> None:
    server.play(deleted(), GONE, patched(name="kube-proxy", leaving=1))
    with pytest.raises(code.errors.DeadlineError, match="kube-proxy of cluster demo: must run on no node"):
        run(server, "create", KeptOff=PROXY)
    assert asked(server)[-1] == ("PATCH", "kube-proxy")
    assert selector_in(server.requests[-1].body) == {"io.cilium/kube-proxy-enabled": None}


def test_a_create_that_fails_before_the_patch_leaves_kube_proxy_alone(
    server: FakeApiServer, run: Run, code: SimpleNamespace
) -> None:
    server.play(failure(422, "no"))
    with pytest.raises(code.errors.PermanentError):
        run(server, "create", KeptOff=PROXY)
    assert asked(server) == [("DELETE", "aws-node")]


def test_an_update_without_kept_off_brings_kube_proxy_back_first(
    server: FakeApiServer, update: Update
) -> None:
    server.play(BACK, GONE)
    update(server, {"KeptOff": PROXY})
    assert asked(server) == [("PATCH", "kube-proxy"), ("DELETE", "aws-node")]
    assert selector_in(server.requests[0].body) == {"io.cilium/kube-proxy-enabled": None}


def test_an_update_with_the_same_kept_off_patches_kube_proxy_again(
    server: FakeApiServer, update: Update
) -> None:
    server.play(GONE, ASIDE)
    update(server, {"KeptOff": PROXY}, KeptOff=PROXY)
    assert asked(server) == [("DELETE", "aws-node"), ("PATCH", "kube-proxy")]


def test_a_daemon_set_that_an_update_removes_is_not_brought_back_first(
    server: FakeApiServer, update: Update
) -> None:
    server.play(GONE)
    update(server, {"KeptOff": PROXY}, DaemonSets='["aws-node", "kube-proxy"]')
    assert asked(server) == [("DELETE", "aws-node"), ("DELETE", "kube-proxy")]


@pytest.mark.parametrize("old", [None, {}, {"KeptOff": "nonsense"}, {"KeptOff": 3}, "text"])
def test_missing_or_invalid_former_properties_bring_nothing_back(
    old: object, server: FakeApiServer, update: Update
) -> None:
    server.play(GONE)
    update(server, old)
    assert asked(server) == [("DELETE", "aws-node")]


def test_a_delete_brings_kube_proxy_back_and_leaves_aws_node_removed(server: FakeApiServer, run: Run) -> None:
    server.play(BACK)
    run(server, "delete", KeptOff=PROXY)
    assert asked(server) == [("PATCH", "kube-proxy")]
    assert selector_in(server.requests[0].body) == {"io.cilium/kube-proxy-enabled": None}


def test_a_delete_that_cannot_bring_kube_proxy_back_succeeds_and_logs_the_command(
    server: FakeApiServer, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    server.play(failure(403, "no"))
    assert run(server, "delete", KeptOff=PROXY) == {"PhysicalResourceId": "aws-node-removal/demo"}
    assert "kubectl -n kube-system patch daemonset kube-proxy --type=json" in caplog.text
    assert "/spec/template/spec/nodeSelector/io.cilium~1kube-proxy-enabled" in caplog.text


def test_invalid_names_are_refused(server: FakeApiServer, run: Run, code: SimpleNamespace) -> None:
    with pytest.raises(code.errors.PermanentError) as caught:
        run(server, KeptOff='["kube proxy"]')
    assert str(caught.value) == (
        "KeptOff: must be names of DaemonSets in kube-system, as a list or as a JSON list, got 'kube proxy'; "
        "pass one like '[\"kube-proxy\"]', or leave it out for none"
    )
