"""Fields and words that a release added, and that a release removed."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.policy import parse, problems_for
from cdk_eks_cilium.policy.availability import FIELDS, LITERALS
from cdk_eks_cilium.versions import CiliumVersion, minors
from tests.unit.policy.written import policy

INSTALL = "leave it out, or install that release"


def problems(rule: str, version: CiliumVersion | None) -> list[str]:
    return [str(problem) for problem in problems_for(parse(policy(rule)), version, "f")]


def before(minor: str) -> CiliumVersion:
    return CiliumVersion.newest_of(minors()[minors().index(minor) - 1])


def item(section: str, text: str) -> str:
    return f"{{endpointSelector: {{}}, {section}: [{text}]}}"


CAME = [
    (("IngressRule", "authentication"), item("ingress", "{authentication: {mode: required}}"), "1.14"),
    (("EgressRule", "authentication"), item("egress", "{authentication: {mode: required}}"), "1.14"),
    (("IngressRule", "from_nodes"), item("ingress", "{fromNodes: [{}]}"), "1.16"),
    (("IngressDenyRule", "from_nodes"), item("ingressDeny", "{fromNodes: [{}]}"), "1.16"),
    (("EgressRule", "to_nodes"), item("egress", "{toNodes: [{}]}"), "1.16"),
    (("EgressDenyRule", "to_nodes"), item("egressDeny", "{toNodes: [{}]}"), "1.16"),
    (("IngressRule", "from_groups"), item("ingress", "{fromGroups: [{}]}"), "1.16"),
    (("IngressDenyRule", "from_groups"), item("ingressDeny", "{fromGroups: [{}]}"), "1.16"),
    (("CidrRule", "cidr_group_ref"), item("ingress", "{fromCIDRSet: [{cidrGroupRef: a}]}"), "1.14"),
    (
        ("CidrRule", "cidr_group_selector"),
        item("ingress", "{fromCIDRSet: [{cidrGroupSelector: {}}]}"),
        "1.17",
    ),
    (("PortProtocol", "end_port"), item("egress", "{toPorts: [{ports: [{port: '1', endPort: 2}]}]}"), "1.16"),
    (("PortRule", "server_names"), item("egress", "{toPorts: [{serverNames: [a.b]}]}"), "1.13"),
    (
        ("PortRule", "listener"),
        item("egress", "{toPorts: [{listener: {name: a, envoyConfig: {name: b}}}]}"),
        "1.13",
    ),
    (
        ("Listener", "priority"),
        item("egress", "{toPorts: [{listener: {name: a, envoyConfig: {name: b}, priority: 1}}]}"),
        "1.16",
    ),
    (
        ("Rule", "enable_default_deny"),
        "{endpointSelector: {}, ingress: [{}], enableDefaultDeny: {egress: true}}",
        "1.16",
    ),
    (("Rule", "log"), "{endpointSelector: {}, ingress: [{}], log: {value: a}}", "1.18"),
]
WENT = [
    (("L7Rules", "kafka"), "{kafka: [{topic: a}]}", ["kafka"]),
    (("L7Rules", "l7proto"), "{l7proto: a}", ["l7proto"]),
    (("L7Rules", "l7"), "{l7proto: a, l7: [{b: c}]}", ["l7proto", "l7"]),
]
WORDS = [
    (("protocol", "SCTP"), "{port: '1', protocol: SCTP}", "1.13"),
    (("protocol", "VRRP"), "{protocol: VRRP}", "1.18"),
    (("protocol", "IGMP"), "{protocol: IGMP}", "1.18"),
    *((("protocol", name), f"{{protocol: {name}}}", "1.20") for name in ("IPIP", "IPV6", "GRE", "ESP", "AH")),
]


PEERS = [
    (("from_entities", "cluster-mesh"), "ingress", "{fromEntities: [cluster-mesh]}", "1.20"),
    (("to_entities", "cluster-mesh"), "egress", "{toEntities: [cluster-mesh]}", "1.20"),
]


def test_every_bound_has_an_example_here() -> None:
    assert {field for field, *_ in (*CAME, *WENT)} == set(FIELDS)
    assert {word for word, *_ in (*WORDS, *PEERS)} == set(LITERALS)


@pytest.mark.parametrize(("field", "rule", "minor"), CAME)
def test_a_field_is_refused_before_the_release_it_came_with(
    field: tuple[str, str], rule: str, minor: str
) -> None:
    (problem,) = problems(rule, before(minor))

    assert f": needs Cilium {minor}, and this is for {before(minor)}; {FIELDS[field].fix}" in problem
    assert problems(rule, CiliumVersion.newest_of(minor)) == []
    assert problems(rule, None) == []


@pytest.mark.parametrize(("field", "rules", "names"), WENT)
def test_a_field_is_refused_from_the_release_it_went_with(
    field: tuple[str, str], rules: str, names: list[str]
) -> None:
    rule = item("egress", f"{{toPorts: [{{ports: [{{port: '1', protocol: TCP}}], rules: {rules}}}]}}")

    assert FIELDS[field].behaviour.until == "1.20"
    assert problems(rule, CiliumVersion.V1_20) == [
        f"f: spec.egress[0].toPorts[0].rules.{name}: was removed in Cilium 1.20, and this is for 1.20.0; "
        "use an HTTP rule, or leave it out"
        for name in names
    ]
    assert problems(rule, CiliumVersion.V1_19) == []


@pytest.mark.parametrize(("word", "port", "minor"), WORDS)
def test_a_word_is_refused_before_the_release_it_came_with(
    word: tuple[str, str], port: str, minor: str
) -> None:
    rule = item("egress", f"{{toPorts: [{{ports: [{port}]}}]}}")

    assert problems(rule, before(minor)) == [
        f"f: spec.egress[0].toPorts[0].ports[0].protocol: needs Cilium {minor}, and this is for "
        f"{before(minor)}; {INSTALL}"
    ]
    assert problems(rule, CiliumVersion.newest_of(minor)) == []


@pytest.mark.parametrize(("word", "section", "text", "minor"), PEERS)
def test_an_entity_is_refused_before_the_release_it_came_with(
    word: tuple[str, str], section: str, text: str, minor: str
) -> None:
    (problem,) = problems(item(section, text), before(minor))

    assert problem == (
        f"f: spec.{section}[0].{text[1:-17]}[0]: needs Cilium {minor}, and this is for {before(minor)}; "
        f"{LITERALS[word].fix}"
    )
    assert problems(item(section, text), CiliumVersion.newest_of(minor)) == []


def test_a_field_is_blamed_where_it_is() -> None:
    rule = item("egress", "{}, {toPorts: [{}, {ports: [{port: '1'}, {port: '1', endPort: 2}]}]}")

    assert problems(rule, CiliumVersion.V1_15) == [
        "f: spec.egress[1].toPorts[1].ports[1].endPort: needs Cilium 1.16, and this is for 1.15.19; "
        "list the ports one by one"
    ]
