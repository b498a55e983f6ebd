from __future__ import annotations

import pytest

from cdk_eks_cilium.policy_analysis import Endpoint
from cdk_eks_cilium.policy_analysis.services import ServiceProxy, seen_as
from cdk_eks_cilium.policy_analysis.services.clients import Way, ways_of
from tests.unit.policy_analysis.services.worlds import known, only, service

CLIENT = Endpoint.address("203.0.113.7")
PREFIX = "service.beta.kubernetes.io/aws-load-balancer"
CLASS = "type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb"


def seen(
    spec: str,
    way: Way,
    proxy: ServiceProxy = "kube-proxy",
    annotations: str = "{}",
    protocol: str = "TCP",
    client: Endpoint = CLIENT,
) -> list[str]:
    """Whom pods see as a client outside the cluster."""
    text = spec if "ports:" in spec else f"{spec}, ports: [{{port: 80}}]"
    there, _ = only(known(service(f"{{{text}}}", annotations=annotations)))
    return [str(each.endpoint) for each in seen_as(client, there, way, proxy, protocol)]


@pytest.mark.parametrize(
    ("proxy", "first"), [("kube-proxy", "entity host"), ("cilium", "address 203.0.113.7")]
)
def test_through_a_node_port_other_nodes_hide_the_client(proxy: ServiceProxy, first: str) -> None:
    assert seen("type: NodePort", "nodeport", proxy) == [first, "entity remote-node"]


@pytest.mark.parametrize("proxy", ["kube-proxy", "cilium"])
def test_the_traffic_policy_local_keeps_clients(proxy: ServiceProxy) -> None:
    assert seen("type: NodePort, externalTrafficPolicy: Local", "nodeport", proxy) == ["address 203.0.113.7"]


@pytest.mark.parametrize("target", [f"{{{PREFIX}-nlb-target-type: ip}}", f"{{{PREFIX}-type: nlb-ip}}"])
def test_a_load_balancer_with_ip_targets_puts_its_own_address(target: str) -> None:
    assert seen(CLASS, "loadbalancer", annotations=target) == ["entity world"]


@pytest.mark.parametrize(
    ("further", "protocol"),
    [(f", {PREFIX}-target-group-attributes: 'a=b, preserve_client_ip.enabled=true'", "TCP"), ("", "UDP")],
)
def test_a_load_balancer_with_ip_targets_may_keep_the_client(further: str, protocol: str) -> None:
    annotations = f"{{{PREFIX}-nlb-target-type: ip{further}}}"

    assert seen(CLASS, "loadbalancer", annotations=annotations, protocol=protocol) == ["address 203.0.113.7"]


def test_a_load_balancer_with_instance_targets_goes_through_nodes() -> None:
    assert seen(CLASS, "loadbalancer") == ["entity host", "entity remote-node"]
    assert seen(f"{CLASS}, externalTrafficPolicy: Local", "loadbalancer") == ["address 203.0.113.7"]
    assert seen(CLASS, "loadbalancer", "cilium") == ["address 203.0.113.7", "entity remote-node"]


def test_a_load_balancer_with_instance_targets_may_hide_the_client() -> None:
    hiding = f"{{{PREFIX}-target-group-attributes: preserve_client_ip.enabled=false}}"

    assert seen(f"{CLASS}, externalTrafficPolicy: Local", "loadbalancer", annotations=hiding) == [
        "entity world"
    ]


def test_a_load_balancer_of_no_kind_is_a_classic_one() -> None:
    local = "type: LoadBalancer, externalTrafficPolicy: Local"

    assert seen(local, "loadbalancer") == ["address 203.0.113.7", "entity world"]
    assert seen("type: LoadBalancer", "loadbalancer") == ["entity host", "entity remote-node"]


@pytest.mark.parametrize(
    ("ports", "protocol"),
    [("[{port: 80, protocol: UDP}]", "UDP"), ("[{port: 80}, {port: 80, protocol: UDP}]", "TCP")],
)
def test_a_load_balancer_always_keeps_clients_of_udp(ports: str, protocol: str) -> None:
    hiding = f"{{{PREFIX}-target-group-attributes: preserve_client_ip.enabled=false}}"
    local = f"{CLASS}, externalTrafficPolicy: Local, ports: {ports}"

    assert seen(local, "loadbalancer", annotations=hiding, protocol=protocol) == ["address 203.0.113.7"]


def test_no_load_balancer_keeps_a_client_of_ipv6() -> None:
    client = Endpoint.address("2001:db8::7")

    assert seen(f"{CLASS}, externalTrafficPolicy: Local", "loadbalancer", client=client) == ["entity world"]


@pytest.mark.parametrize(
    ("kind", "ways"),
    [
        ("type: LoadBalancer", ("loadbalancer", "nodeport")),
        ("type: NodePort", ("nodeport",)),
        ("type: ClusterIP", ()),
        ("externalIPs: [192.0.2.1]", ("externalip",)),
        ("clusterIP: None, externalIPs: [192.0.2.1]", ()),
    ],
)
def test_the_type_says_how_clients_come(kind: str, ways: tuple[Way, ...]) -> None:
    there, _ = only(known(service(f"{{{kind}, ports: [{{port: 80}}]}}")))

    assert ways_of(there) == ways
