"""What other rules undo."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.unit.policy_analysis.lint.written import ccnp, cnp, dns, known, only, pod, ports

API = {"fromEndpoints": [{"matchLabels": {"app": "api"}}]}
DENIED = "must not be denied as a whole: a denial wins over whatever allows, got {}; "
NARROW = "remove it, or narrow the denial"


@pytest.mark.parametrize(
    "denial",
    [
        API,
        {"fromEndpoints": [{}]},
        {"fromEntities": ["cluster"]},
        {"fromEntities": ["all"]},
        {"toPorts": [{"ports": [{"port": "8000", "endPort": 9000}]}]},
    ],
)
def test_cnp019_an_allow_under_a_wider_denial(denial: Any) -> None:
    allow = {**API, "toPorts": ports("8080")}

    assert only("CNP019", cnp(ingress=[allow], ingressDeny=[denial])) == [
        ("spec.ingress[0]", DENIED.format("CiliumNetworkPolicy shop/web spec.ingressDeny[0]") + NARROW)
    ]
    assert only("CNP019", cnp(ingress=[allow]), ccnp("no", labels={}, ingressDeny=[denial])) == [
        ("spec.ingress[0]", DENIED.format("CiliumClusterwideNetworkPolicy no spec.ingressDeny[0]") + NARROW)
    ]


@pytest.mark.parametrize(
    "denial",
    [
        {**API, "toPorts": ports("9090")},
        {"fromEndpoints": [{"matchLabels": {"app": "other"}}]},
        {"fromEntities": ["world"]},
        {"fromEndpoints": []},
        {},
    ],
)
def test_cnp019_an_allow_beside_a_denial(denial: Any) -> None:
    assert only("CNP019", cnp(ingress=[{**API, "toPorts": ports("8080")}], ingressDeny=[denial])) == []


def test_cnp019_a_denial_for_other_pods_or_the_other_way() -> None:
    other = cnp("other", labels={"app": "other"}, ingressDeny=[{"fromEntities": ["all"]}])
    back = cnp("back", egressDeny=[{"toEntities": ["all"]}])

    assert only("CNP019", cnp(ingress=[API]), other, back) == []


def test_cnp019_the_world_of_eks_has_its_api_server_in_it() -> None:
    policy = cnp(egress=[{"toEntities": ["kube-apiserver"]}], egressDeny=[{"toEntities": ["world"]}])

    assert len(only("CNP019", policy)) == 1


def test_cnp019_known_pods_tell_that_denials_leave_nobody() -> None:
    allow = cnp(ingress=[{"fromEndpoints": [{"matchLabels": {"tier": "back"}}]}])
    denials = cnp(
        "no",
        labels={"team": "a"},
        ingressDeny=[
            {"fromEndpoints": [{"matchLabels": {"app": "api"}}]},
            {"fromEndpoints": [{"matchLabels": {"app": "jobs"}}]},
        ],
    )
    pods = (pod("web", team="a"), pod("api", tier="back"), pod("jobs", tier="back"))

    assert only("CNP019", allow, denials) == []
    assert only("CNP019", allow, denials, inventory=known(*pods)) == [
        (
            "spec.ingress[0]",
            DENIED.format(
                "CiliumNetworkPolicy shop/no spec.ingressDeny[0] and "
                "CiliumNetworkPolicy shop/no spec.ingressDeny[1]"
            )
            + NARROW,
        )
    ]
    assert only("CNP019", allow, denials, inventory=known(*pods, pod("more", tier="back"))) == []
    assert only("CNP019", allow, denials, inventory=known(*pods, pod("old", app="web"))) == []


GET = {"http": [{"method": "GET", "path": "/api/.*"}]}


def test_cnp020_requests_that_pass_unread() -> None:
    policy = cnp(ingress=[{**API, "toPorts": ports("8080", rules=GET)}, {"fromEndpoints": [{}]}])

    assert only("CNP020", policy) == [
        (
            "spec.ingress[0].toPorts[0]",
            "must be alone in allowing these peers and ports, or HTTP GET /api/.* is not asked for, "
            "got all of it allowed in CiliumNetworkPolicy shop/web spec.ingress[1]; "
            "remove the ports from the other rule",
        )
    ]


def test_cnp020_another_policy_for_the_same_pods_counts() -> None:
    policy = cnp(ingress=[{**API, "toPorts": ports("8080", rules=GET)}])
    wide = cnp("wide", labels={}, ingress=[{**API, "toPorts": ports("8080")}])

    assert len(only("CNP020", policy, wide)) == 1
    assert only("CNP020", policy, cnp("other", labels={"app": "x"}, ingress=[{"fromEndpoints": [{}]}])) == []


@pytest.mark.parametrize(
    "other",
    [
        {**API, "toPorts": ports("9090")},
        {"fromEndpoints": [{"matchLabels": {"app": "other"}}], "toPorts": ports("8080")},
        {**API, "toPorts": ports("8080", rules={"http": [{"method": "PUT"}]})},
    ],
)
def test_cnp020_requests_that_are_read(other: Any) -> None:
    assert only("CNP020", cnp(ingress=[{**API, "toPorts": ports("8080", rules=GET)}, other])) == []


def test_cnp020_names_of_dns_that_are_not_asked_for() -> None:
    narrow, plain = cnp(egress=[dns("*.example.com")]), ccnp("dns", labels={}, egress=[dns()])

    [(_, text)] = only("CNP020", narrow, plain)

    assert "or DNS *.example.com is not asked for, " in text


def test_cnp020_a_dns_rule_for_every_name_is_there_to_learn() -> None:
    assert only("CNP020", cnp(egress=[dns("*")]), ccnp("dns", labels={}, egress=[dns()])) == []


def test_cnp020_a_proof_of_identity_is_no_request() -> None:
    proven = {**API, "authentication": {"mode": "required"}}

    assert only("CNP020", cnp(ingress=[proven, {"fromEndpoints": [{}]}])) == []


@pytest.mark.parametrize("entity", ["host", "cluster", "all"])
def test_cnp030_a_denial_of_the_node(entity: str) -> None:
    assert only("CNP030", cnp(ingressDeny=[{"fromEntities": [entity]}])) == [
        (
            "spec.ingressDeny[0].fromEntities",
            f"must not deny the node of the pods, whose kubelet probes them, got the entity {entity}; "
            "name those who are meant: remote-node, world, or pods by their labels",
        )
    ]


def test_cnp030_a_denial_of_everyone_on_a_port() -> None:
    [(place, text)] = only("CNP030", cnp(ingressDeny=[{"toPorts": ports("8080")}]))

    assert place == "spec.ingressDeny[0]"
    assert ", got everyone; " in text


def test_cnp030_a_default_deny_and_denials_of_others_leave_probes_alone() -> None:
    assert only("CNP030", cnp(ingress=[{}])) == []
    assert only("CNP030", cnp(ingressDeny=[{"fromEntities": ["remote-node", "world"]}, {}])) == []
    assert only("CNP030", cnp(egressDeny=[{"toEntities": ["host"]}])) == []


OFF = {"egress": False}


def test_cnp032_a_switch_that_changes_nothing() -> None:
    assert only("CNP032", cnp(egress=[dns()], enableDefaultDeny=OFF)) == [
        (
            "spec.enableDefaultDeny.egress",
            "must not be false where nothing else isolates the pods: what is open needs no allow, "
            "got false with allows alone; leave it out for a default deny, or remove the rule",
        )
    ]


def test_cnp032_a_switch_that_matters() -> None:
    allow = ccnp("dns", labels={}, egress=[dns()], enableDefaultDeny=OFF)

    assert only("CNP032", allow, cnp(egress=[{}])) == []
    assert only("CNP032", ccnp("see", labels={}, egress=[dns("*")], enableDefaultDeny=OFF)) == []
    denial = cnp(egress=[dns()], egressDeny=[{"toEntities": ["world"]}], enableDefaultDeny=OFF)
    assert only("CNP032", denial) == []
    assert only("CNP032", allow, enforcement="always") == []


def test_cnp032_known_pods_tell_whether_a_switch_matters() -> None:
    allow = cnp(labels={"tier": "front"}, egress=[dns()], enableDefaultDeny=OFF)
    isolated = cnp("deny", labels={"app": "web"}, egress=[{}])

    assert only("CNP032", allow, isolated) == []
    assert only("CNP032", allow, isolated, inventory=known(pod("web", tier="front"))) == []
    apart = known(pod("web"), pod("shop", tier="front"))
    assert len(only("CNP032", allow, isolated, inventory=apart)) == 1


def test_cnp032_rules_for_requests_refuse_none_where_nothing_isolates() -> None:
    http = {"fromEndpoints": [{}], "toPorts": ports("80", rules={"http": [{"method": "GET"}]})}
    policy = cnp(ingress=[http], enableDefaultDeny={"ingress": False})
    assert only("CNP032", policy) == [
        (
            "spec.enableDefaultDeny.ingress",
            "must not be false where requests shall be refused: nothing isolates the pods, so all of them "
            "pass, got false with rules for requests; leave it out for a default deny",
        )
    ]
    assert only("CNP032", policy, version=CiliumVersion.of("1.17.4")) == []
    assert only("CNP032", policy, cnp(ingress=[{}])) == []


def denied_range(cidr: str) -> Policy:
    return cnp(egress=[{"toCIDR": ["10.0.0.0/8"]}], egressDeny=[{"toCIDR": [cidr]}])


def test_cnp042_a_denied_range_that_a_range_allows_before_1_14() -> None:
    assert only("CNP042", denied_range("10.1.0.0/16"), version=CiliumVersion.V1_13) == [
        (
            "spec.egressDeny[0].toCIDR",
            "must not deny what a range allows before Cilium 1.14 (this is for 1.13.18): the allow wins, got "
            "CiliumNetworkPolicy shop/web spec.egress[0]; use except in the range that is allowed",
        )
    ]


def test_cnp042_not_from_1_14_on_nor_elsewhere() -> None:
    assert only("CNP042", denied_range("10.1.0.0/16"), version=CiliumVersion.V1_14) == []
    assert only("CNP042", denied_range("10.1.0.0/16")) == []
    assert only("CNP042", denied_range("192.0.2.0/24"), version=CiliumVersion.V1_13) == []
    assert only("CNP042", denied_range("fd00::/8"), version=CiliumVersion.V1_13) == []
