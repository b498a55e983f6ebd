"""Names are reached once Cilium has heard pods ask for them."""

from __future__ import annotations

import pytest

from tests.unit.policy_analysis.evaluation.worlds import allowed, cluster, egress, pod, policy, side

PODS = pod("a/web") + pod("kube-system/coredns", labels="k8s-app: kube-dns")
DNS = (
    'egress:\n- toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system}}]\n'
    "  toPorts: [{ports: [{port: '53', protocol: ANY}], rules: {dns: [{matchPattern: '*.example.com'}]}}]\n"
)
NAMES = (
    "- toFQDNs: [{matchPattern: '*.example.com'}, {matchName: example.org}]\n"
    "  toPorts: [{ports: [{port: '443'}]}]"
)


def test_a_name_is_reached_once_a_dns_rule_shows_its_addresses() -> None:
    world = cluster(PODS + policy("a/p", "endpointSelector: {}\n" + DNS + NAMES))
    verdict = egress(world, "a/web", "fqdn:api.example.com", 443)
    assert verdict.allowed
    assert verdict.remarks == (
        "Cilium learns the addresses of the name by CiliumNetworkPolicy a/p spec.egress[0]",
    )
    assert not allowed(world, "a/web", "fqdn:api.example.com", 80)


def test_a_name_that_no_dns_rule_covers_is_not_reached() -> None:
    verdict = egress(
        cluster(PODS + policy("a/p", "endpointSelector: {}\n" + DNS + NAMES)),
        "a/web",
        "fqdn:example.org",
        443,
    )
    assert not verdict.allowed
    assert verdict.reason == (
        "a rule allows the name, but no DNS rule lets Cilium see to which addresses it leads"
    )
    assert verdict.change == "allow a/web port 53 of the DNS servers with rules.dns that match the name"


def test_the_dns_rule_may_be_in_another_policy() -> None:
    world = cluster(
        PODS
        + policy("a/dns", "endpointSelector: {}\n" + DNS)
        + policy("a/p", "endpointSelector: {}\negress:\n" + NAMES)
    )
    assert allowed(world, "a/web", "fqdn:api.example.com", 443)


def test_a_name_needs_no_dns_rule_where_all_the_world_is_allowed() -> None:
    world = cluster(PODS + policy("a/p", "endpointSelector: {}\negress: [{toEntities: [world]}]"))
    assert allowed(world, "a/web", "fqdn:example.org", 443)


WIDE = """
egress:
- toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, k8s-app: kube-dns}}]
  toPorts: [{ports: [{port: '53', protocol: ANY}]}]
"""


@pytest.mark.parametrize(
    "spec",
    [
        WIDE,
        "egress: [{toPorts: [{ports: [{port: '53'}]}]}]",
        "egress: [{toEntities: [cluster], toPorts: [{ports: [{port: '53', protocol: UDP}, {port: '5'}]}]}]",
        DNS.partition(", rules")[0] + "}]",
    ],
)
def test_every_name_may_be_asked_of_a_server_that_another_rule_allows_as_it_is(spec: str) -> None:
    world = cluster(
        PODS
        + policy("a/p", "endpointSelector: {}\n" + DNS + NAMES)
        + policy("a/wide", "endpointSelector: {}\n" + spec)
    )
    verdict = egress(world, "a/web", "fqdn:example.org", 443)
    assert verdict.allowed
    assert verdict.remarks == (
        "Cilium learns the addresses of the name by CiliumNetworkPolicy a/wide spec.egress[0]",
    )


@pytest.mark.parametrize(
    "spec",
    [
        "egress: [{toEntities: [kube-apiserver]}]",
        # The proxy has but the rules of the very port.
        WIDE.replace("'53'", "'0'"),
        WIDE.replace("'53'", "'50', endPort: 60"),
        "egress: [{toEntities: [cluster]}]",
        "egress: [{toEntities: [cluster], toPorts: [{ports: [{port: '443'}]}]}]",
        "egress: [{toEndpoints: [{matchLabels: {app: web}}]}]",
        "egress: [{toCIDR: [0.0.0.0/0], toPorts: [{ports: [{port: '53'}]}]}]",
        "egressDeny: [{toEntities: [cluster]}]",
    ],
)
def test_a_rule_for_others_lets_no_names_be_asked(spec: str) -> None:
    world = cluster(
        PODS
        + policy("a/p", "endpointSelector: {}\n" + DNS + NAMES)
        + policy("a/other", "endpointSelector: {}\n" + spec)
    )
    workload = side(world, "a/web").workload
    assert workload is not None
    assert not world.dns_query_places(workload, "example.org")


def test_a_plain_allow_without_a_dns_rule_lets_cilium_hear_nothing() -> None:
    world = cluster(PODS + policy("a/p", "endpointSelector: {}\n" + WIDE + NAMES))
    assert not allowed(world, "a/web", "fqdn:example.org", 443)


@pytest.mark.parametrize(
    "denial",
    [
        "{toEntities: [all]}",
        "{toPorts: [{ports: [{port: '53'}]}]}",
        "{toEntities: [cluster], toPorts: [{ports: [{port: '0', protocol: UDP}, {port: '1', endPort: 99}]}]}",
        '{toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system}}]}',
        "{toEndpoints: [{matchLabels: {k8s-app: kube-dns, io.kubernetes.pod.namespace: kube-system}}]}",
    ],
)
def test_servers_that_are_denied_are_asked_for_nothing(denial: str) -> None:
    world = cluster(
        PODS
        + policy("a/p", "endpointSelector: {}\n" + DNS + NAMES)
        + policy("a/deny", f"endpointSelector: {{}}\negressDeny: [{denial}]")
    )
    verdict = egress(world, "a/web", "fqdn:api.example.com", 443)
    assert not verdict.allowed


@pytest.mark.parametrize(
    "denial",
    [
        "{}",
        "{toEntities: [world]}",
        "{toEntities: [all], toPorts: [{ports: [{port: '53', protocol: UDP}]}]}",
        "{toEndpoints: [{matchLabels: {k8s-app: other, io.kubernetes.pod.namespace: kube-system}}]}",
    ],
)
def test_a_denial_of_others_or_of_a_part_leaves_the_servers(denial: str) -> None:
    world = cluster(
        PODS
        + policy("a/p", "endpointSelector: {}\n" + DNS + NAMES)
        + policy("a/deny", f"endpointSelector: {{}}\negressDeny: [{denial}]")
    )
    workload = side(world, "a/web").workload
    assert workload is not None
    assert world.dns_query_places(workload, "api.example.com")
