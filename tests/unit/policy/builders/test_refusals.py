from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy import ClusterwidePolicyBuilder, Http, Icmp, Peer, PolicyBuilder, Port
from cdk_eks_cilium.problems import InputError


def refusals(make: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        make()
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: PolicyBuilder("p", namespace="n").policy(),
            "NetworkPolicy n/p: must have a rule; call allow_to, allow_from, deny_to, deny_from or "
            "default_deny",
        ),
        (
            lambda: PolicyBuilder("P", namespace="n"),
            "NetworkPolicy n/P: name: must be a valid Kubernetes name, got 'P'; use at most 253 lower-case "
            "letters, digits, '-' and '.', with a letter or digit at both ends",
        ),
        (
            lambda: PolicyBuilder("p", namespace="n", pods={"a": "b c"}),
            "NetworkPolicy n/p: pods: match_labels: must have valid label values, got 'b c' for 'a'; use at "
            "most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends",
        ),
        (
            lambda: ClusterwidePolicyBuilder("p", pods={"a": "b"}, nodes={"a": "b"}),
            "ClusterwideNetworkPolicy p: must be for pods or for nodes, got both; "
            "write one policy for pods and one for nodes",
        ),
        (
            lambda: PolicyBuilder("p", namespace="n").allow_to(Peer.anyone(), Port.tcp(1), Icmp.ping()),
            "ports: must have ports or types of ICMP, got both; call the verb once for each",
        ),
        (
            lambda: PolicyBuilder("p", namespace="n").allow_to(Peer.anyone(), http=[Http()]),
            "allow_to: must name TCP ports for requests or server names; add Port.tcp(443), for example",
        ),
        (
            lambda: PolicyBuilder("p", namespace="n").allow_from(Peer.anyone(), server_names=["a.example"]),
            "allow_from: must name TCP ports for requests or server names; add Port.tcp(443), for example",
        ),
        (
            lambda: (
                PolicyBuilder("p", namespace="n")
                .allow_from(Peer.anyone(), Port.any(80), http=[Http()])
                .policy()
            ),
            "NetworkPolicy n/p: spec.ingress[0].toPorts[0]: must be TCP alone with http rules, got ANY; "
            "add 'protocol: TCP'",
        ),
        (
            lambda: PolicyBuilder("p", namespace="n").deny_to(Peer.service("api", "shop")),
            "deny_to: must not name Services: Cilium does not look them up in a denial; name their pods",
        ),
        (
            lambda: Icmp.v4("EchoReply"),
            "Icmp.v4: must not be type 0, which Cilium takes for every type, got 'EchoReply'; "
            "leave it out: answers pass",
        ),
        (
            lambda: PolicyBuilder("p", namespace="n").allow_dns("a b"),
            "allow_dns: must be a DNS name of at most 255 characters, got 'a b'",
        ),
        (
            lambda: (
                ClusterwidePolicyBuilder("p", nodes={})
                .allow_from(Peer.anyone(), Port.tcp(80), http=[Http()])
                .policy()
            ),
            "ClusterwideNetworkPolicy p: spec.ingress[0].toPorts[0]: must have no http rules in ingress of a "
            "policy for nodes; leave rules out, or use dns in egress",
        ),
    ],
)
def test_items_that_cilium_does_not_support_are_refused(make: Any, text: str) -> None:
    assert refusals(make) == [text]
