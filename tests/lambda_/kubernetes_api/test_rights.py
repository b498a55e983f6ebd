"""What the function may do with the rights we ship, and that this is all."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from types import SimpleNamespace

import pytest

from tests.lambda_.kubernetes_api.cases import CASES, Case
from tests.lambda_.kubernetes_api.client import Client
from tests.lambda_.kubernetes_api.function import Function, may
from tests.lambda_.kubernetes_api.kinds import CLUSTER, REGION, KubernetesApi
from tests.lambda_.kubernetes_api.objects import ENI_CONFIGS, HOME, collection, daemon_set, extras
from tests.lambda_.kubernetes_api.probes import CRDS, RBAC, Probe, attempt, requests, reviewed

_RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"


def allowed(case: Case) -> set[Probe]:
    """What a case needs, written down apart from the code that makes the rights."""
    change = "patch" if case.strategy == "patch" else "delete"
    objects = [("apps", "daemonsets", HOME, name, change) for name in case.daemon_sets]
    objects += [("apps", "daemonsets", HOME, name, "patch") for name in case.kept_off]
    if case.extras:
        objects += [
            ("", "serviceaccounts", HOME, "aws-node", "delete"),
            ("", "configmaps", HOME, "amazon-vpc-cni", "delete"),
            (RBAC, "clusterroles", "", "aws-node", "delete"),
            (RBAC, "clusterrolebindings", "", "aws-node", "delete"),
            (CRDS, "customresourcedefinitions", "", ENI_CONFIGS, "delete"),
        ]
    needed = {
        Probe(verb, group, resource, namespace, name)
        for group, resource, namespace, name, verb_of_change in objects
        for verb in ("get", verb_of_change)
    }
    return needed | ({Probe("list", "", "nodes")} if case.refuse_nodes else set())


def expected(case: Case, probes: Iterable[Probe]) -> set[Probe]:
    """The probes that a case needs. A right to all objects of a kind is a right to each of them."""
    needed = allowed(case)
    return {probe for probe in probes if needed & {probe, replace(probe, name="")}}


def texts(probes: set[Probe]) -> list[str]:
    return sorted(map(str, probes))


def rules_of(client: Client, namespace: str) -> set[tuple[str, ...]]:
    """All that the server goes by for the client in a namespace: verb, group, resource and name."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    status = client.create(_RULES, review)["status"]
    assert status["incomplete"] is False
    return {
        each
        for rule in status["resourceRules"]
        for each in itertools.product(
            rule["verbs"], rule["apiGroups"], rule["resources"], rule.get("resourceNames") or [""]
        )
    }


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_server_grants_exactly_what_the_case_needs(case: Case, function: Function) -> None:
    function.grant(case)
    client = function.client
    granted = {
        probe
        for probe in reviewed()
        if may(client, probe.verb, probe.group, probe.resource, probe.namespace, probe.name)
    }
    assert texts(granted) == texts(expected(case, reviewed()))
    assert granted >= allowed(case)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_server_refuses_every_other_request(case: Case, api: KubernetesApi, function: Function) -> None:
    # The objects exist, so a refusal means a missing right, not a missing object.
    api.apply(daemon_set(), daemon_set("cilium"), daemon_set("aws-node", "default"), *extras())
    function.grant(case)
    client = function.client
    answers = {probe: attempt(client, probe) for probe in requests()}
    passed = {probe for probe, reply in answers.items() if reply.status != 403}
    assert texts(passed) == texts(expected(case, requests()))
    unexpected = {
        str(probe): str(answers[probe]) for probe in passed if answers[probe].status not in (200, 404)
    }
    assert unexpected == {}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_server_knows_no_other_rule_for_the_group(
    case: Case, api: KubernetesApi, function: Function, code: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    function.grant(case)
    ours, nobody = function.client, Function(api, code)
    for name, value in nobody.role.variables().items():
        monkeypatch.setenv(name, value)
    everybody = nobody.client
    needed = {(p.namespace, (p.verb, p.group, p.resource, p.name)) for p in allowed(case)}
    at_home = {right for _, right in needed}
    elsewhere = {right for namespace, right in needed if not namespace}
    assert rules_of(ours, HOME) - rules_of(everybody, HOME) == at_home
    assert rules_of(ours, "default") - rules_of(everybody, "default") == elsewhere


def test_nobody_else_has_the_rights_of_the_group(
    api: KubernetesApi, function: Function, code: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    function.grant(CASES["remove-everything"])
    stranger = api.new_role("another-group")
    for name, value in stranger.variables().items():
        monkeypatch.setenv(name, value)
    token = code.eks_token.make_token(CLUSTER, REGION, code.eks_token.find_credentials())
    client = api.client(token)
    assert [str(probe) for probe in requests() if attempt(client, probe).status != 403] == []


def test_the_function_cannot_impersonate_the_groups_of_an_administrator(function: Function) -> None:
    function.grant(CASES["remove-everything"])
    path = collection("v1", "secrets", HOME)
    headers = {"Impersonate-User": "administrator", "Impersonate-Group": "system:masters"}
    assert function.client.ask("GET", path, headers=headers).status == 403


def test_the_function_cannot_bind_itself_to_more_rights(api: KubernetesApi, function: Function) -> None:
    function.grant(CASES["remove-everything"])
    binding = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": function.name},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": RBAC, "kind": "Group", "name": function.group}],
    }
    bindings = collection(f"{RBAC}/v1", "clusterrolebindings")
    answers = [
        function.client.ask("POST", bindings, binding),
        function.client.ask("PUT", f"{bindings}/{function.name}", binding),
    ]
    assert [answer.status for answer in answers] == [403, 403]
    kept = api.administrator.get(f"{bindings}/{function.name}")
    assert kept is not None
    assert kept["roleRef"]["name"] == function.name
