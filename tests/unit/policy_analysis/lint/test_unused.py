"""Items and lists that do nothing, or something else than they seem to."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy_analysis.workloads import NamedPort
from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.unit.policy_analysis.lint.written import ccnp, cnp, dns, known, only, pod, ports

API = {"fromEndpoints": [{"matchLabels": {"app": "api"}}]}


def test_cnp013_an_empty_item_beside_others_allows_nobody() -> None:
    assert only("CNP013", cnp(ingress=[{}, API])) == [
        (
            "spec.ingress[0]",
            "must say whom it allows: an empty item allows nothing, got {}; "
            "leave it out, or write 'fromEntities: [all]' for everyone",
        )
    ]
    assert only("CNP013", cnp(egress=[dns(), {}])) == [
        (
            "spec.egress[1]",
            "must say whom it allows: an empty item allows nothing, got {}; "
            "leave it out, or write 'toEntities: [all]' for everyone",
        )
    ]


def test_cnp013_an_empty_item_denies_nobody() -> None:
    assert only("CNP013", cnp(ingressDeny=[{}])) == [
        (
            "spec.ingressDeny[0]",
            "must say what it denies: an empty item denies nothing, got {}; "
            "name peers, such as the entity all, or leave the item out",
        )
    ]


def test_cnp013_a_default_deny_is_fine() -> None:
    assert only("CNP013", cnp(ingress=[{}], egress=[{}])) == []
    assert only("CNP013", cnp(ingress=[API], egress=[{}])) == []


@pytest.mark.parametrize(
    ("section", "field", "verb"),
    [
        ("ingress", "fromEndpoints", "allows"),
        ("egress", "toFQDNs", "allows"),
        ("egress", "toCIDRSet", "allows"),
        ("egressDeny", "toEntities", "denies"),
    ],
)
def test_cnp014_an_empty_list_of_peers(section: str, field: str, verb: str) -> None:
    spec: dict[str, Any] = {section: [{field: [], "toPorts": ports("80")}]}

    assert only("CNP014", cnp(**spec)) == [
        (
            f"spec.{section}[0].{field}",
            f"must have an entry: an empty list of peers {verb} nothing, got []; "
            "leave the field out for anyone, or name the peers",
        )
    ]


def test_cnp014_an_empty_list_of_ports_is_every_port() -> None:
    assert only("CNP014", cnp(ingress=[{**API, "toPorts": []}])) == [
        (
            "spec.ingress[0].toPorts",
            "must have an entry: an empty list of ports allows every port, got []; "
            "leave the field out, or name the ports",
        )
    ]


@pytest.mark.parametrize("entry", [{}, {"ports": []}])
def test_cnp014_an_entry_without_ports(entry: dict[str, Any]) -> None:
    assert only("CNP014", cnp(ingress=[{**API, "toPorts": [entry]}])) == [
        ("spec.ingress[0].toPorts[0]", "must name ports: without any it allows nothing, got none; add ports")
    ]


def test_cnp014_lists_with_entries() -> None:
    assert only("CNP014", cnp(ingress=[{}, API, {"fromEndpoints": [{}], "toPorts": ports("80")}])) == []


def test_cnp015_none_beside_others() -> None:
    assert only("CNP015", cnp(ingress=[{"fromEntities": ["none", "host"]}])) == [
        (
            "spec.ingress[0].fromEntities",
            "must not have none beside others: it means nobody, and takes nothing away, "
            "got host and none; leave none out",
        )
    ]
    assert len(only("CNP015", cnp(ingress=[{"fromEntities": ["none"]}, API]))) == 1
    assert len(only("CNP015", cnp(ingressDeny=[{"fromEntities": ["none"]}]))) == 1


def test_cnp015_none_alone_is_a_default_deny() -> None:
    assert only("CNP015", cnp(ingress=[{"fromEntities": ["none"]}])) == []


SAYS = "must add something to the other items of the rule, got nothing beyond spec.{}; "
LEAVE = "leave it out, or narrow the other one"


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (API, {**API, "toPorts": ports("80")}),
        ({"fromEntities": ["all"]}, API),
        ({"fromEntities": ["cluster"]}, {**API, "toPorts": ports("80")}),
        ({"fromEntities": ["cluster"]}, {"fromEntities": ["host"]}),
        ({"fromEntities": ["world"]}, {"fromCIDR": ["10.0.0.0/8"]}),
        ({"fromEndpoints": [{}]}, API),
        ({"fromCIDR": ["10.0.0.0/8"]}, {"fromCIDRSet": [{"cidr": "10.1.0.0/16"}]}),
        (
            {"fromCIDRSet": [{"cidr": "10.0.0.0/8", "except": ["10.1.0.0/24"]}]},
            {"fromCIDRSet": [{"cidr": "10.1.0.0/16", "except": ["10.1.0.0/16"]}]},
        ),
        ({"toPorts": ports("80", "443")}, {**API, "toPorts": ports("80")}),
        (
            {**API, "toPorts": [{"ports": [{"port": "8000", "endPort": 9000}]}]},
            {**API, "toPorts": ports("8080")},
        ),
        ({**API, "toPorts": ports("0")}, {**API, "toPorts": ports("http")}),
    ],
)
def test_cnp016_an_item_that_another_covers(wide: Any, narrow: Any) -> None:
    assert only("CNP016", cnp(ingress=[narrow, wide])) == [
        ("spec.ingress[0]", SAYS.format("ingress[1]") + LEAVE)
    ]
    assert only("CNP016", cnp(ingress=[wide, narrow])) == [
        ("spec.ingress[1]", SAYS.format("ingress[0]") + LEAVE)
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({**API, "toPorts": ports("80")}, {**API, "toPorts": ports("443")}),
        ({**API, "toPorts": ports("80")}, {**API, "toPorts": ports("80", protocol="UDP")}),
        ({"fromEntities": ["cluster"]}, {"fromCIDR": ["10.0.0.0/8"]}),
        ({"fromCIDR": ["10.0.0.0/16"]}, {"fromCIDR": ["10.1.0.0/16"]}),
        (
            {"fromCIDRSet": [{"cidr": "10.0.0.0/8", "except": ["10.1.0.0/24"]}]},
            {"fromCIDR": ["10.1.0.0/16"]},
        ),
        ({**API, "toPorts": ports("http")}, {**API, "toPorts": ports("80")}),
        ({"fromEndpoints": []}, API),
        (
            {**API, "toPorts": ports("80", rules={"http": [{"method": "GET"}]})},
            {**API, "toPorts": ports("80", rules={"http": [{"method": "PUT"}]})},
        ),
    ],
)
def test_cnp016_items_that_each_add_something(one: Any, other: Any) -> None:
    assert only("CNP016", cnp(ingress=[one, other])) == []


def test_cnp016_of_two_alike_the_later_one_is_too_many() -> None:
    assert only("CNP016", cnp(ingress=[API, API, API])) == [
        ("spec.ingress[1]", SAYS.format("ingress[0]") + LEAVE),
        ("spec.ingress[2]", SAYS.format("ingress[0]") + LEAVE),
    ]


def test_cnp017_a_port_that_no_selected_pod_names() -> None:
    web = pod("web", "shop", NamedPort("metrics", 9090), NamedPort("grpc", 50051))
    policy = cnp(ingress=[{**API, "toPorts": ports("http", "metrics")}])

    assert only("CNP017", policy, inventory=known(web)) == [
        (
            "spec.ingress[0].toPorts[0]",
            "must name a port that the selected pods have, got http (TCP) where they have "
            "grpc (TCP) and metrics (TCP); correct the name or its protocol, or give the number",
        )
    ]


def test_cnp017_a_port_that_no_peer_names() -> None:
    policy = cnp(
        egress=[{"toEndpoints": [{"matchLabels": {"app": "api"}}], "toPorts": ports("http", protocol="UDP")}]
    )
    api = pod("api", "shop", NamedPort("http", 8080))

    assert only("CNP017", policy, inventory=known(pod("web"), api)) == [
        (
            "spec.egress[0].toPorts[0]",
            "must name a port that the peers have, got http (UDP) where they have http (TCP); "
            "correct the name or its protocol, or give the number",
        )
    ]
    assert only("CNP017", policy, inventory=known(pod("web"), pod("api"))) == [
        (
            "spec.egress[0].toPorts[0]",
            "must name a port that the peers have, got http (UDP) where they have no named port; "
            "correct the name or its protocol, or give the number",
        )
    ]


def test_cnp017_a_port_that_some_pod_names_or_that_nobody_can_know() -> None:
    policy = cnp(ingress=[{**API, "toPorts": ports("http", protocol=None)}])

    assert only("CNP017", policy) == []
    assert only("CNP017", policy, inventory=known()) == []
    some = known(pod("web", "shop", NamedPort("HTTP", 80)), pod("web-2", app="web"))
    assert only("CNP017", policy, inventory=some) == []


def test_cnp018_a_range_of_pods() -> None:
    policy = cnp(
        ingress=[{"fromCIDR": ["100.64.3.0/24"]}],
        egress=[{"toCIDRSet": [{"cidr": "100.64.0.0/16"}, {"cidr": "10.0.0.0/8"}]}],
    )
    text = (
        "must be outside the range of pods: a range never means a pod, got {}; "
        "name the pods under {}Endpoints"
    )

    assert only("CNP018", policy, pod_ranges=["100.64.0.0/16"]) == [
        ("spec.egress[0].toCIDRSet", text.format("100.64.0.0/16", "to")),
        ("spec.ingress[0].fromCIDR", text.format("100.64.3.0/24", "from")),
    ]
    assert only("CNP018", policy) == []


def test_cnp018_a_range_with_more_than_pods_may_mean_the_rest() -> None:
    policy = cnp(egress=[{"toCIDR": ["100.0.0.0/8", "10.0.0.0/8"]}])

    assert only("CNP018", policy, pod_ranges=["100.64.0.0/16"]) == []


def test_cnp031_an_empty_section_is_no_default_deny() -> None:
    text = "must have an item: an empty list denies nothing by default, got []; write {} for a default deny, "

    assert only("CNP031", cnp(ingress=[], egress=[dns()])) == [
        ("spec.ingress", text.format("'ingress: [{}]'") + "or leave it out")
    ]
    assert only("CNP031", ccnp(egressDeny=[])) == [
        ("spec.egressDeny", text.format("'egress: [{}]'") + "or leave it out")
    ]


def test_cnp031_sections_that_say_something_and_agents_that_always_refuse() -> None:
    assert only("CNP031", cnp(ingress=[{}], ingressDeny=[])) == []
    assert only("CNP031", cnp(ingress=[], enableDefaultDeny={"ingress": False})) == []
    assert only("CNP031", cnp(ingress=[{}], enableDefaultDeny={"ingress": True})) == []
    assert only("CNP031", cnp(ingress=[]), enforcement="always") == []


def test_cnp031_a_switch_without_an_item() -> None:
    policy = cnp(egress=[{}], enableDefaultDeny={"ingress": True, "egress": True})
    assert only("CNP031", policy) == [
        (
            "spec.enableDefaultDeny.ingress",
            "must come with an item in ingress: without one nothing is denied by default, got true; "
            "write 'ingress: [{}]' beside it, or leave it out",
        )
    ]


def test_cnp013_an_item_of_what_is_required_says_something_before_1_19() -> None:
    required = [{"fromRequires": [{"matchLabels": {"env": "prod"}}]}, {"fromEndpoints": [{}]}]
    assert only("CNP013", cnp(ingress=required), version=CiliumVersion.V1_18) == []


def test_cnp014_an_empty_list_of_peers_before_1_16() -> None:
    def said(item: dict[str, Any], version: CiliumVersion) -> str:
        [(_, text)] = only("CNP014", cnp(ingress=[item]), version=version)
        return text.partition(", got")[0]

    ported = {"fromEndpoints": [], "toPorts": ports("80")}
    everyone = "must have an entry: an empty list of peers allows everyone before Cilium 1.16"
    nothing = "must have an entry: an empty list of peers allows nothing"
    assert said(ported, CiliumVersion.V1_15) == everyone
    assert said(ported, CiliumVersion.V1_16) == nothing
    assert said({"fromEndpoints": []}, CiliumVersion.V1_15) == nothing
