"""What the API server stores and an agent then refuses."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy import parse, problems_for
from cdk_eks_cilium.versions import CiliumVersion
from tests.unit.policy.written import in_egress, policy

HTTP = "rules: {http: [{method: GET}]}"
DNS = "rules: {dns: [{matchPattern: '*'}]}"
TCP = "ports: [{port: '80', protocol: TCP}]"


def problems(
    data: dict[str, Any], version: CiliumVersion | None = None, where: str | None = "f"
) -> list[str]:
    return [str(problem) for problem in problems_for(parse(data), version, where)]


def behind(rule: str) -> dict[str, Any]:
    """A policy with a rule of ports in egress."""
    return in_egress(f"{{toPorts: [{{{rule}}}]}}")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (
            f"ports: [{{port: '80'}}], {HTTP}",
            "must be TCP alone with http rules, got ANY; add 'protocol: TCP'",
        ),
        (
            f"ports: [{{port: '80', protocol: UDP}}], {HTTP}",
            "must be TCP alone with http rules, got UDP; add 'protocol: TCP'",
        ),
        (
            "ports: [{port: '80'}], rules: {kafka: [{topic: a}]}",
            "must be TCP alone with kafka rules, got ANY; add 'protocol: TCP'",
        ),
        (
            "ports: [{port: '80'}], rules: {l7proto: x, l7: [{a: b}]}",
            "must be TCP alone with l7proto rules, got ANY; add 'protocol: TCP'",
        ),
        (DNS, 'must name the port with dns rules; add port "53"'),
        (
            f"ports: [{{port: '53', endPort: 54}}], {DNS}",
            "must have no port range with dns rules; list the ports one by one",
        ),
        (
            f"ports: [{{port: '0', protocol: TCP}}], {HTTP}",
            "must not have port 0 with http rules; name the ports",
        ),
        (f"ports: [{{port: '0'}}], {DNS}", "must not have port 0 with dns rules; name the ports"),
        (
            f"{TCP}, {HTTP}, serverNames: [a.b]",
            "must not have serverNames with http rules, unless a terminatingTLS lets Cilium look inside; "
            "leave one of them out",
        ),
        (
            f"{TCP}, {HTTP}, listener: {{name: a, envoyConfig: {{name: b}}}}",
            "must not have a listener with http rules; leave one of them out",
        ),
    ],
)
def test_rules_that_no_agent_takes_are_refused_for_every_release(rule: str, text: str) -> None:
    assert problems(behind(rule)) == [f"f: spec.egress[0].toPorts[0]: {text}"]


@pytest.mark.parametrize(
    "rule",
    [
        f"{TCP}, {HTTP}",
        f"ports: [{{port: http, protocol: TCP}}], {HTTP}",
        f"ports: [{{port: '53'}}, {{port: '53', protocol: UDP}}], {DNS}",
        f"ports: [{{port: '53', endPort: 53}}], {DNS}",
        f"{TCP}, {HTTP}, serverNames: [a.b], terminatingTLS: {{secret: {{name: a}}}}",
        f"{TCP}, serverNames: [a.b]",
        # Lists without anything in them look at nothing.
        "ports: [{port: '0'}], rules: {http: []}",
        "rules: {dns: []}",
        "ports: [{port: '80'}], rules: {l7proto: x}",
    ],
)
def test_rules_that_agents_take_are_taken(rule: str) -> None:
    assert problems(behind(rule)) == []


@pytest.mark.parametrize(
    ("section", "rules", "protocol"),
    [
        ("ingress", f"{TCP}, {HTTP}", "http"),
        ("egress", f"{TCP}, {HTTP}", "http"),
        ("egress", f"{TCP}, rules: {{kafka: [{{topic: a}}]}}", "kafka"),
    ],
)
def test_requests_to_nodes_are_not_inspected(section: str, rules: str, protocol: str) -> None:
    data = policy(
        f"{{nodeSelector: {{}}, {section}: [{{toPorts: [{{{rules}}}]}}]}}", "CiliumClusterwideNetworkPolicy"
    )

    assert problems(data) == [
        f"f: spec.{section}[0].toPorts[0]: must have no {protocol} rules in {section} of a policy for nodes; "
        "leave rules out, or use dns in egress"
    ]


def test_dns_queries_of_nodes_may_be_inspected_from_1_17_on() -> None:
    rule = f"{{nodeSelector: {{}}, egress: [{{toPorts: [{{ports: [{{port: '53'}}], {DNS}}}]}}]}}"

    assert problems(policy(rule, "CiliumClusterwideNetworkPolicy"), CiliumVersion.V1_17) == []
    assert problems(policy(rule, "CiliumClusterwideNetworkPolicy"), CiliumVersion.V1_16) == [
        "f: spec.egress[0].toPorts[0]: needs Cilium 1.17 for dns rules in a policy for nodes, and this is "
        "for 1.16.19; leave rules out"
    ]


@pytest.mark.parametrize("minor", ["1.14", "1.15", "1.16"])
@pytest.mark.parametrize("section", ["egress", "egressDeny"])
def test_a_service_with_ports_is_refused_from_1_14_to_1_16(minor: str, section: str) -> None:
    version = CiliumVersion.newest_of(minor)
    data = policy(
        f"{{endpointSelector: {{}}, {section}: "
        "[{toServices: [{k8sService: {serviceName: a}}], toPorts: [{ports: [{port: '1'}]}]}]}"
    )

    assert problems(data, version) == [
        f"f: spec.{section}[0]: must not have toServices with toPorts, which Cilium {version} refuses; leave "
        "toPorts out, or name the pods or kube-apiserver (toEntities) instead of the Service"
    ]


@pytest.mark.parametrize("minor", ["1.12", "1.13", "1.17", "1.20"])
def test_a_service_with_ports_is_taken_before_and_after(minor: str) -> None:
    data = in_egress("{toServices: [{k8sService: {serviceName: a}}], toPorts: [{ports: [{port: '1'}]}]}")

    assert problems(data, CiliumVersion.newest_of(minor)) == []


@pytest.mark.parametrize(("section", "field"), [("egress", "toRequires"), ("ingressDeny", "fromRequires")])
def test_required_labels_are_refused_from_1_19_on(section: str, field: str) -> None:
    data = policy(f"{{endpointSelector: {{}}, {section}: [{{{field}: [{{}}]}}]}}")

    assert problems(data, CiliumVersion.V1_18) == []
    assert problems(data, CiliumVersion.V1_19) == [
        f"f: spec.{section}[0].{field}: must be empty from Cilium 1.19 on; "
        "require the labels in the endpoint selectors"
    ]


def test_an_empty_list_of_required_labels_is_taken() -> None:
    assert problems(in_egress("{toRequires: []}"), CiliumVersion.V1_19) == []


@pytest.mark.parametrize("sections", ["", ", ingress: []", ", egress: [], ingressDeny: []"])
def test_a_rule_without_items_is_refused_from_1_17_on(sections: str) -> None:
    data = policy(f"{{endpointSelector: {{}}{sections}}}")

    assert problems(data, CiliumVersion.V1_16) == []
    assert problems(data, CiliumVersion.V1_17) == [
        "f: spec: must have an item in one of ingress, ingressDeny, egress and egressDeny; "
        "write 'ingress: [{}]' or 'egress: [{}]' for a default deny"
    ]


def test_rules_of_no_protocol_are_refused_from_1_16_on() -> None:
    data = behind("rules: {}")

    assert problems(data, CiliumVersion.V1_15) == []
    assert problems(data, CiliumVersion.V1_16) == [
        "f: spec.egress[0].toPorts[0].rules: must be of one protocol; add http or dns, or leave rules out"
    ]


def test_an_icmp_type_is_a_number_before_1_16() -> None:
    data = in_egress("{icmps: [{fields: [{type: 8}, {type: EchoRequest, family: IPv6}]}]}")

    assert problems(data, CiliumVersion.V1_16) == []
    assert problems(data, CiliumVersion.V1_15) == [
        "f: spec.egress[0].icmps[0].fields[1].type: needs Cilium 1.16 as text, and this is for 1.15.19; "
        "write 128"
    ]


def test_every_rule_of_a_policy_is_checked() -> None:
    data = policy("", specs=[{"endpointSelector": {}, "ingress": [{}]}, {"endpointSelector": {}}])

    assert problems(data, CiliumVersion.V1_19) == [
        "f: specs[1]: must have an item in one of ingress, ingressDeny, egress and egressDeny; "
        "write 'ingress: [{}]' or 'egress: [{}]' for a default deny"
    ]


def test_a_policy_is_blamed_by_its_kind_and_name() -> None:
    (text,) = problems(behind(DNS), where=None)

    assert text.startswith("CiliumNetworkPolicy p: spec.egress[0].toPorts[0]: ")


def test_groups_of_ranges_are_for_egress_from_1_16_on() -> None:
    data = in_egress("{toCIDRSet: [{cidr: 10.0.0.0/8}, {cidrGroupRef: a}]}")

    assert problems(data, CiliumVersion.V1_16) == []
    assert problems(data, CiliumVersion.V1_15) == [
        "f: spec.egress[0].toCIDRSet[1]: needs Cilium 1.16, and this is for 1.15.19; list the ranges"
    ]


def test_groups_of_ranges_have_exceptions_from_1_17_on() -> None:
    data = policy(
        "{endpointSelector: {}, ingress: [{fromCIDRSet: [{cidrGroupRef: a, except: [10.0.0.0/8]}]}]}"
    )

    assert problems(data, CiliumVersion.V1_17) == []
    assert problems(data, CiliumVersion.V1_16) == [
        "f: spec.ingress[0].fromCIDRSet[0].except: needs Cilium 1.17 beside cidrGroupRef, and this is for "
        "1.16.19; list the ranges"
    ]


@pytest.mark.parametrize(
    ("name", "before", "minor", "since"),
    [
        ("*.a.b", CiliumVersion.V1_17, "1.18", CiliumVersion.V1_18),
        ("**.a.b", CiliumVersion.V1_17, "1.18", CiliumVersion.V1_18),
        ("api-*.a.b", CiliumVersion.V1_19, "1.20", CiliumVersion.V1_20),
        ("*.*.b", CiliumVersion.V1_19, "1.20", CiliumVersion.V1_20),
    ],
)
def test_a_pattern_of_server_names_is_refused_before_its_release(
    name: str, before: CiliumVersion, minor: str, since: CiliumVersion
) -> None:
    data = behind(f"{TCP}, serverNames: [a.b, '{name}']")

    assert problems(data, since) == []
    assert problems(data, before) == [
        f"f: spec.egress[0].toPorts[0].serverNames[1]: needs Cilium {minor} for the '*' in '{name}', and "
        f"this is for {before}; list the names one by one"
    ]
