"""Who may do what: built-in roles, grants, impersonation, reviews, and paths without objects."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from rehearsal.kubernetes import Identity, KubernetesCluster
from rehearsal.kubernetes.authorization import RBAC, Authorizer
from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.escalation import Escalation
from rehearsal.kubernetes.resources import BUILT_IN
from rehearsal.kubernetes.store import ObjectKey, Store
from tests.rehearsal.kubernetes.test_server import MAPS, call, opened

ROLE = next(each for each in BUILT_IN if each.kind == "Role")
BINDING = next(each for each in BUILT_IN if each.kind == "RoleBinding")
ANN = Identity("ann")
READ: dict[str, Any] = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}


def store_where_ann_has(*rules: dict[str, Any]) -> Store:
    store = Store()
    metadata = {"namespace": "team"}
    store.create(ObjectKey(RBAC, "roles", "team", "hers"), {"metadata": metadata, "rules": list(rules)})
    binding = {
        "metadata": metadata,
        "roleRef": {"kind": "Role", "name": "hers"},
        "subjects": [{"kind": "User", "name": "ann"}],
    }
    store.create(ObjectKey(RBAC, "rolebindings", "team", "hers"), binding)
    return store


def refusal(store: Store, rule: dict[str, Any]) -> str:
    role = {"metadata": {"name": "new", "namespace": "team"}, "rules": [rule]}
    try:
        Escalation(Authorizer(store)).check(ANN, ROLE, role, None)
    except ApiError as refused:
        return refused.message.rpartition("\n")[2]
    return ""


@pytest.mark.parametrize(
    ("wanted", "missing"),
    [
        (READ, ""),
        (READ | {"verbs": ["get"]}, ""),
        (READ | {"resourceNames": ["one"]}, ""),
        (READ | {"verbs": ["get", "delete"]}, '{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}'),
        (READ | {"resources": ["*"]}, '{APIGroups:[""], Resources:["*"], Verbs:["get" "list"]}'),
        ({"nonResourceURLs": ["/x"], "verbs": ["get"]}, '{NonResourceURLs:["/x"], Verbs:["get"]}'),
    ],
)
def test_a_role_grants_what_its_writer_has(wanted: dict[str, Any], missing: str) -> None:
    assert refusal(store_where_ann_has(READ), wanted) == missing


@pytest.mark.parametrize(
    "held",
    [
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
        {"apiGroups": [RBAC], "resources": ["roles"], "verbs": ["escalate"]},
    ],
)
def test_somebody_who_has_all_or_may_escalate_grants_anything(held: dict[str, Any]) -> None:
    assert refusal(store_where_ann_has(held), READ) == ""


def test_a_rule_with_names_does_not_cover_one_without() -> None:
    assert refusal(store_where_ann_has(READ | {"resourceNames": ["one"]}), READ) != ""


def test_a_binding_to_a_missing_role_needs_the_right_to_bind() -> None:
    binding = {
        "metadata": {"name": "new", "namespace": "team"},
        "roleRef": {"kind": "ClusterRole", "name": "missing"},
    }
    with pytest.raises(ApiError, match=r'rolebindings.* "missing" not found') as refused:
        Escalation(Authorizer(store_where_ann_has(READ))).check(ANN, BINDING, binding, None)
    assert refused.value.code == 404
    bind = {"apiGroups": [RBAC], "resources": ["clusterroles"], "verbs": ["bind"]}
    Escalation(Authorizer(store_where_ann_has(bind))).check(ANN, BINDING, binding, None)


def test_a_change_of_owners_alone_is_not_a_grant() -> None:
    old = {"metadata": {"name": "new", "namespace": "team", "finalizers": ["x"]}, "rules": [READ]}
    new = {"metadata": {"name": "new", "namespace": "team"}, "rules": [READ]}
    escalation = Escalation(Authorizer(store_where_ann_has()))
    escalation.check(ANN, ROLE, new, old)
    with pytest.raises(ApiError, match="attempting to grant"):
        escalation.check(ANN, ROLE, new | {"rules": [READ, READ]}, old)


def test_an_aggregated_role_follows_the_roles_that_it_selects(cluster: KubernetesCluster) -> None:
    path = f"/apis/{RBAC}/v1/clusterroles"
    rule = {"apiGroups": ["example.org"], "resources": ["gadgets"], "verbs": ["get"]}
    labels = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
    call(cluster, "POST", path, {"metadata": {"name": "gadgets", "labels": labels}, "rules": [rule]})
    for name in ("view", "edit", "admin"):
        assert rule in call(cluster, "GET", f"{path}/{name}")[1]["rules"]
    call(cluster, "DELETE", f"{path}/gadgets")
    assert rule not in call(cluster, "GET", f"{path}/view")[1]["rules"]


def as_(cluster: KubernetesCluster, path: str, token: str, *headers: tuple[str, str]) -> tuple[int, Any]:
    request = urllib.request.Request(cluster.endpoint + path, headers={"Authorization": f"Bearer {token}"})
    for name, value in headers:
        request.add_header(name, value)
    try:
        with opened(cluster, request) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_an_administrator_is_answered_as_the_user_that_it_names(cluster: KubernetesCluster) -> None:
    status, answer = as_(cluster, MAPS, "admin", ("Impersonate-User", "jane"))
    assert (status, answer["message"].startswith('configmaps is forbidden: User "jane" cannot list')) == (
        403,
        True,
    )
    masters = ("Impersonate-Group", "system:masters")
    assert as_(cluster, MAPS, "admin", ("Impersonate-User", "jane"), masters)[0] == 200


def test_nobody_else_is_somebody_else(cluster: KubernetesCluster) -> None:
    status, answer = as_(cluster, MAPS, "guest", ("Impersonate-User", "admin"))
    assert (status, 'cannot impersonate resource "users"' in answer["message"]) == (403, True)


def test_a_path_without_objects_needs_a_rule_for_it(cluster: KubernetesCluster) -> None:
    status, answer = call(cluster, "GET", "/metrics", token="guest")
    assert (status, answer["message"]) == (403, 'forbidden: User "guest" cannot get path "/metrics"')
    assert call(cluster, "GET", "/apis", token="guest")[0] == 200
    assert call(cluster, "GET", "/metrics")[0] == 404


def test_a_verb_that_a_type_does_not_take_is_refused_after_the_rights(cluster: KubernetesCluster) -> None:
    assert call(cluster, "DELETE", "/api/v1/namespaces", token="guest")[0] == 403
    assert call(cluster, "DELETE", "/api/v1/namespaces")[0] == 405
    assert call(cluster, "PUT", MAPS, {})[0] == 405


def test_aggregated_discovery_says_so_in_its_content_type(cluster: KubernetesCluster) -> None:
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
    headers = {"Authorization": "Bearer guest", "Accept": accept}
    with opened(cluster, urllib.request.Request(f"{cluster.endpoint}/apis", headers=headers)) as answer:
        assert answer.headers["Content-Type"].endswith("v=v2;as=APIGroupDiscoveryList")
        groups = {each["metadata"]["name"]: each for each in json.loads(answer.read())["items"]}
    (apps,) = groups["apps"]["versions"]
    deployments = next(each for each in apps["resources"] if each["resource"] == "deployments")
    scale = next(each for each in deployments["subresources"] if each["subresource"] == "scale")
    assert scale["responseKind"] == {"group": "autoscaling", "version": "v1", "kind": "Scale"}
