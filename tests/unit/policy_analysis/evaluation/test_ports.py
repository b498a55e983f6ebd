from __future__ import annotations

import pytest

from cdk_eks_cilium.policy_analysis.evaluation import HttpRequest
from tests.unit.policy_analysis.evaluation.worlds import allowed, cluster, egress, pod, policy

PODS = pod("a/web") + pod(
    "b/api",
    more="containers: [{name: c, ports: [{name: HTTP, containerPort: 8080}, "
    "{name: dns, containerPort: 53, protocol: UDP}]}]",
)


def passes(to_ports: str, port: int, protocol: str = "TCP", destination: str = "b/api") -> bool:
    """Whether a/web, whose only rule allows those ports of anyone, gets through."""
    spec = f"endpointSelector: {{}}\negress: [{{toEntities: [all], toPorts: [{to_ports}]}}]"
    return allowed(cluster(PODS + policy("a/p", spec)), "a/web", destination, port, protocol)


def test_a_port_without_a_protocol_is_of_tcp_udp_and_sctp() -> None:
    ports = "{ports: [{port: '80'}]}"
    assert all(passes(ports, 80, protocol) for protocol in ("TCP", "UDP", "SCTP"))
    assert not passes(ports, 81)
    assert not passes(ports, 8, "ICMP")


def test_a_port_with_a_protocol_is_of_it_alone() -> None:
    assert passes("{ports: [{port: '80', protocol: UDP}]}", 80, "UDP")
    assert not passes("{ports: [{port: '80', protocol: UDP}]}", 80, "TCP")


def test_a_range_has_both_its_ends() -> None:
    ports = "{ports: [{port: '8000', endPort: 8010, protocol: TCP}]}"
    assert [passes(ports, port) for port in (7999, 8000, 8010, 8011)] == [False, True, True, False]


def test_port_zero_is_every_port_of_the_protocol() -> None:
    assert passes("{ports: [{port: '0', protocol: TCP}]}", 65535)
    assert not passes("{ports: [{port: '0', protocol: TCP}]}", 53, "UDP")


def test_a_name_is_the_port_that_the_receiver_calls_so() -> None:
    assert passes("{ports: [{port: http, protocol: TCP}]}", 8080)
    assert not passes("{ports: [{port: http, protocol: TCP}]}", 80)
    assert not passes("{ports: [{port: dns, protocol: TCP}]}", 53)
    assert passes("{ports: [{port: dns}]}", 53, "UDP")
    assert not passes("{ports: [{port: http, protocol: TCP}]}", 8080, destination="cidr:203.0.113.9")


def test_a_peer_without_ports_is_let_through_with_everything() -> None:
    world = cluster(PODS + policy("a/p", "endpointSelector: {}\negress: [{toEntities: [all]}]"))
    assert allowed(world, "a/web", "b/api", 8, "ICMP")
    assert allowed(world, "a/web", "b/api", 9999, "SCTP")


@pytest.mark.parametrize(
    ("field", "kind", "protocol", "met"),
    [
        ("{type: 8}", 8, "ICMP", True),
        ("{type: EchoRequest}", 8, "ICMP", True),
        ("{type: EchoRequest, family: IPv6}", 128, "ICMPv6", True),
        ("{type: 8}", 0, "ICMP", False),
        ("{type: 8}", 8, "ICMPv6", False),
        ("{type: 0}", 8, "ICMP", True),
        ("{type: EchoReply}", 13, "ICMP", True),
        ("{type: 0}", 8, "ICMPv6", False),
    ],
)
def test_icmp_is_let_through_by_type(field: str, kind: int, protocol: str, met: bool) -> None:
    spec = f"endpointSelector: {{}}\negress: [{{toEntities: [all], icmps: [{{fields: [{field}]}}]}}]"
    world = cluster(PODS + policy("a/p", spec))
    assert allowed(world, "a/web", "b/api", kind, protocol) is met
    assert not allowed(world, "a/web", "b/api", 80)


def limits(to_ports: str, port: int = 443) -> tuple[str, ...]:
    spec = f"endpointSelector: {{}}\negress: [{{toEntities: [all], toPorts: [{to_ports}]}}]"
    return egress(cluster(PODS + policy("a/p", spec)), "a/web", "b/api", port).limits


@pytest.mark.parametrize(
    ("to_ports", "text"),
    [
        (
            "{ports: [{port: '443', protocol: TCP}], rules: {http: [{method: GET, path: /x, host: h, "
            "headers: [X-A]}]}}",
            "HTTP GET /x at h with headers",
        ),
        ("{ports: [{port: '443', protocol: TCP}], rules: {http: [{}]}}", "HTTP any method any path"),
        ("{ports: [{port: '443', protocol: TCP}], rules: {kafka: [{topic: t}]}}", "Kafka t"),
        ("{ports: [{port: '443', protocol: TCP}], rules: {l7proto: x, l7: [{a: b}]}}", "x rules"),
        ("{ports: [{port: '443'}], rules: {dns: [{matchName: a.b}]}}", "DNS a.b"),
        ("{ports: [{port: '443', protocol: TCP}], serverNames: [a.b, '*.c']}", "TLS to a.b, *.c"),
        (
            "{ports: [{port: '443', protocol: TCP}], listener: {name: l, envoyConfig: {name: e}}}",
            "what Envoy's listener l lets through",
        ),
    ],
)
def test_limits_are_said_in_words(to_ports: str, text: str) -> None:
    assert limits(to_ports) == (text,)


def test_lists_of_rules_without_one_limit_nothing() -> None:
    assert limits("{ports: [{port: '443', protocol: TCP}], rules: {http: []}}") == ()


def test_authentication_is_a_limit() -> None:
    spec = "endpointSelector: {}\negress: [{toEntities: [all], authentication: {mode: required}}]"
    assert egress(cluster(PODS + policy("a/p", spec)), "a/web", "b/api").limits == ("mutual authentication",)
    off = spec.replace("required", "disabled")
    assert egress(cluster(PODS + policy("a/p", off)), "a/web", "b/api").limits == ()


@pytest.mark.parametrize(
    ("name", "met"),
    [
        ("api.example.com", True),
        ("API.Example.com.", True),
        ("a.wild.com", True),
        ("a.b.wild.com", False),
        ("a.b.deep.com", True),
        ("deep.com", False),
    ],
)
def test_server_names_are_matched(name: str, met: bool) -> None:
    ports = (
        "{ports: [{port: '443', protocol: TCP}], serverNames: [api.example.com, '*.wild.com', '**.deep.com']}"
    )
    spec = f"endpointSelector: {{}}\negress: [{{toEntities: [all], toPorts: [{ports}]}}]"
    world = cluster(PODS + policy("a/p", spec))
    assert allowed(world, "a/web", "b/api", 443, server_name=name) is met


@pytest.mark.parametrize(
    ("rule", "request_", "met"),
    [
        ("host: 'a[.]b'", HttpRequest(host="a.b"), True),
        ("host: 'a[.]b'", HttpRequest(host="x.a.b"), False),
        ("headers: ['X-Token: 1']", HttpRequest(headers=(("x-token", "1"),)), True),
        ("headers: ['X-Token 1']", HttpRequest(headers=(("x-token", "1"),)), True),
        ("headers: ['X-Token: 1']", HttpRequest(headers=(("x-token", "2"),)), False),
        ("headers: [X-Token]", HttpRequest(headers=(("x-token", "2"),)), True),
        ("headers: [X-Token]", HttpRequest(), False),
        ("headers: ['X-Token:1']", HttpRequest(headers=(("x-token", "1"),)), False),
        ("headers: ['X-Token: a b:c']", HttpRequest(headers=(("x-token", "a b:c"),)), True),
        ("headers: ['X-Token: a']", HttpRequest(headers=(("x-token", "a b"),)), False),
        ("headerMatches: [{name: X-A, value: '1'}]", HttpRequest(headers=(("X-A", "1"),)), True),
        ("headerMatches: [{name: X-A, value: '1'}]", HttpRequest(headers=(("X-A", "2"),)), False),
        ("headerMatches: [{name: X-A, value: '1', mismatch: LOG}]", HttpRequest(), True),
    ],
)
def test_requests_are_matched_whole(rule: str, request_: HttpRequest, met: bool) -> None:
    ports = f"{{ports: [{{port: '80', protocol: TCP}}], rules: {{http: [{{{rule}}}]}}}}"
    spec = f"endpointSelector: {{}}\negress: [{{toEntities: [all], toPorts: [{ports}]}}]"
    assert allowed(cluster(PODS + policy("a/p", spec)), "a/web", "b/api", 80, http=request_) is met
