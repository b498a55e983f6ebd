"""ClusterNetworkPolicies written with verbs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cdk_eks_cilium.policy import ClusterPeer, ClusterPolicyBuilder, LabelSelector, Port, Requirement, parse
from cdk_eks_cilium.problems import InputError


def builder(subject: ClusterPeer | None = None) -> ClusterPolicyBuilder:
    return ClusterPolicyBuilder("guard", tier="Admin", priority=10, subject=subject)


def test_rules_keep_the_order_of_the_calls() -> None:
    policy = (
        builder(ClusterPeer.namespace("shop"))
        .accept_to(ClusterPeer.networks("192.0.2.0/24"), Port.tcp(443), name="api")
        .deny_to(ClusterPeer.networks("0.0.0.0/0"))
        .pass_to(ClusterPeer.nodes())
        .accept_from(ClusterPeer.pods({"app": "web"}, namespaces={"team": "one"}), Port.udp(1, 9))
        .pass_from(ClusterPeer.namespaces({"team": "two"}))
        .deny_from(ClusterPeer.namespaces())
        .cluster_policy()
    )
    assert parse(policy.manifest()) == policy
    assert [rule["action"] for rule in policy.manifest()["spec"]["egress"]] == ["Accept", "Deny", "Pass"]
    assert [rule["action"] for rule in policy.manifest()["spec"]["ingress"]] == ["Accept", "Pass", "Deny"]
    assert policy.manifest()["spec"]["egress"][0] == {
        "name": "api",
        "action": "Accept",
        "to": [{"networks": ["192.0.2.0/24"]}],
        "protocols": [{"tcp": {"destinationPort": {"number": 443}}}],
    }
    assert policy.manifest()["spec"]["ingress"][0]["from"] == [
        {
            "pods": {
                "namespaceSelector": {"matchLabels": {"team": "one"}},
                "podSelector": {"matchLabels": {"app": "web"}},
            }
        }
    ]


def test_a_subject_may_have_expressions() -> None:
    others = LabelSelector(
        match_expressions=(Requirement(key="team", operator="NotIn", values=("platform",)),)
    )
    policy = builder(ClusterPeer.namespaces(others)).deny_from(ClusterPeer.namespaces()).cluster_policy()
    assert policy.manifest()["spec"]["subject"] == {"namespaces": others.manifest()}


@pytest.mark.parametrize(
    ("port", "protocols"),
    [
        (Port.any("http"), [{"destinationNamedPort": "http"}]),
        (
            Port.any(53),
            [{name: {"destinationPort": {"number": 53}}} for name in ("tcp", "udp", "sctp")],
        ),
        (Port.every("UDP"), [{"udp": {"destinationPort": {"range": {"start": 1, "end": 65535}}}}]),
        (Port.sctp(1, 9), [{"sctp": {"destinationPort": {"range": {"start": 1, "end": 9}}}}]),
    ],
)
def test_ports_are_written_as_the_api_has_them(port: Port, protocols: list[object]) -> None:
    policy = builder().deny_to(ClusterPeer.namespaces(), port).cluster_policy()
    assert policy.manifest()["spec"]["egress"][0]["protocols"] == protocols


@pytest.mark.parametrize(
    ("write", "refused"),
    [
        (
            lambda: builder().deny_from(ClusterPeer.networks("10.0.0.0/8")),
            "ClusterNetworkPolicy guard: deny_from: networks: is not a field of ClusterPolicyIngressPeer; "
            "known fields are namespaces, pods",
        ),
        (
            lambda: builder().pass_to(ClusterPeer.domains("example.com")),
            "ClusterNetworkPolicy guard: pass_to: must not have domainNames with Pass, which only Accept "
            "takes; accept the names, and deny the rest in a rule after it",
        ),
        (
            lambda: builder().deny_to(ClusterPeer.namespaces(), Port.tcp("http")),
            "ClusterNetworkPolicy guard: deny_to: must not have a protocol for the name of a port, got "
            "'TCP'; write Port.any('http')",
        ),
        (
            lambda: builder().deny_to(ClusterPeer.namespaces(), Port.every("GRE")),
            "ClusterNetworkPolicy guard: deny_to: must be a port of TCP, UDP or SCTP, got 'GRE'; leave "
            "ports out for every protocol",
        ),
        (
            lambda: builder(ClusterPeer.networks("10.0.0.0/8")),
            "ClusterNetworkPolicy guard: subject: networks: is not a field of ClusterPolicySubject; known "
            "fields are namespaces, pods",
        ),
        (
            lambda: builder().cluster_policy(),
            "ClusterNetworkPolicy guard: must have a rule; call accept_to, deny_to, pass_to, accept_from, "
            "deny_from or pass_from",
        ),
        (lambda: ClusterPeer.networks("10.0.0.0"), "ClusterPeer.networks: networks[0]: must be a range"),
    ],
)
def test_what_cannot_be_written_is_refused(write: Callable[[], object], refused: str) -> None:
    with pytest.raises(InputError) as caught:
        write()
    assert str(caught.value.problems[0]).startswith(refused)
