from __future__ import annotations

from typing import Any

import pytest

from rehearsal.kubernetes import Identity
from rehearsal.kubernetes.authorization import RBAC, Attempt, Authorizer
from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.store import ObjectKey, Store

ANN = Identity("ann", frozenset({"ops"}))


def authorizer(rule: dict[str, Any], subject: dict[str, Any], *, cluster_wide: bool = False) -> Authorizer:
    """One rule, bound to one subject: in namespace team, or everywhere."""
    store = Store()
    kind, plural, binding, home = "Role", "roles", "rolebindings", "team"
    if cluster_wide:
        kind, plural, binding, home = "ClusterRole", "clusterroles", "clusterrolebindings", ""
    metadata = {"metadata": {"namespace": home}}
    store.create(ObjectKey(RBAC, plural, home, "r"), {"rules": [rule], **metadata})
    reference = {"kind": kind, "name": "r"}
    store.create(
        ObjectKey(RBAC, binding, home, "b"), {"roleRef": reference, "subjects": [subject], **metadata}
    )
    return Authorizer(store)


READ = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
GET_POD = Attempt("get", "", "pods", "team", "one")


@pytest.mark.parametrize(
    ("subject", "identity", "allowed"),
    [
        ({"kind": "User", "name": "ann"}, ANN, True),
        ({"kind": "User", "name": "bob"}, ANN, False),
        ({"kind": "Group", "name": "ops"}, ANN, True),
        ({"kind": "Group", "name": "ann"}, ANN, False),
        ({"kind": "Group", "name": "system:authenticated"}, ANN, True),
        ({"kind": "ServiceAccount", "name": "ci"}, Identity("system:serviceaccount:team:ci"), True),
        ({"kind": "ServiceAccount", "name": "ci", "namespace": "other"}, Identity("ci"), False),
    ],
)
def test_a_binding_reaches_its_subject_only(
    subject: dict[str, Any], identity: Identity, allowed: bool
) -> None:
    assert authorizer(READ, subject).allows(identity, GET_POD) is allowed


def test_a_role_ends_at_its_namespace_and_a_cluster_role_does_not() -> None:
    elsewhere = Attempt("get", "", "pods", "other", "one")
    subject = {"kind": "User", "name": "ann"}
    assert not authorizer(READ, subject).allows(ANN, elsewhere)
    assert authorizer(READ, subject, cluster_wide=True).allows(ANN, elsewhere)


@pytest.mark.parametrize(
    ("rule", "attempt", "allowed"),
    [
        (READ, Attempt("delete", "", "pods", "team", "one"), False),
        (READ, Attempt("get", "apps", "pods", "team", "one"), False),
        (READ, Attempt("get", "", "pods/log", "team", "one"), False),
        (READ | {"resources": ["pods/log"]}, Attempt("get", "", "pods/log", "team", "one"), True),
        (READ | {"resources": ["*"], "verbs": ["*"]}, Attempt("patch", "", "secrets", "team", "x"), True),
        (READ | {"resourceNames": ["one"]}, GET_POD, True),
        (READ | {"resourceNames": ["one"]}, Attempt("get", "", "pods", "team", "two"), False),
        (
            READ | {"resourceNames": ["one"], "verbs": ["create"]},
            Attempt("create", "", "pods", "team", "one"),
            False,
        ),
    ],
)
def test_a_rule_grants_what_it_names(rule: dict[str, Any], attempt: Attempt, allowed: bool) -> None:
    assert authorizer(rule, {"kind": "User", "name": "ann"}).allows(ANN, attempt) is allowed


def test_administrators_need_no_rule() -> None:
    for identity in (Identity("root", cluster_admin=True), Identity("root", frozenset({"system:masters"}))):
        assert Authorizer(Store()).allows(identity, GET_POD)


def test_a_refusal_at_the_cluster_scope_says_so() -> None:
    with pytest.raises(
        ApiError, match='User "ann" cannot list resource "nodes" in API group "" at the cluster'
    ):
        Authorizer(Store()).require(ANN, Attempt("list", "", "nodes"))
