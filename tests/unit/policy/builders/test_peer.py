from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy import NetworkPolicy, Peer, Port, Requirement
from cdk_eks_cilium.policy.model import LabelSelector
from cdk_eks_cilium.problems import InputError


def egress(peer: Peer) -> Any:
    """The one item that lets pods reach *peer*."""
    return NetworkPolicy("p").allow_to(peer).to_manifest()["spec"]["egress"][0]


def ingress(peer: Peer) -> Any:
    """The one item that lets *peer* reach pods."""
    return NetworkPolicy("p").allow_from(peer).to_manifest()["spec"]["ingress"][0]


@pytest.mark.parametrize(
    ("peer", "item"),
    [
        (Peer.pods({"app": "web"}), {"Endpoints": [{"matchLabels": {"app": "web"}}]}),
        (Peer.pods(), {"Endpoints": [{}]}),
        (
            Peer.pods({"app": "web"}, namespace="shop"),
            {"Endpoints": [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "shop", "app": "web"}}]},
        ),
        (
            Peer.pods(namespaces_with={"team": "a"}),
            {"Endpoints": [{"matchLabels": {"k8s:io.cilium.k8s.namespace.labels.team": "a"}}]},
        ),
        (
            Peer.pods({"app": "web"}, all_namespaces=True),
            {
                "Endpoints": [
                    {
                        "matchLabels": {"app": "web"},
                        "matchExpressions": [
                            {"key": "k8s:io.kubernetes.pod.namespace", "operator": "Exists"},
                        ],
                    }
                ]
            },
        ),
        (
            Peer.pods(
                LabelSelector(match_expressions=(Requirement(key="app", operator="In", values=("a", "b")),)),
                namespace="shop",
            ),
            {
                "Endpoints": [
                    {
                        "matchLabels": {"k8s:io.kubernetes.pod.namespace": "shop"},
                        "matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "b"]}],
                    }
                ]
            },
        ),
        (
            Peer.namespace("shop"),
            {"Endpoints": [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "shop"}}]},
        ),
        (Peer.entity("world", "host"), {"Entities": ["world", "host"]}),
        (Peer.anyone(), {"Entities": ["all"]}),
        (Peer.cidr("10.0.0.0/8", "::1/128"), {"CIDR": ["10.0.0.0/8", "::1/128"]}),
        (
            Peer.cidr("10.0.0.0/8", "172.16.0.0/12", excluding=["10.1.0.0/16"]),
            {"CIDRSet": [{"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}, {"cidr": "172.16.0.0/12"}]},
        ),
        (
            Peer.cidr("2001:db8::/32", excluding=["2001:db8:1::/48"]),
            {"CIDRSet": [{"cidr": "2001:db8::/32", "except": ["2001:db8:1::/48"]}]},
        ),
        (
            Peer.cidr_group("office", "vpn"),
            {"CIDRSet": [{"cidrGroupRef": "office"}, {"cidrGroupRef": "vpn"}]},
        ),
        (
            Peer.cidr_group(labels={"kind": "office"}, excluding=["192.0.2.0/28"]),
            {
                "CIDRSet": [
                    {
                        "cidrGroupSelector": {"matchLabels": {"kind": "office"}},
                        "except": ["192.0.2.0/28"],
                    }
                ]
            },
        ),
        (Peer.nodes({"role": "edge"}), {"Nodes": [{"matchLabels": {"role": "edge"}}]}),
        (
            Peer.aws_group("sg-1", "sg-2", region="eu-west-1"),
            {"Groups": [{"aws": {"region": "eu-west-1", "securityGroupsIds": ["sg-1", "sg-2"]}}]},
        ),
        (
            Peer.aws_group(names=["db"], labels={"team": "a"}),
            {"Groups": [{"aws": {"labels": {"team": "a"}, "securityGroupsNames": ["db"]}}]},
        ),
        (
            Peer.any_of(Peer.namespace("a"), Peer.pods({"app": "web"})),
            {
                "Endpoints": [
                    {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "a"}},
                    {"matchLabels": {"app": "web"}},
                ]
            },
        ),
    ],
)
def test_a_peer_is_the_same_to_both_directions(peer: Peer, item: dict[str, Any]) -> None:
    assert egress(peer) == {f"to{name}": value for name, value in item.items()}
    assert ingress(peer) == {f"from{name}": value for name, value in item.items()}


@pytest.mark.parametrize(
    ("peer", "item"),
    [
        (
            Peer.fqdn("gitlab.com", "*.gitlab.com"),
            {"toFQDNs": [{"matchName": "gitlab.com"}, {"matchPattern": "*.gitlab.com"}]},
        ),
        (
            Peer.service("kubernetes", "default"),
            {"toServices": [{"k8sService": {"serviceName": "kubernetes", "namespace": "default"}}]},
        ),
        (Peer.service("web"), {"toServices": [{"k8sService": {"serviceName": "web"}}]}),
        (
            Peer.service_with({"external": "yes"}, "shop"),
            {
                "toServices": [
                    {
                        "k8sServiceSelector": {
                            "selector": {"matchLabels": {"external": "yes"}},
                            "namespace": "shop",
                        }
                    }
                ]
            },
        ),
    ],
)
def test_names_and_services_can_be_reached(peer: Peer, item: dict[str, Any]) -> None:
    assert egress(peer) == item


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        (
            lambda policy: policy.allow_from(Peer.fqdn("a.example")),
            "NetworkPolicy p: allow_from: must not be names: Cilium learns addresses of names from the "
            "answers that its own pods get; use Peer.cidr, or allow_to",
        ),
        (
            lambda policy: policy.deny_from(Peer.fqdn("a.example")),
            "NetworkPolicy p: deny_from: must not be names: Cilium learns addresses of names from the "
            "answers that its own pods get; use Peer.cidr",
        ),
        (
            lambda policy: policy.deny_to(Peer.fqdn("a.example"), Port.tcp(443)),
            "NetworkPolicy p: deny_to: must not be names: Cilium denies no names; deny Peer.cidr, or allow "
            "only the names that are wanted: what nothing allows is denied",
        ),
        (
            lambda policy: policy.allow_from(Peer.service("web")),
            "NetworkPolicy p: allow_from: must not be a Service: traffic comes from pods; "
            "use Peer.pods with the labels of the pods behind it",
        ),
        (
            lambda policy: policy.deny_from(Peer.service("web")),
            "NetworkPolicy p: deny_from: must not be a Service: traffic comes from pods; "
            "use Peer.pods with the labels of the pods behind it",
        ),
    ],
)
def test_a_peer_is_refused_where_cilium_has_no_field_for_it(policy: Any, text: str) -> None:
    with pytest.raises(InputError) as caught:
        policy(NetworkPolicy("p"))
    assert [str(problem) for problem in caught.value.problems] == [text]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: Peer.pods({"app": "a b"}),
            "Peer.pods: match_labels: must have values of labels, got 'a b' for 'app'; use at most 63 "
            "letters, digits, '-', '_' and '.', with a letter or digit at both ends",
        ),
        (
            lambda: Peer.pods(namespace="shop", all_namespaces=True),
            "Peer.pods: must choose namespaces in one way, got namespace= and all_namespaces=; keep one of "
            "them",
        ),
        (
            lambda: Peer.pods({"k8s:io.kubernetes.pod.namespace": "a"}, namespace="b"),
            "Peer.pods: must choose namespaces once, got namespace= and the label "
            "'k8s:io.kubernetes.pod.namespace'; keep one",
        ),
        (
            lambda: Peer.namespace("Shop"),
            "Peer.namespace(namespace=): must be the name of a namespace, got 'Shop'; "
            "use at most 63 lower-case letters, digits and '-'",
        ),
        (
            lambda: Peer.entity(),
            "Peer.entity: must name at least one; name an entity, 'kube-apiserver' for example",
        ),
        (
            lambda: Peer.entity("wrld"),
            "Peer.entity: to_entities[0]: must be 'all', 'world', 'cluster', "
            "'host', 'init', 'ingress', 'unmanaged', 'remote-node', 'health', 'none' or 'kube-apiserver', "
            "got 'wrld'",
        ),
        (lambda: Peer.cidr(), "Peer.cidr: must name at least one; give a range, '10.0.0.0/8' for example"),
        (
            lambda: Peer.cidr("10.0.0/8"),
            "Peer.cidr: to_cidr[0]: must be an IP range such as '10.0.0.0/8', got '10.0.0/8'; "
            "correct the address or length",
        ),
        (
            lambda: Peer.cidr("10.0.0.0/8", excluding=["10.0.0.0/7"]),
            "Peer.cidr(excluding=): must be in one of 10.0.0.0/8, got '10.0.0.0/7'; remove it",
        ),
        (
            lambda: Peer.cidr("10.0.0.0/8", excluding=["2001:db8::/32"]),
            "Peer.cidr(excluding=): must be in one of 10.0.0.0/8, got '2001:db8::/32'; remove it",
        ),
        (
            lambda: Peer.cidr_group(),
            "Peer.cidr_group: must name at least one; give the name of a CiliumCIDRGroup, or labels",
        ),
        (lambda: Peer.fqdn("a b"), "Peer.fqdn: must be a DNS name of at most 255 characters, got 'a b'"),
        (
            lambda: Peer.aws_group(region="eu-west-1"),
            "Peer.aws_group: must choose instances; give ids or names of security groups, or labels",
        ),
        (
            lambda: Peer.any_of(Peer.anyone(), Peer.pods()),
            "Peer.any_of: must be peers of one kind, got endpoints and entities; write a rule each",
        ),
    ],
)
def test_a_wrong_peer_is_refused(make: Any, text: str) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert [str(problem) for problem in caught.value.problems] == [text]


def test_an_excluded_range_counts_for_every_range_that_it_is_in() -> None:
    peer = Peer.cidr("10.0.0.0/8", "10.1.0.0/16", excluding=["10.1.2.0/24"])

    assert [rule.except_ for rule in peer.values] == [("10.1.2.0/24",), ("10.1.2.0/24",)]


def test_peers_that_say_the_same_are_equal_and_hash_alike() -> None:
    assert Peer.pods({"a": "b"}) == Peer.pods({"a": "b"}) != Peer.pods({"a": "c"})
    assert len({Peer.pods({"a": "b"}), Peer.pods({"a": "b"})}) == 1
