"""Policies in YAML that no release of Cilium accepts, with the refusals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.policy.written import in_egress, in_ingress, policy, refusals

KEY = "write 'app', 'example.com/app' or, with its source, 'k8s:app'"
LABEL = "use at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends"
NAME = "use at most 253 lower-case letters, digits, '-' and '.', with a letter or digit at both ends"
ICMP_NAMES = (
    "EchoReply, DestinationUnreachable, Redirect, Echo, EchoRequest, RouterAdvertisement, RouterSelection, "
    "TimeExceeded, ParameterProblem, Timestamp, TimestampReply, Photuris, ExtendedEchoRequest, "
    "ExtendedEcho Reply"
)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            policy(""),
            "f: must have rules under spec or specs; add spec with an endpointSelector",
        ),
        (
            policy("", specs=[]),
            "f: must have rules under spec or specs; add spec with an endpointSelector",
        ),
        (
            policy("{}"),
            "f: spec: must have exactly one of endpointSelector and nodeSelector; "
            "add 'endpointSelector: {}' for every pod, or write two rules",
        ),
        (
            policy("{endpointSelector: {}, nodeSelector: {}}", "CiliumClusterwideNetworkPolicy"),
            "f: spec: must have exactly one of endpointSelector and nodeSelector; "
            "add 'endpointSelector: {}' for every pod, or write two rules",
        ),
        (
            policy("{nodeSelector: {}}"),
            "f: must select endpoints, got nodeSelector; write a CiliumClusterwideNetworkPolicy for nodes",
        ),
        (
            policy(kind="CiliumClusterwideNetworkPolicy", metadata={"name": "p", "namespace": "a"}),
            "f: must have no namespace; leave metadata.namespace out, or write a CiliumNetworkPolicy",
        ),
        (
            policy(metadata={"name": "P"}),
            f"f: metadata.name: must be a valid Kubernetes name, got 'P'; {NAME}",
        ),
        (
            policy(metadata={"name": "p", "namespace": "a.b"}),
            "f: metadata.namespace: must be the name of a namespace, got 'a.b'; "
            "use at most 63 lower-case letters, digits and '-'",
        ),
        (policy(metadata={}), "f: metadata.name: must be given"),
        (policy(apiVersion="cilium.io/v1"), "f: apiVersion: must be 'cilium.io/v2', got 'cilium.io/v1'"),
        (
            policy("{endpointSelector: {}, log: {value: '" + "x" * 33 + "'}}"),
            f"f: spec.log.value: must have at most 32 characters, got '{'x' * 33}'",
        ),
        (
            policy('{endpointSelector: {}, log: {value: "a\\tb"}}'),
            "f: spec.log.value: must have no control characters, got 'a\\tb'; "
            "keep to letters, digits, spaces and punctuation",
        ),
        (policy("{endpointSelector: {}, labels: [{value: a}]}"), "f: spec.labels[0].key: must be given"),
    ],
)
def test_an_invalid_policy_is_refused(data: dict[str, Any], text: str) -> None:
    assert refusals(data) == [text]


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        (
            "{matchLabels: {a: b c}}",
            f".matchLabels: must have valid label values, got 'b c' for 'a'; {LABEL}",
        ),
        (
            "{matchLabels: {a: " + "b" * 64 + "}}",
            f".matchLabels: must have valid label values, got '{'b' * 64}' for 'a'; {LABEL}",
        ),
        (
            "{matchLabels: {a b: c}}",
            ".matchLabels: must have valid label keys, got 'a b'; " + KEY,
        ),
        (
            "{matchLabels: {'': c}}",
            ".matchLabels: must have valid label keys, got ''; " + KEY,
        ),
        (
            "{matchExpressions: [{key: a b, operator: Exists}]}",
            ".matchExpressions[0].key: must be a valid label key, got 'a b'; " + KEY,
        ),
        ("{matchLabels: {'a:b:c': d}}", ".matchLabels: must have valid label keys, got 'a:b:c'; " + KEY),
        ("{matchLabels: {a/b/c: d}}", ".matchLabels: must have valid label keys, got 'a/b/c'; " + KEY),
        (
            "{matchLabels: {'k8s:" + "a" * 64 + "': b}}",
            f".matchLabels: must have valid label keys, got 'k8s:{'a' * 64}'; {KEY}",
        ),
        (
            "{matchExpressions: [{key: a, operator: In, values: [foo/bar]}]}",
            f".matchExpressions[0].values: must list valid label values, got 'foo/bar'; {LABEL}",
        ),
        (
            "{matchExpressions: [{key: a, operator: NotIn, values: [b, '-']}]}",
            f".matchExpressions[0].values: must list valid label values, got '-'; {LABEL}",
        ),
        (
            "{matchExpressions: [{key: a, operator: Is}]}",
            ".matchExpressions[0].operator: must be 'In', 'NotIn', 'Exists' or 'DoesNotExist', got 'Is'",
        ),
        (
            "{matchExpressions: [{key: a, operator: In, values: []}]}",
            ".matchExpressions[0]: must list values for the operator In; add them under values",
        ),
        (
            "{matchExpressions: [{key: a, operator: NotIn}]}",
            ".matchExpressions[0]: must list values for the operator NotIn; add them under values",
        ),
        (
            "{matchExpressions: [{key: a, operator: Exists, values: [b]}]}",
            ".matchExpressions[0]: takes no values with the operator Exists; leave values out, or use In or "
            "NotIn",
        ),
    ],
)
def test_an_invalid_selector_is_refused(selector: str, text: str) -> None:
    assert refusals(policy(f"{{endpointSelector: {selector}}}")) == [f"f: spec.endpointSelector{text}"]


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (
            "{toEntities: [world], toCIDR: [10.0.0.0/8]}",
            ": must have one kind of peer, got toEntities and toCIDR; write one item for each kind",
        ),
        (
            "{icmps: [{}], toPorts: [{}]}",
            ": must have icmps or toPorts, got both; write one item for each",
        ),
        (
            "{toEntities: [world-ipv4]}",
            ".toEntities[0]: must be 'all', 'world', 'cluster', 'cluster-mesh', 'host', 'init', 'ingress', "
            "'unmanaged', 'remote-node', 'health', 'none' or 'kube-apiserver', got 'world-ipv4'; "
            "did you mean 'world'?",
        ),
        (
            "{toCIDR: [192.0.2.1]}",
            ".toCIDR[0]: must be a range with its prefix length, got '192.0.2.1'; "
            "write '192.0.2.1/32' for one address",
        ),
        (
            "{toCIDR: ['2001:db8::1']}",
            ".toCIDR[0]: must be a range with its prefix length, got '2001:db8::1'; "
            "write '2001:db8::1/128' for one address",
        ),
        (
            "{toCIDR: [10.0.0.256/8]}",
            ".toCIDR[0]: must be an IP range such as '10.0.0.0/8', got '10.0.0.256/8'; "
            "correct the address or length",
        ),
        (
            "{toCIDR: [10.0.0.0/255.0.0.0]}",
            ".toCIDR[0]: must give its prefix length as a number, got '10.0.0.0/255.0.0.0'; "
            "write '10.0.0.0/8', not a netmask",
        ),
        (
            "{toCIDR: [10.0.0.0/08]}",
            ".toCIDR[0]: must give its prefix length as a number, got '10.0.0.0/08'; "
            "write '10.0.0.0/8', not a netmask",
        ),
        (
            "{toCIDR: ['fe80::%1/64']}",
            ".toCIDR[0]: must have no zone, got 'fe80::%1/64'; leave out '%' and what follows",
        ),
        (
            "{toCIDRSet: [{}]}",
            ".toCIDRSet[0]: must have exactly one of cidr, cidrGroupRef and cidrGroupSelector; "
            "split it into several items, or add a cidr",
        ),
        (
            "{toCIDRSet: [{cidr: 10.0.0.0/8, cidrGroupRef: a}]}",
            ".toCIDRSet[0]: must have exactly one of cidr, cidrGroupRef and cidrGroupSelector; "
            "split it into several items, or add a cidr",
        ),
        (
            "{toCIDRSet: [{cidr: 10.0.0.0/8, except: [11.0.0.0/16]}]}",
            ".toCIDRSet[0]: must have exceptions inside 10.0.0.0/8, got 11.0.0.0/16; leave the exception out",
        ),
        (
            "{toCIDRSet: [{cidr: 10.0.0.0/16, except: [10.0.0.0/8]}]}",
            ".toCIDRSet[0]: must have exceptions inside 10.0.0.0/16, got 10.0.0.0/8; leave the exception out",
        ),
        (
            "{toCIDRSet: [{cidr: 0.0.0.0/0, except: ['::/0']}]}",
            ".toCIDRSet[0]: must have exceptions inside 0.0.0.0/0, got ::/0; leave the exception out",
        ),
        (
            "{toCIDRSet: [{cidrGroupRef: A}]}",
            f".toCIDRSet[0].cidrGroupRef: must be the name of a CiliumCIDRGroup, got 'A'; {NAME}",
        ),
        (
            "{toFQDNs: [{}]}",
            ".toFQDNs[0]: must have exactly one of matchName and matchPattern; write two items for both",
        ),
        (
            "{toFQDNs: [{matchName: a.b, matchPattern: a.b}]}",
            ".toFQDNs[0]: must have exactly one of matchName and matchPattern; write two items for both",
        ),
        (
            f"{{toFQDNs: [{{matchName: '{'a' * 200}:443'}}]}}",
            f".toFQDNs[0]: must be a DNS name of at most 255 characters, got '{'a' * 200}:443'",
        ),
        (
            "{toFQDNs: [{matchName: '*.b'}]}",
            ".toFQDNs[0]: must be a DNS name of at most 255 characters, got '*.b'; '*' is for matchPattern",
        ),
        (
            "{toFQDNs: [{matchPattern: 'https://a'}]}",
            ".toFQDNs[0]: must be a DNS name of at most 255 characters, got 'https://a'",
        ),
        (
            "{toFQDNs: [{matchName: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/}]}",
            f".toFQDNs[0]: must be a DNS name of at most 255 characters, got '{'a' * 60}/'",
        ),
        (
            "{toServices: [{k8sServiceSelector: {}}]}",
            ".toServices[0].k8sServiceSelector.selector: must be given",
        ),
        (
            "{authentication: {mode: always}}",
            ".authentication.mode: must be 'disabled', 'required' or 'test-always-fail', got 'always'",
        ),
        (
            "{icmps: [{fields: [{type: 256}]}]}",
            f".icmps[0].fields[0]: must be a type of ICMP, got 256; give its number, or one of {ICMP_NAMES}",
        ),
        (
            "{icmps: [{fields: [{type: PacketTooBig}]}]}",
            f".icmps[0].fields[0]: must be a type of ICMP, got 'PacketTooBig'; "
            f"give its number, or one of {ICMP_NAMES}",
        ),
        (
            "{icmps: [{fields: [{type: [8]}]}]}",
            ".icmps[0].fields[0].type: must be a whole number or text",
        ),
        (
            "{icmps: [{fields: [" + "{type: 8}, " * 41 + "]}]}",
            ".icmps[0].fields: must list at most 40",
        ),
    ],
)
def test_an_invalid_item_is_refused(item: str, text: str) -> None:
    assert refusals(in_egress(item)) == [f"f: spec.egress[0]{text}"]


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (
            "{toPorts: [{rules: {dns: [{matchPattern: '*'}]}}]}",
            "must have no DNS rules in ingress; put them into egress, to the DNS servers",
        ),
        (
            "{toPorts: [{listener: {name: a, envoyConfig: {name: b}}}]}",
            "must have no listener in ingress; use it in egress",
        ),
        (
            "{fromEndpoints: [{}], fromEntities: [all]}",
            "must have one kind of peer, got fromEndpoints and fromEntities; write one item for each kind",
        ),
    ],
)
def test_what_is_for_egress_is_refused_in_ingress(item: str, text: str) -> None:
    assert refusals(in_ingress(item)) == [f"f: spec.ingress[0]: {text}"]


@pytest.mark.parametrize(
    ("section", "field"),
    [("ingress", "toFQDNs"), ("ingress", "toServices"), ("egressDeny", "toFQDNs"), ("egress", "fromNodes")],
)
def test_a_peer_in_a_section_that_has_no_such_field_is_refused(section: str, field: str) -> None:
    (text,) = refusals(policy(f"{{endpointSelector: {{}}, {section}: [{{{field}: []}}]}}"))

    assert text.startswith(f"f: spec.{section}[0].{field}: is not a field of {section}; ")


def test_layer_7_rules_are_refused_where_something_is_denied() -> None:
    data = policy("{endpointSelector: {}, egressDeny: [{toPorts: [{rules: {http: [{}]}}]}]}")

    assert refusals(data) == [
        "f: spec.egressDeny[0].toPorts[0].rules: is not a field of toPorts; known fields are ports"
    ]


def test_everything_wrong_is_reported_at_once() -> None:
    data = policy("{endpointSelector: {matchLabels: {a: 1}}, egress: [{toCIDR: [a, b]}, {toPort: []}]}")

    assert len(refusals(data)) == 4


def test_a_long_value_is_not_shown_whole() -> None:
    (text,) = refusals(policy(metadata={"name": "a" * 254}))

    assert text.startswith("f: metadata.name: must be a valid Kubernetes name, got ")
    assert len(text) < 330
    assert text.endswith(NAME)
