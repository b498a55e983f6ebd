"""Names that pods may reach, and whether they may ask for them."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.unit.policy_analysis.lint.written import ccnp, cnp, dns, known, names, only, pod, ports

FIX = "allow them port 53 of the DNS servers with rules.dns, here or in another policy for them"
NO_DNS = "must come with a DNS rule for the same pods, or Cilium never learns the addresses"
WEB, API, OLD = pod("web"), pod("api"), pod("web-old", app="web")


def test_cnp002_a_name_without_any_dns_rule() -> None:
    assert only("CNP002", cnp(egress=[names("api.example.com")])) == [
        ("spec.egress[0].toFQDNs", f"{NO_DNS}, got none; {FIX}")
    ]


def test_cnp002_dns_without_rules_teaches_cilium_nothing() -> None:
    assert only("CNP002", cnp(egress=[names("api.example.com"), dns()])) == [
        ("spec.egress[0].toFQDNs", f"{NO_DNS}, got none; {FIX}")
    ]


def test_cnp002_a_dns_rule_in_the_policy_itself_is_enough() -> None:
    assert only("CNP002", cnp(egress=[names("api.example.com"), dns("*")])) == []


@pytest.mark.parametrize(
    "other",
    [cnp("dns", labels={}, egress=[dns("*")]), ccnp("dns", labels={}, egress=[dns("*")])],
)
def test_cnp002_a_dns_rule_for_more_pods_in_another_policy_is_enough(other: Policy) -> None:
    policy = cnp(egress=[names("api.example.com")])

    assert only("CNP002", policy, other) == []
    assert only("CNP002", policy, other, inventory=known(WEB, API)) == []


@pytest.mark.parametrize(
    "other",
    [
        cnp("dns", labels={"app": "api"}, egress=[dns("*")]),
        cnp("dns", namespace="bank", labels={}, egress=[dns("*")]),
        cnp("dns", labels={"app": "web", "tier": "front"}, egress=[dns("*")]),
    ],
)
def test_cnp002_a_dns_rule_for_other_pods_is_not_enough(other: Policy) -> None:
    assert len(only("CNP002", cnp(egress=[names("api.example.com")]), other)) == 1


def test_cnp002_known_pods_decide_whether_a_dns_rule_is_for_all_of_them() -> None:
    policy = cnp(egress=[names("api.example.com")])
    front = cnp("dns", labels={"tier": "front"}, egress=[dns("*")])
    with_tier = pod("web", tier="front")

    assert only("CNP002", policy, front, inventory=known(with_tier)) == []
    assert only("CNP002", policy, front, inventory=known(with_tier, OLD)) == [
        ("spec.egress[0].toFQDNs", f"{NO_DNS}, got none for shop/web-old; {FIX}")
    ]


def test_cnp002_names_of_many_pods_are_cut_short() -> None:
    pods = [pod(f"web-{number}", app="web") for number in range(6)]

    [(_, text)] = only("CNP002", cnp(egress=[names("api.example.com")]), inventory=known(*pods))

    assert "got none for shop/web-0, shop/web-1, shop/web-2 and 3 more; " in text


def test_cnp003_a_name_that_no_dns_rule_matches() -> None:
    policy = cnp(egress=[names("api.example.com", "www.example.org"), dns("*.example.com")])

    assert only("CNP003", policy) == [
        (
            "spec.egress[0].toFQDNs",
            "must have names that the pods may ask DNS for, got no DNS rule for www.example.org; "
            "add them to the DNS rule, or write matchPattern '*' there",
        )
    ]
    assert only("CNP002", policy) == []


@pytest.mark.parametrize(
    ("reached", "asked"),
    [
        ("api.example.com", "api.example.com"),
        ("API.example.com", "api.example.com."),
        ("api.example.com", "*.example.com"),
        ("*.example.com", "*.example.com"),
        ("api-*.example.com", "*.example.com"),
        ("*.example.com", "*"),
        ("*", "*"),
        ("*.example.com", "**.example.com"),
        ("**.example.com", "**.example.com"),
    ],
)
def test_cnp003_a_pattern_that_covers_what_is_reached(reached: str, asked: str) -> None:
    assert only("CNP003", cnp(egress=[names(reached), dns(asked)])) == []


@pytest.mark.parametrize(
    ("reached", "asked"),
    [
        ("*.example.com", "api.example.com"),
        ("*.example.com", "api-*.example.com"),
        ("**.example.com", "*.example.com"),
        ("example.com", "*.example.com"),
        ("*", "*.example.com"),
    ],
)
def test_cnp003_a_pattern_that_covers_a_part(reached: str, asked: str) -> None:
    [(_, text)] = only("CNP003", cnp(egress=[names(reached), dns(asked)]))

    assert f"got no DNS rule for {reached}; " in text


def test_cnp003_two_stars_are_one_before_1_19() -> None:
    policy = cnp(egress=[names("a.b.example.com"), dns("**.example.com")])

    assert only("CNP003", policy, version=CiliumVersion.V1_19) == []
    assert len(only("CNP003", policy, version=CiliumVersion.V1_18)) == 1


def test_cnp003_patterns_of_several_policies_add_up() -> None:
    policies = (
        cnp(egress=[names("api.example.com", "www.example.org")]),
        cnp("com", labels={}, egress=[dns("*.example.com")]),
        ccnp("org", labels={}, egress=[dns("*.example.org")]),
    )

    assert only("CNP003", *policies) == []
    assert only("CNP003", *policies, inventory=known(WEB)) == []


def test_cnp003_beside_a_plain_allow_every_name_is_learned() -> None:
    policy = cnp(egress=[names("www.example.org"), dns("*.example.com")])

    assert len(only("CNP003", policy)) == 1
    assert only("CNP003", policy, ccnp("dns", labels={}, egress=[dns()])) == []
    assert only("CNP002", cnp(egress=[names("www.example.org")]), ccnp("dns", egress=[dns()])) != []


@pytest.mark.parametrize(
    ("protocol", "why", "got"),
    [
        ("UDP", "a truncated answer is asked for again over TCP", "UDP alone"),
        ("TCP", "resolvers ask over UDP first", "TCP alone"),
    ],
)
def test_cnp009_dns_over_one_transport(protocol: str, why: str, got: str) -> None:
    assert only("CNP009", cnp(egress=[dns("*", protocol=protocol)])) == [
        (
            "spec.egress[0].toPorts",
            f"must open port 53 for both UDP and TCP: {why}, got {got}; "
            "leave protocol out, or add the other one",
        )
    ]


def test_cnp009_both_transports_in_whatever_way() -> None:
    assert only("CNP009", cnp(egress=[dns("*")])) == []
    assert only("CNP009", cnp(egress=[dns(protocol="UDP"), dns(protocol="TCP")])) == []
    both = cnp(egress=[dns(protocol="UDP")]), cnp("tcp", egress=[dns(protocol="TCP")])
    assert only("CNP009", *both) == []
    assert only("CNP009", cnp(egress=[{"toEntities": ["world"], "toPorts": ports("443")}])) == []


def test_cnp010_pods_that_know_others_by_name_and_may_not_ask() -> None:
    policy = cnp(egress=[{"toEndpoints": [{"matchLabels": {"app": "api"}}], "toPorts": ports("8080")}])
    text = (
        "must come with port 53 of the DNS servers for the same pods, which reach it by a name, got none; "
        "allow them port 53 of kube-dns, over UDP and TCP"
    )

    assert only("CNP010", policy) == [("spec.egress[0]", text)]
    assert only("CNP010", policy, inventory=known(WEB, API)) == [
        ("spec.egress[0]", text.replace("got none", "got none for shop/web"))
    ]


def test_cnp010_dns_anywhere_for_the_same_pods_is_enough() -> None:
    peers = {"toEndpoints": [{"matchLabels": {"app": "api"}}]}
    for other in (
        cnp("dns", labels={}, egress=[dns()]),
        ccnp("dns", labels={}, egress=[dns("*")]),
        ccnp("open", labels={}, egress=[{"toEntities": ["cluster"]}]),
        ccnp(
            "named", labels={}, egress=[{"toEntities": ["cluster"], "toPorts": ports("dns", protocol="UDP")}]
        ),
    ):
        assert only("CNP010", cnp(egress=[peers]), other) == []


def test_cnp010_pods_that_reach_nobody_by_name_need_no_dns() -> None:
    items: list[dict[str, Any]] = [
        {},
        {"toCIDR": ["10.0.0.0/8"]},
        {"toEntities": ["kube-apiserver"]},
        {"toEndpoints": []},
        names("api.example.com"),
    ]
    for item in items:
        assert only("CNP010", cnp(egress=[item])) == []


def test_cnp010_says_nothing_where_nothing_is_isolated() -> None:
    peers = {"toEndpoints": [{"matchLabels": {"app": "api"}}]}

    assert only("CNP010", cnp(egress=[peers], enableDefaultDeny={"egress": False})) == []
    assert only("CNP010", cnp(egress=[peers]), enforcement="never") == []


def test_cnp002_says_nothing_where_nothing_is_enforced() -> None:
    assert only("CNP002", cnp(egress=[names("api.example.com")]), enforcement="never") == []
