"""What the verbs write, against the CRD."""

from __future__ import annotations

from cdk_eks_cilium.policy import Http, Icmp, Peer, PolicyBuilder, Port, load_policies, read_text
from cdk_eks_cilium.versions import CiliumVersion
from tests.unit.policy.crds import faults, needs_crds

PEERS = [
    Peer.pods({"app": "web"}, namespace="shop"),
    Peer.pods(namespace_labels={"team": "a"}),
    Peer.pods(every_namespace=True),
    Peer.entity("world", "kube-apiserver"),
    Peer.anyone(),
    Peer.cidr("10.0.0.0/8", "2001:db8::/32", excluding=["10.1.0.0/16"]),
    Peer.cidr_group("office"),
    Peer.cidr_group(labels={"kind": "office"}),
    Peer.nodes({"role": "edge"}),
    Peer.security_groups("sg-1", region="eu-west-1"),
]
CALLED = [
    *PEERS,
    Peer.fqdn("a.example", "*.b.example"),
    Peer.service("web", "shop"),
    Peer.services({"a": "b"}),
]
PORTS = (Port.tcp(80), Port.udp(1, 9), Port.tcp("http"), Port.any(53), Port.every("SCTP"))


def whole() -> PolicyBuilder:
    """A policy with every verb, and with every peer that each can take."""
    policy = PolicyBuilder("p", namespace="n", pods={"app": "web"}, description="all of it").allow_dns()
    for peer in PEERS:
        policy.allow_from(peer).allow_from(peer, Icmp.ping()).deny_from(peer, *PORTS).deny_to(peer)
    for peer in CALLED:
        policy.allow_to(peer, *PORTS).allow_to(peer, Icmp.v6("EchoRequest"))
    policy.allow_from(Peer.pods(), Port.tcp(80), http=[Http(method="GET", path="/")], authenticated=True)
    policy.allow_to(Peer.anyone(), Port.tcp(443), server_names=["a.example"])
    return policy.keep_open(egress=False)


def test_what_the_verbs_write_is_read_back_as_the_same() -> None:
    assert load_policies(read_text(whole().to_yaml(), "f"), CiliumVersion.V1_19) == [whole().policy()]


@needs_crds
def test_the_api_server_takes_what_the_verbs_write() -> None:
    assert faults("1.19.1", whole().policy().manifest()) == []
