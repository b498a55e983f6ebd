"""The strategy ``patch`` against an API that enforces the rights we ship."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.lambda_.kubernetes_api.cases import CASES
from tests.lambda_.kubernetes_api.daemon_set_controller import DaemonSetController
from tests.lambda_.kubernetes_api.function import Function
from tests.lambda_.kubernetes_api.kinds import KubernetesApi
from tests.lambda_.kubernetes_api.objects import daemon_set, daemon_set_path, node

PATCH, REMOVE = CASES["patch"], CASES["remove"]
AWS_NODE = daemon_set_path("aws-node")
SELECTOR = "io.cilium/aws-node-enabled"
AWAY = {"Patched": "aws-node", "AlreadyGone": ""}


def pod_of(api: KubernetesApi, name: str = "aws-node") -> Any:
    """The part of the DaemonSet that says where its pods may be."""
    found = api.administrator.get(daemon_set_path(name))
    assert found is not None
    return found["spec"]["template"]["spec"]


def with_controller(api: KubernetesApi, function: Function, *labels: dict[str, str]) -> DaemonSetController:
    """aws-node on a node for each of *labels*, and its controller, which takes a step at each pause."""
    api.apply(daemon_set(), *[node(f"node-{number}", each) for number, each in enumerate(labels)])
    controller = DaemonSetController(api.administrator)
    controller.step()
    function.on_pause = controller.step
    return controller


def test_the_selector_is_set_and_waited_for(api: KubernetesApi, function: Function) -> None:
    with_controller(api, function, {}, {})
    function.grant(PATCH)
    assert function.call("create", PATCH)["Data"] == AWAY
    assert pod_of(api)["nodeSelector"] == {SELECTOR: "true"}
    # One step until the controller has seen it, and one until the pods have left.
    assert function.pauses == 2


def test_a_selector_of_somebody_else_stays(api: KubernetesApi, function: Function) -> None:
    with_controller(api, function)
    mine = {"example.com/pool": "blue"}
    api.administrator.merge(AWS_NODE, {"spec": {"template": {"spec": {"nodeSelector": mine}}}})
    function.grant(PATCH)
    function.call("create", PATCH)
    function.call("delete", PATCH)
    assert pod_of(api)["nodeSelector"] == mine


def test_a_delete_takes_the_selector_off(api: KubernetesApi, function: Function) -> None:
    with_controller(api, function, {})
    function.grant(PATCH)
    function.call("create", PATCH)
    function.call("delete", PATCH)
    assert not pod_of(api).get("nodeSelector")


def test_a_repeated_patch_changes_nothing(api: KubernetesApi, function: Function) -> None:
    with_controller(api, function, {})
    function.grant(PATCH)
    function.call("create", PATCH)
    before = api.administrator.get(AWS_NODE)
    assert function.call("create", PATCH)["Data"] == AWAY
    assert api.administrator.get(AWS_NODE) == before


def test_an_absent_daemon_set_is_nothing_to_patch(api: KubernetesApi, function: Function) -> None:
    function.grant(PATCH)
    data = function.call("create", PATCH)["Data"]
    assert (data["Patched"], data["AlreadyGone"]) == ("", "aws-node")


def test_a_failed_create_takes_its_selector_off(
    api: KubernetesApi, function: Function, code: SimpleNamespace
) -> None:
    with_controller(api, function, {SELECTOR: "true"})
    function.grant(PATCH)
    with pytest.raises(code.errors.DeadlineError, match=f"1 nodes carry the label {SELECTOR}=true"):
        function.call("create", PATCH, hurried=True)
    assert not pod_of(api).get("nodeSelector")


def test_a_delete_after_a_failed_create_succeeds(
    api: KubernetesApi, function: Function, code: SimpleNamespace
) -> None:
    with_controller(api, function, {SELECTOR: "true"})
    function.grant(PATCH)
    with pytest.raises(code.errors.DeadlineError):
        function.call("create", PATCH, hurried=True)
    assert function.call("delete", PATCH) == {"PhysicalResourceId": "aws-node-removal/demo"}


def test_a_late_update_after_the_delete_sets_it_again(api: KubernetesApi, function: Function) -> None:
    with_controller(api, function, {})
    function.grant(PATCH)
    for request_type in ("create", "delete", "update"):
        function.call(request_type, PATCH)
    assert pod_of(api)["nodeSelector"] == {SELECTOR: "true"}


def test_a_switch_needs_the_rights_of_the_strategy_that_it_switches_to(
    api: KubernetesApi, function: Function, code: SimpleNamespace
) -> None:
    with_controller(api, function, {})
    function.grant(PATCH)
    function.call("create", PATCH)
    with pytest.raises(code.errors.DeadlineError, match="DELETE got 403"):
        function.call("update", REMOVE, hurried=True)


def test_kube_proxy_is_kept_off_and_brought_back_with_the_rights_of_before(
    api: KubernetesApi, function: Function
) -> None:
    """CloudFormation deletes the manifest of those rights after the update that turns it on again."""
    api.apply(daemon_set("kube-proxy"), node("node-0", {}))
    controller = DaemonSetController(api.administrator, "kube-proxy")
    controller.step()
    function.on_pause = controller.step
    kept_off = CASES["remove-without-kube-proxy"]
    function.grant(kept_off)
    assert function.call("create", kept_off)["Data"]["Patched"] == "kube-proxy"
    assert pod_of(api, "kube-proxy")["nodeSelector"] == {"io.cilium/kube-proxy-enabled": "true"}
    function.call("update", REMOVE, old=kept_off)
    assert not pod_of(api, "kube-proxy").get("nodeSelector")
