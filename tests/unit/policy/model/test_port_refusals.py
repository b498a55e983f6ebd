"""Rules of ports, and of protocols behind ports, that no release of Cilium accepts."""

from __future__ import annotations

import pytest

from tests.unit.policy.written import refusals, with_ports

SERVERS = "write 'api.example.com', '*.example.com' or '**.example.com', without a dot at the end"
SYNTAX = "see https://github.com/google/re2/wiki/Syntax for what there is, and escape special characters"


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("{ports: [{protocol: TCP}]}", ".ports[0]: must give the port; add port, '0' for every port"),
        ("{ports: [{port: 80}]}", ".ports[0].port: must be text, got 80; quote it: '80'"),
        (
            "{ports: [{port: '65536'}]}",
            ".ports[0].port: must be a port from 0 to 65535, got '65536'; correct the number",
        ),
        (
            "{ports: [{port: '080'}]}",
            ".ports[0].port: must be a port from 0 to 65535, got '080'; correct the number",
        ),
        (
            "{ports: [{port: my_port}]}",
            ".ports[0].port: must be a port number, or the name of a port: letters, digits and single "
            "dashes, got 'my_port'; write the number as text, or the name that the pod's container gives the "
            "port",
        ),
        (
            "{ports: [{port: http, endPort: 90}]}",
            ".ports[0]: must begin a range with a number; give port as a number, or leave endPort out",
        ),
        (
            "{ports: [{port: '80', endPort: 70}]}",
            ".ports[0]: must not end a range before its first port 80, got 70; swap them",
        ),
        (
            "{ports: [{port: '80', endPort: 65536}]}",
            ".ports[0].endPort: must be at most 65535, got 65536",
        ),
        (
            "{ports: [{port: '80', endPort: '90'}]}",
            ".ports[0].endPort: must be a whole number, got '90'; leave the quotes out",
        ),
        (
            "{ports: [{port: '80', protocol: tcp}]}",
            ".ports[0].protocol: must be 'TCP', 'UDP', 'SCTP', 'VRRP', 'IGMP', 'IPIP', 'IPV6', 'GRE', 'ESP', "
            "'AH' or 'ANY', got 'tcp'; did you mean 'TCP'?",
        ),
        (
            "{ports: [{port: '80', protocol: VRRP}]}",
            ".ports[0]: must have no port with VRRP, got '80'; leave port out",
        ),
        ("{ports: [" + "{port: '1'}, " * 41 + "]}", ".ports: must list at most 40"),
        ("{serverNames: []}", ".serverNames: must list at least 1"),
        (
            "{serverNames: ['a b']}",
            ": must name TLS servers, got 'a b' in serverNames; " + SERVERS,
        ),
        *(
            (
                f"{{serverNames: ['{name}']}}",
                f": must name TLS servers, got '{name}' in serverNames; {SERVERS}",
            )
            for name in ("api.example.com.", "***", "a.***.com", "a.c**", "a..b", "*.", f"{'a' * 256}")
        ),
        (
            "{serverNames: [a.b, a.b]}",
            ": must name each TLS server once, got 'a.b' twice in serverNames; remove one",
        ),
        (
            "{rules: {http: [], dns: []}}",
            ".rules: must be of one protocol, got http and dns; write one item of toPorts for each",
        ),
        ("{rules: {l7: [{a: b}]}}", ".rules: must have l7proto beside l7; name the parser under l7proto"),
        (
            "{rules: {l7proto: x, l7: [{a: 1}]}}",
            ".rules.l7[0].a: must be text, got 1; quote it: '1'",
        ),
        (
            "{rules: {http: [{path: '['}]}}",
            f".rules.http[0].path: must be a regular expression of RE2 (found a '[' without its ']' at '['), "
            f"got '['; {SYNTAX}",
        ),
        (
            "{rules: {http: [{path: '/(?!admin).*'}]}}",
            ".rules.http[0].path: must be a regular expression of RE2 (found '(?!', which RE2 does not "
            f"know), got '/(?!admin).*'; {SYNTAX}",
        ),
        (
            "{rules: {http: [{host: '(a)\\1'}]}}",
            ".rules.http[0].host: must be a regular expression of RE2 (found '\\\\1', which RE2 does not "
            f"know), got '(a)\\\\1'; {SYNTAX}",
        ),
        (
            "{rules: {http: [{headerMatches: [{name: a, secret: {name: ''}}]}]}}",
            ".rules.http[0].headerMatches[0]: must give the name of its secret; name the Secret",
        ),
        (
            "{rules: {l7proto: x, l7: [{'': a}]}}",
            ".rules: must have no empty key in l7; name the field that the parser reads",
        ),
        (
            "{rules: {kafka: [{role: produce, apiKey: fetch}]}}",
            ".rules.kafka[0]: must have role or apiKey, got both; leave one of them out",
        ),
        (
            "{rules: {kafka: [{apiKey: send}]}}",
            ".rules.kafka[0]: must name a request of Kafka under apiKey, got 'send'; use a name such as "
            "produce, fetch or metadata",
        ),
        (
            "{rules: {kafka: [{apiVersion: '40000'}]}}",
            ".rules.kafka[0]: must have a number up to 32767 as apiVersion, got '40000'; correct it, or "
            "leave it out for every version",
        ),
        (
            "{rules: {kafka: [{topic: 'a*'}]}}",
            ".rules.kafka[0]: must have a topic of letters, digits, '.', '_' and '-', got 'a*'; correct it: "
            "a topic is a name and no pattern",
        ),
        (
            "{rules: {http: [{headerMatches: [{name: ''}]}]}}",
            ".rules.http[0].headerMatches[0].name: must not be empty, got ''",
        ),
        (
            "{rules: {http: [{headerMatches: [{name: a, mismatch: DROP}]}]}}",
            ".rules.http[0].headerMatches[0].mismatch: must be 'LOG', 'ADD', 'DELETE' or 'REPLACE', got "
            "'DROP'",
        ),
        (
            "{rules: {kafka: [{role: admin}]}}",
            ".rules.kafka[0].role: must be 'produce' or 'consume', got 'admin'",
        ),
        ("{terminatingTLS: {}}", ".terminatingTLS.secret: must be given"),
        (
            "{originatingTLS: {secret: {name: ''}}}",
            ".originatingTLS: must give the name of its secret; name the Secret",
        ),
        ("{listener: {name: a}}", ".listener.envoyConfig: must be given"),
        (
            "{listener: {name: a, envoyConfig: {name: b}, priority: 0}}",
            ".listener.priority: must be at least 1, got 0",
        ),
        (
            "{listener: {name: a, envoyConfig: {name: b, kind: C}}}",
            ".listener.envoyConfig.kind: must be 'CiliumEnvoyConfig' or 'CiliumClusterwideEnvoyConfig', got "
            "'C'",
        ),
    ],
)
def test_an_invalid_rule_of_ports_is_refused(rule: str, text: str) -> None:
    assert refusals(with_ports(rule)) == [f"f: spec.egress[0].toPorts[0]{text}"]
