"""Sets of policies against an API that enforces the rights that `PolicySet` ships."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.policies.policy_set import policy_rights
from cdk_eks_cilium.policy import Policy
from cdk_eks_cilium.versions import CiliumVersion
from tests.lambda_.conftest import loaded
from tests.lambda_.kubernetes_api.function import may
from tests.lambda_.kubernetes_api.kinds import Embedded, KubernetesApi
from tests.lambda_.kubernetes_api.policies import (
    ELSEWHERE,
    GROUP,
    HERE,
    KINDS,
    PolicyFunction,
    applied,
    collection,
    names,
    register,
    unregister,
)
from tests.lambda_.policy_set.conftest import policy
from tests.unit.policy.strategies import policies

VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
OURS = {"get", "list", "create", "patch", "delete"}


@pytest.fixture
def code() -> Iterator[SimpleNamespace]:
    """The modules of the function for policies."""
    with loaded("policy_set") as modules:
        yield modules


@pytest.fixture
def function(
    api: KubernetesApi, code: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PolicyFunction]:
    """The function, with the credentials of a role of its own and no rights yet, and the types registered."""
    made = PolicyFunction(api, code)
    for name, value in made.role.variables().items():
        monkeypatch.setenv(name, value)
    register(api)
    yield made
    unregister(api)


def grant(function: PolicyFunction, namespace: str | None = HERE) -> None:
    function.grant_rights(policy_rights(function.name, function.group, namespace))


def counts(result: dict[str, dict[str, str]]) -> tuple[str, str, str]:
    return result["Data"]["Applied"], result["Data"]["Unchanged"], result["Data"]["Removed"]


@pytest.mark.parametrize("namespace", [HERE, None], ids=["in a namespace", "clusterwide"])
def test_a_set_comes_changes_and_goes_with_these_rights_alone(
    namespace: str | None, api: KubernetesApi, function: PolicyFunction
) -> None:
    grant(function, namespace)
    kind = "CiliumNetworkPolicy" if namespace else "CiliumClusterwideNetworkPolicy"
    one, two, three = (policy(name, kind) for name in ("one", "two", "three"))
    assert counts(function.keep("Create", one, two, namespace=namespace)) == ("2", "0", "0")
    changed = policy("two", kind, egress=[{}])
    assert counts(function.keep("Update", changed, three, namespace=namespace)) == ("2", "0", "1")
    assert names(api, namespace) == ["three", "two"]
    assert counts(function.keep("Update", changed, three, namespace=namespace)) == ("0", "2", "0")
    assert counts(function.keep("Delete", changed, three, namespace=namespace)) == ("0", "0", "2")
    assert names(api, namespace) == []


def test_policies_of_others_stay(api: KubernetesApi, function: PolicyFunction) -> None:
    grant(function)
    for namespace in (HERE, ELSEWHERE):
        api.administrator.create(collection(namespace), policy("theirs"))
    function.keep("Create", policy("ours"))
    function.keep("Delete", policy("ours"))
    assert (names(api, HERE), names(api, ELSEWHERE)) == (["theirs"], ["theirs"])


def test_what_somebody_changed_is_put_right(api: KubernetesApi, function: PolicyFunction) -> None:
    grant(function)
    function.keep("Create", policy("ours"))
    path = f"{collection(HERE)}/ours"
    api.administrator.merge(path, {"spec": {"ingress": [{"fromEntities": ["all"]}]}})
    assert counts(function.keep("Update", policy("ours"))) == ("1", "0", "0")
    found = api.administrator.get(path)
    assert found is not None
    assert found["spec"]["ingress"] == [{}]


def test_rules_that_somebody_added_go(api: KubernetesApi, function: PolicyFunction) -> None:
    grant(function)
    function.keep("Create", policy("ours"))
    path = f"{collection(HERE)}/ours"
    api.administrator.merge(path, {"spec": {"egress": [{"toEntities": ["all"]}]}})
    assert counts(function.keep("Update", policy("ours"))) == ("1", "0", "0")
    found = api.administrator.get(path)
    assert found is not None
    assert found["spec"] == policy("ours")["spec"]
    assert counts(function.keep("Update", policy("ours"))) == ("0", "1", "0")


def test_types_that_are_registered_late_are_waited_for(api: KubernetesApi, function: PolicyFunction) -> None:
    grant(function)
    unregister(api)
    function.on_pause = lambda: register(api) if function.pauses == 2 else None
    assert counts(function.keep("Create", policy("ours"))) == ("1", "0", "0")
    assert function.pauses >= 2


def test_rights_that_come_late_are_waited_for(api: KubernetesApi, function: PolicyFunction) -> None:
    function.on_pause = lambda: grant(function) if function.pauses == 1 else None
    assert counts(function.keep("Create", policy("ours"))) == ("1", "0", "0")


def test_a_set_in_another_namespace_is_refused(api: KubernetesApi, function: PolicyFunction) -> None:
    grant(function)
    with pytest.raises(Exception, match=f"namespace {ELSEWHERE}"):
        function.keep("Create", policy("ours"), namespace=ELSEWHERE, seconds=5)
    assert names(api, ELSEWHERE) == []


@pytest.mark.parametrize("namespace", [HERE, None], ids=["in a namespace", "clusterwide"])
def test_the_server_grants_policies_there_and_nothing_else(
    namespace: str | None, function: PolicyFunction
) -> None:
    grant(function, namespace)
    client = function.client
    here, clusterwide = KINDS["CiliumNetworkPolicy"], KINDS["CiliumClusterwideNetworkPolicy"]
    places = [
        (GROUP, here, HERE),
        (GROUP, here, ELSEWHERE),
        (GROUP, here, ""),
        (GROUP, clusterwide, ""),
        (GROUP, f"{here}/status", HERE),
        (GROUP, "ciliumendpoints", HERE),
        ("networking.k8s.io", "networkpolicies", HERE),
        ("apiextensions.k8s.io", "customresourcedefinitions", ""),
        ("rbac.authorization.k8s.io", "roles", HERE),
        ("rbac.authorization.k8s.io", "clusterrolebindings", ""),
        ("", "namespaces", ""),
        ("", "secrets", HERE),
        ("", "pods", HERE),
        ("", "nodes", ""),
    ]
    granted = {
        (verb, resource, where)
        for (group, resource, where), verb in itertools.product(places, VERBS)
        if may(client, verb, group, resource, where, "any")
    }
    plural, where = (here, HERE) if namespace else (clusterwide, "")
    assert granted == {(verb, plural, where) for verb in OURS}


@pytest.mark.parametrize("number", ["1.12.1", "1.19.1"])
def test_a_real_server_takes_every_policy_that_is_written_for_it(number: str, api: KubernetesApi) -> None:
    if isinstance(api.server, Embedded):
        pytest.skip("the embedded API server knows no schemas")
    register(api, number)

    # Without a search for a smaller example, which would ask the server for minutes.
    @settings(
        max_examples=100,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
    )
    @given(st.lists(policies(CiliumVersion.of(number)), min_size=1, max_size=5))
    def takes(written: list[Policy]) -> None:
        assert applied(api, (each.manifest() for each in written)) == []

    try:
        takes()
    finally:
        unregister(api)
