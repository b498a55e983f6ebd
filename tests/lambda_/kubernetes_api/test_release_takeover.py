"""The takeover of a release against an API that enforces the rights that `ReleaseTakeover` ships."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from cdk_eks_cilium.cluster.release_takeover import takeover_rights
from tests.lambda_.conftest import FakeTime, call_handler, loaded
from tests.lambda_.kubernetes_api.client import MERGE_PATCH
from tests.lambda_.kubernetes_api.function import Function, may
from tests.lambda_.kubernetes_api.kinds import KubernetesApi
from tests.lambda_.release_takeover.conftest import MARKS, PROPERTIES

CONFIG = "/api/v1/namespaces/kube-system/configmaps/cilium-config"
ROLE = "/apis/rbac.authorization.k8s.io/v1/clusterroles/cilium"


@pytest.fixture
def code() -> Iterator[SimpleNamespace]:
    """The modules of the function."""
    with loaded("release_takeover") as modules:
        yield modules


@pytest.fixture
def objects(api: KubernetesApi) -> Iterator[None]:
    """Takes the objects of the release away."""
    yield
    api.remove(CONFIG)
    api.remove(ROLE)


def manifest(path: str, **more: Any) -> dict[str, Any]:
    core = path == CONFIG
    return {
        "apiVersion": "v1" if core else "rbac.authorization.k8s.io/v1",
        "kind": "ConfigMap" if core else "ClusterRole",
        "metadata": {"name": path.rpartition("/")[2], "annotations": MARKS},
        **more,
    }


def apply(api: KubernetesApi, path: str, **more: Any) -> int:
    """Apply as Helm 4 does; the status."""
    query = "?fieldManager=helm&force=false"
    body = manifest(path, **more)
    return api.administrator.ask(
        "PATCH", path + query, body, content_type="application/apply-patch+yaml"
    ).status


def edit(api: KubernetesApi, path: str, **more: Any) -> None:
    """Change an object as a person does."""
    reply = api.administrator.ask(
        "PATCH", f"{path}?fieldManager=kubectl-edit", more, content_type=MERGE_PATCH
    )
    assert reply.ok, reply


def take_back(api: KubernetesApi, function: Function, code: SimpleNamespace) -> str:
    function.grant_rights(takeover_rights(function.name, function.group))
    types = {
        "Types": ["v1/configmaps", "apps/v1/daemonsets", "monitoring.coreos.com/v1/servicemonitors"],
        "Named": ["v1/configmaps/cilium-config", "v1/secrets/cilium-ca"],
    }
    pem = api.server.certificate_authority_pem.encode()
    address = {
        "Endpoint": api.server.endpoint,
        "CertificateAuthorityData": base64.b64encode(pem).decode(),
    }
    event = {"RequestType": "Update", "PhysicalResourceId": "x"}
    event["ResourceProperties"] = {**PROPERTIES, **types, **address}  # type: ignore[assignment]
    text: str = call_handler(code, event, 60.0, FakeTime())["Data"]["TakenBack"]
    return text


@pytest.mark.usefixtures("objects")
def test_after_the_takeover_helm_applies_without_a_conflict(
    api: KubernetesApi, function: Function, code: SimpleNamespace
) -> None:
    assert apply(api, CONFIG, data={"a": "1"}) == 201
    edit(api, CONFIG, data={"a": "mine", "added": "mine"})
    assert apply(api, CONFIG, data={"a": "2"}) == 409
    assert ".data.a, .data.added by kubectl-edit" in take_back(api, function, code)
    assert apply(api, CONFIG, data={"a": "2"}) == 200
    found = api.administrator.get(CONFIG)
    assert found is not None
    assert found["data"] == {"a": "2"}


@pytest.mark.usefixtures("objects")
def test_the_rights_reach_a_role_with_more_rights_than_the_function(
    api: KubernetesApi, function: Function, code: SimpleNamespace
) -> None:
    rule = {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}
    assert apply(api, ROLE, rules=[rule]) == 201
    edit(api, ROLE, rules=[{**rule, "verbs": ["*"]}])
    assert "ClusterRole cilium: .rules by kubectl-edit" in take_back(api, function, code)
    assert apply(api, ROLE, rules=[rule]) == 200


@pytest.mark.usefixtures("objects")
def test_the_takeover_changes_no_value(api: KubernetesApi, function: Function, code: SimpleNamespace) -> None:
    apply(api, CONFIG, data={"a": "1"})
    edit(api, CONFIG, data={"a": "mine"})
    take_back(api, function, code)
    found = api.administrator.get(CONFIG)
    assert found is not None
    assert found["data"] == {"a": "mine"}


@pytest.mark.parametrize(
    ("verb", "group", "resource"),
    [
        ("create", "", "configmaps"),
        ("delete", "apps", "daemonsets"),
        ("update", "apps", "daemonsets"),
        ("list", "", "secrets"),
        ("patch", "", "nodes"),
        ("escalate", "rbac.authorization.k8s.io", "clusterroles"),
    ],
)
def test_the_function_may_do_no_more(
    verb: str, group: str, resource: str, api: KubernetesApi, function: Function
) -> None:
    function.grant_rights(takeover_rights(function.name, function.group))
    assert not may(function.client, verb, group, resource, "kube-system", "")
