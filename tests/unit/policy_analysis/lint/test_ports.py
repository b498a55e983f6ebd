"""Names of ports that mean several numbers."""

from __future__ import annotations

from typing import Any

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.workloads import NamedPort
from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.unit.policy_analysis.lint.written import cnp, known, only, pod, ports

API, DB = pod("api", "shop", NamedPort("http", 8080)), pod("db", "shop", NamedPort("http", 9090))
KNOWN = known(pod("web"), API, DB)
OLDER = CiliumVersion.V1_19


def out(**more: Any) -> Policy:
    item = {"toEndpoints": [{"matchLabels": {"app": "api"}}], "toPorts": ports("http")}
    return cnp(**{"egress": [item], **more})


def test_cnp039_a_name_on_the_way_out_for_two_numbers() -> None:
    assert only("CNP039", out(), inventory=KNOWN, version=OLDER) == [
        (
            "spec.egress[0].toPorts",
            "must name a port that has one number in the whole cluster before Cilium 1.20 (this is for "
            "1.19.6), or the name means none, got http for TCP 8080 by shop/api and TCP 9090 by shop/db; "
            "give the number",
        )
    ]


def test_cnp039_denials_too() -> None:
    denied = out(egress=[{}], egressDeny=[{"toPorts": ports("http")}])
    assert [path for path, _ in only("CNP039", denied, inventory=KNOWN, version=OLDER)] == [
        "spec.egressDeny[0].toPorts"
    ]


def test_cnp039_not_from_1_20_on_nor_for_one_number_nor_on_the_way_in() -> None:
    assert only("CNP039", out(), inventory=KNOWN, version=CiliumVersion.V1_20) == []
    assert only("CNP039", out(), inventory=KNOWN) == []
    assert only("CNP039", out(), inventory=known(pod("web"), API), version=OLDER) == []
    assert only("CNP039", out(), version=OLDER) == []
    inwards = cnp(ingress=[{"toPorts": ports("http")}])
    assert only("CNP039", inwards, inventory=KNOWN, version=OLDER) == []


def test_cnp043_type_0_of_icmp() -> None:
    fields = [{"type": 8}, {"type": "EchoReply"}, {"type": 0, "family": "IPv6"}]
    said = "must not be type 0, which Cilium takes for every type of {}, got {}; "
    fix = "leave it out: answers to what pods ask for always pass"
    assert only("CNP043", cnp(ingress=[{"icmps": [{"fields": fields}]}])) == [
        ("spec.ingress[0].icmps[0].fields[1].type", said.format("IPv4", "'EchoReply'") + fix),
        ("spec.ingress[0].icmps[0].fields[2].type", said.format("IPv6", "0") + fix),
    ]
