from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy import LabelSelector, Peer, PolicyBuilder, Requirement
from cdk_eks_cilium.problems import InputError


def egress(peer: Peer) -> Any:
    """The one item that lets pods reach *peer*."""
    return PolicyBuilder("p", namespace="n").allow_to(peer).policy().manifest()["spec"]["egress"][0]


def ingress(peer: Peer) -> Any:
    """The one item that lets *peer* reach pods."""
    return PolicyBuilder("p", namespace="n").allow_from(peer).policy().manifest()["spec"]["ingress"][0]


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
            Peer.pods(namespace_labels={"team": "a"}),
            {"Endpoints": [{"matchLabels": {"k8s:io.cilium.k8s.namespace.labels.team": "a"}}]},
        ),
        (
            Peer.pods({"app": "web"}, every_namespace=True),
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
        (
            Peer.cidr("10.0.0.0/8", "::1/128"),
            {"CIDRSet": [{"cidr": "10.0.0.0/8"}, {"cidr": "::1/128"}]},
        ),
        (
            Peer.cidr("10.0.0.0/8", "172.16.0.0/12", excluding=["10.1.0.0/16"]),
            {"CIDRSet": [{"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}, {"cidr": "172.16.0.0/12"}]},
        ),
        (
            Peer.cidr("2001:db8::/32", excluding=["2001:db8:1::/48"]),
            {"CIDRSet": [{"cidr": "2001:db8::/32", "except": ["2001:db8:1::/48"]}]},
        ),
        (Peer.cidr_group("office"), {"CIDRSet": [{"cidrGroupRef": "office"}]}),
        (
            Peer.cidr_group(labels={"kind": "office"}),
            {"CIDRSet": [{"cidrGroupSelector": {"matchLabels": {"kind": "office"}}}]},
        ),
        (Peer.nodes({"role": "edge"}), {"Nodes": [{"matchLabels": {"role": "edge"}}]}),
        (
            Peer.security_groups("sg-1", "sg-2", region="eu-west-1"),
            {"Groups": [{"aws": {"region": "eu-west-1", "securityGroupsIds": ["sg-1", "sg-2"]}}]},
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
        (
            Peer.services({"external": "yes"}, namespace="shop"),
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


@pytest.mark.parametrize("peer", [Peer.fqdn("a.example"), Peer.service("web", "shop")])
@pytest.mark.parametrize("verb", ["allow_from", "deny_from"])
def test_what_cannot_call_is_refused_as_a_caller(peer: Peer, verb: str) -> None:
    with pytest.raises(InputError) as caught:
        getattr(PolicyBuilder("p", namespace="n"), verb)(peer)
    (problem,) = caught.value.problems
    fix = {
        "fqdns": "name pods, ranges or entities: Cilium does not know callers by DNS names",
        "services": "name the pods behind the Service",
    }[str(peer.kind)]
    assert str(problem) == f"allow_from: must name a peer that can open connections, not {peer.kind}; {fix}"


def test_peers_of_one_kind_are_one_item() -> None:
    several = Peer.any_of(Peer.pods({"app": "a"}), Peer.pods({"app": "b"}, namespace="edge"))
    selectors = [
        {"matchLabels": {"app": "a"}},
        {"matchLabels": {"app": "b", "k8s:io.kubernetes.pod.namespace": "edge"}},
    ]
    assert egress(several) == {"toEndpoints": selectors}
    assert ingress(several) == {"fromEndpoints": selectors}


def test_names_cannot_be_denied() -> None:
    with pytest.raises(InputError) as caught:
        PolicyBuilder("p", namespace="n").deny_to(Peer.fqdn("a.example"))
    assert [str(problem) for problem in caught.value.problems] == [
        "deny_to: must not name DNS names: Cilium cannot deny names; allow only the names that are wanted"
    ]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: Peer.pods({"app": "a b"}),
            "Peer.pods: match_labels: must have valid label values, got 'a b' for 'app'; use at most 63 "
            "letters, digits, '-', '_' and '.', with a letter or digit at both ends",
        ),
        (
            lambda: Peer.pods(namespace="shop", every_namespace=True),
            "Peer.pods: must set the namespaces in one way; "
            "keep one of namespace, namespace_labels and every_namespace",
        ),
        (
            lambda: Peer.entity(),
            "Peer.entity: must name at least one; name an entity, 'kube-apiserver' for example",
        ),
        (
            lambda: Peer.entity("wrld"),
            "Peer.entity: to_entities[0]: must be 'all', 'world', 'cluster', 'cluster-mesh', "
            "'host', 'init', 'ingress', 'unmanaged', 'remote-node', 'health', 'none' or 'kube-apiserver', "
            "got 'wrld'; did you mean 'world'?",
        ),
        (lambda: Peer.cidr(), "Peer.cidr: must name at least one; give a range, '10.0.0.0/8' for example"),
        (
            lambda: Peer.cidr("10.0.0/8"),
            "Peer.cidr: cidr: must be an IP range such as '10.0.0.0/8', got '10.0.0/8'; "
            "correct the address or length",
        ),
        (
            lambda: Peer.cidr("192.0.2.1"),
            "Peer.cidr: cidr: must be a range with its prefix length, got '192.0.2.1'; "
            "write '192.0.2.1/32' for one address",
        ),
        (
            lambda: Peer.cidr("10.0.0.0/8", excluding=["10.0.0.0/7"]),
            "Peer.cidr: excluding: must be inside one of the ranges, got '10.0.0.0/7'",
        ),
        (
            lambda: Peer.cidr("10.0.0.0/8", excluding=["2001:db8::/32"]),
            "Peer.cidr: excluding: must be inside one of the ranges, got '2001:db8::/32'",
        ),
        (
            lambda: Peer.cidr_group(),
            "Peer.cidr_group: must have exactly one of cidr, cidrGroupRef and cidrGroupSelector; "
            "split it into several items, or add a cidr",
        ),
        (
            lambda: Peer.fqdn(),
            "Peer.fqdn: must name at least one; give a name, 'api.example.com' for example",
        ),
        (lambda: Peer.fqdn("a b"), "Peer.fqdn: must be a DNS name of at most 255 characters, got 'a b'"),
        (
            lambda: Peer.any_of(),
            "Peer.any_of: must have peers of one kind, got no peer; call the verb once for each kind",
        ),
        (
            lambda: Peer.any_of(Peer.entity("world"), Peer.cidr("10.0.0.0/8")),
            "Peer.any_of: must have peers of one kind, got cidr_set, entities; "
            "call the verb once for each kind",
        ),
        (
            lambda: Peer.security_groups(),
            "Peer.security_groups: must name at least one; give an id, 'sg-0123456789abcdef0' for example",
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


def test_equal_peers_hash_alike() -> None:
    assert Peer.pods({"a": "b"}) == Peer.pods({"a": "b"}) != Peer.pods({"a": "c"})
    assert len({Peer.pods({"a": "b"}), Peer.pods({"a": "b"})}) == 1


@pytest.mark.parametrize("verb", ["allow_to", "deny_to"])
def test_anyone_on_any_port_is_written_out(verb: str) -> None:
    (item,) = getattr(PolicyBuilder("p", namespace="n"), verb)(Peer.anyone()).policy().spec.items()

    assert item[2].manifest() == {"toEntities": ["all"]}
