"""What is outside the cluster."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy_analysis.lint import lint
from tests.unit.policy_analysis.lint.written import ccnp, cnp, known, names, only, pod, ports


def severities(lint_id: str, *policies: Any) -> list[str]:
    return [one.severity for one in lint(policies) if one.id == lint_id]


@pytest.mark.parametrize(
    ("item", "field", "got"),
    [
        ({"fromEntities": ["all"]}, ".fromEntities", "the entity all"),
        ({"fromEntities": ["host", "world"]}, ".fromEntities", "the entity world"),
        ({"fromCIDR": ["0.0.0.0/0"]}, ".fromCIDR", "0.0.0.0/0"),
        ({"fromCIDRSet": [{"cidr": "::/0"}]}, ".fromCIDRSet", "::/0"),
        ({"toPorts": ports("0", protocol=None)}, "", "any peer"),
    ],
)
def test_cnp026_everyone_on_every_port(item: Any, field: str, got: str) -> None:
    assert only("CNP026", cnp(ingress=[item])) == [
        (
            f"spec.ingress[0]{field}",
            f"must not let everyone in on every port, got {got}; name the peers, or at least the ports",
        )
    ]
    assert severities("CNP026", cnp(ingress=[item])) == ["warning"]


@pytest.mark.parametrize(
    ("item", "rule"),
    [
        ({"fromEntities": ["world"]}, "lets everyone outside the cluster in, got the entity world"),
        (
            {"fromEntities": ["all"]},
            "lets everyone in, from inside the cluster and from outside, got the entity all",
        ),
        ({}, "lets everyone in, from inside the cluster and from outside, got any peer"),
    ],
)
def test_cnp026_everyone_on_a_port_is_a_note(item: Any, rule: str) -> None:
    policy = cnp(ingress=[{**item, "toPorts": ports("443")}])

    assert [text for _, text in only("CNP026", policy)] == [
        f"{rule}; name the peers, unless the port is public"
    ]
    assert severities("CNP026", policy) == ["note"]


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"fromEntities": ["cluster"]},
        {"fromEntities": []},
        {"fromCIDRSet": [{"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}]},
        {"icmps": [{"fields": [{"type": 8}]}]},
    ],
)
def test_cnp026_somebody(item: Any) -> None:
    assert only("CNP026", cnp(ingress=[item])) == []


@pytest.mark.parametrize(
    ("item", "field", "got"),
    [
        ({"toEntities": ["world"]}, "toEntities", "the entity world"),
        ({"toCIDR": ["0.0.0.0/0", "10.0.0.0/8"]}, "toCIDR", "0.0.0.0/0"),
        ({"toFQDNs": [{"matchPattern": "*"}]}, "toFQDNs", "the pattern '*'"),
    ],
)
def test_cnp027_out_to_everyone(item: Any, field: str, got: str) -> None:
    assert only("CNP027", cnp(egress=[item])) == [
        (
            f"spec.egress[0].{field}",
            f"must not let pods out to everyone on every port, got {got}; "
            "name the peers or their names (toFQDNs), or at least the ports",
        )
    ]
    assert only("CNP027", cnp(egress=[{**item, "toPorts": ports("443")}])) == []


def test_cnp027_out_to_somebody() -> None:
    assert only("CNP027", cnp(egress=[{"toEntities": ["cluster"]}, names("*.example.com"), {}])) == []


METADATA = "must leave out the instance metadata service, which hands out the node's credentials, got "


def test_cnp028_the_metadata_service_in_a_range() -> None:
    assert only("CNP028", cnp(egress=[{"toCIDRSet": [{"cidr": "0.0.0.0/0"}], "toPorts": ports("80")}])) == [
        (
            "spec.egress[0].toCIDRSet",
            f"{METADATA}169.254.169.254 port 80; "
            "put cidr 0.0.0.0/0 into toCIDRSet, with 169.254.0.0/16 under except",
        )
    ]
    assert only("CNP028", cnp(egress=[{"toCIDR": ["169.254.0.0/16"]}])) == [
        (
            "spec.egress[0].toCIDR",
            f"{METADATA}169.254.169.254 port 80; add 169.254.169.254 under except, or leave the range out",
        )
    ]


@pytest.mark.parametrize("item", [{"toEntities": ["world"]}, {"toEntities": ["all"]}])
def test_cnp028_the_metadata_service_in_the_world(item: Any) -> None:
    assert only("CNP028", cnp(egress=[{**item, "toPorts": ports("80")}])) == [
        (
            "spec.egress[0].toEntities",
            f"{METADATA}169.254.169.254 and fd00:ec2::254 port 80; "
            "deny toCIDR 169.254.169.254/32 under egressDeny, or use toCIDRSet with an exception",
        )
    ]


@pytest.mark.parametrize(
    "item",
    [
        {"toEntities": ["world"], "toPorts": ports("443")},
        {"toCIDRSet": [{"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}]},
        {"toEntities": ["cluster"]},
        {"toCIDR": ["10.0.0.0/8"]},
        {"toFQDNs": [{"matchPattern": "*"}]},
        {},
    ],
)
def test_cnp028_what_does_not_reach_it(item: Any) -> None:
    assert only("CNP028", cnp(egress=[item])) == []


def test_cnp028_a_denial_for_the_same_pods_is_as_good_as_an_exception() -> None:
    policy = cnp(egress=[{"toCIDR": ["0.0.0.0/0"]}])
    deny = [{"toCIDR": ["169.254.0.0/16"]}]

    assert only("CNP028", policy, ccnp("imds", labels={}, egressDeny=deny)) == []
    assert len(only("CNP028", policy, ccnp("imds", labels={"app": "api"}, egressDeny=deny))) == 1
    some = ccnp("imds", labels={"tier": "front"}, egressDeny=deny)
    assert only("CNP028", policy, some, inventory=known(pod("web", tier="front"))) == []


def test_cnp029_the_agent_of_pod_identity_by_its_address() -> None:
    assert only("CNP029", cnp(egress=[{"toCIDR": ["169.254.170.23/32"], "toPorts": ports("80")}])) == [
        (
            "spec.egress[0].toCIDR",
            "must not be how pods reach the agent of EKS Pod Identity, which is on the node, "
            "got 169.254.170.23/32; write 'toEntities: [host]' with TCP port 80",
        )
    ]


def test_cnp029_the_agent_as_the_host_and_other_ranges() -> None:
    for item in (
        {"toEntities": ["host"], "toPorts": ports("80")},
        {"toCIDR": ["169.254.169.253/32"], "toPorts": ports("80")},
        {"toCIDR": ["169.254.170.23/32"], "toPorts": ports("443")},
        {"toCIDRSet": [{"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}]},
    ):
        assert only("CNP029", cnp(egress=[item])) == []
