"""Clients in the cluster that come to a Service by a node's port, a load balancer or an external address."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.policy_analysis import Endpoint
from cdk_eks_cilium.policy_analysis.services import (
    ServiceExplanation,
    ServiceProxy,
    Way,
    explain_service,
    find_backends,
)
from cdk_eks_cilium.policy_analysis.services.clients import ways_of
from cdk_eks_cilium.policy_analysis.services.routes import ServiceClient, routes
from tests.unit.policy_analysis.services.worlds import evaluation, flow, known, policy, service, workload

NODE_PORT = "type: NodePort, ports: [{port: 8080, targetPort: 80, nodePort: 30080}]"
BALANCER = "type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb, ports: [{port: 443, targetPort: 80}]"
SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"
SHUT = """---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec: {endpointSelector: {matchLabels: {app: web}}, egress: [EGRESS]}
"""


def explained(
    spec: str,
    way: Way,
    proxy: ServiceProxy = "kube-proxy",
    *,
    beside: str = "",
    annotations: str = "{}",
    source: Endpoint | None = None,
) -> ServiceExplanation:
    """What a client in the shop may reach of its Service with one pod."""
    judged = evaluation(beside + service(f"{{selector: {{old: 'true'}}, {spec}}}", annotations=annotations))
    (there,) = judged.inventory.services
    start = source or Endpoint.pod(workload(judged.inventory, "shop/web"))
    return explain_service(judged, start, there, there.ports[0], flow, way=way, proxy=proxy)


def ways(found: ServiceExplanation) -> list[tuple[str, ...]]:
    """The flows of each case."""
    return [tuple(str(each.flow) for each in case.explanations) for case in found.cases]


def test_kube_proxy_shows_the_client_a_node_and_the_pod_a_node() -> None:
    found = explained(NODE_PORT, "nodeport")

    assert ways(found) == [
        (f"shop/web -> entity {called} TCP 30080", f"entity {arriving} -> shop/old TCP 80")
        for called, arriving in product(("host", "remote-node"), repeat=2)
    ]
    assert [case.when for case in found.cases][1] == (
        "the client calls its own node, and the pod is on another node than that node, whose address the "
        "connection gets"
    )
    assert found.remarks[-1] == (
        "policies see the client as a node: the entities cluster and remote-node let in whoever comes"
    )


def test_each_leg_is_judged_by_the_policies_of_its_pod_alone() -> None:
    # What the client's policy says of the pod, and the pod's of the client, does not count.
    beside = SHUT.replace("EGRESS", "{toEntities: [host]}") + policy("{fromEntities: [remote-node]}")
    found = explained(NODE_PORT, "nodeport", beside=beside)

    assert [case.verdict for case in found.cases] == ["allowed", "allowed", "denied", "denied"]
    assert found.verdict == "partly"
    assert [len(each.verdicts) for each in found.cases[0].explanations] == [1, 1]


def test_the_traffic_policy_local_keeps_a_pod() -> None:
    found = explained(f"{NODE_PORT}, externalTrafficPolicy: Local", "nodeport")

    assert ways(found) == [
        (f"shop/web -> entity {called} TCP 30080", "shop/web -> shop/old TCP 80")
        for called in ("host", "remote-node")
    ]


@pytest.mark.parametrize("policy_of_traffic", ["Cluster", "Local"])
def test_cilium_connects_to_the_pod_at_once(policy_of_traffic: str) -> None:
    found = explained(f"{NODE_PORT}, externalTrafficPolicy: {policy_of_traffic}", "nodeport", "cilium")

    assert ways(found) == [("shop/web -> shop/old TCP 80",)]
    assert found.remarks[-1] == (
        "Cilium connects the socket to a pod behind the Service at once: policies see no node between"
    )


UNCHOSEN = NODE_PORT.replace(", nodePort: 30080", "")


@pytest.mark.parametrize(
    ("egress", "verdict"),
    [
        ("{toEntities: [host, remote-node]}", "allowed"),
        ("{toEntities: [world]}", "denied"),
        (
            "{toEntities: [host, remote-node], toPorts: [{ports: [{port: '30000', endPort: 32767}]}]}",
            "allowed",
        ),
        ("{toEntities: [host, remote-node], toPorts: [{ports: [{port: '30080'}]}]}", "unknown"),
    ],
)
def test_a_node_port_that_the_cluster_chooses_may_matter(egress: str, verdict: str) -> None:
    found = explained(UNCHOSEN, "nodeport", beside=SHUT.replace("EGRESS", egress))

    assert found.verdict == verdict
    assert "the cluster is to choose the nodePort, and 30000 stands for it" in found.remarks
    if verdict == "unknown":
        assert found.cases[0].before[0].missing == ("the nodePort of Service shop/api",)


def test_a_node_arrives_as_a_node() -> None:
    found = explained(NODE_PORT, "nodeport", source=Endpoint.entity("remote-node"))

    assert ways(found) == [("entity host -> shop/old TCP 80",), ("entity remote-node -> shop/old TCP 80",)]


def test_an_internal_load_balancer_sees_the_pod() -> None:
    found = explained(
        f"{BALANCER}, externalTrafficPolicy: Local", "loadbalancer", annotations=f"{{{SCHEME}: internal}}"
    )

    assert ways(found) == [
        ("shop/web -> the load balancer of Service shop/api TCP 443", "shop/web -> shop/old TCP 80")
    ]
    assert found.remarks[-1] == (
        "a load balancer that keeps clients leads to no pod on the client's own instance, whatever "
        "policies say"
    )


def test_a_load_balancer_of_the_internet_sees_somebody_else() -> None:
    found = explained(
        f"{BALANCER}, externalTrafficPolicy: Local",
        "loadbalancer",
        annotations=f"{{{SCHEME}: internet-facing}}",
    )

    assert ways(found) == [
        ("shop/web -> the load balancer of Service shop/api TCP 443", "entity world -> shop/old TCP 80")
    ]


def test_the_addresses_of_a_load_balancer_are_unknown_to_ranges() -> None:
    shut = SHUT.replace("EGRESS", "{toCIDR: [10.0.0.0/8]}")
    found = explained(BALANCER, "loadbalancer", beside=shut, annotations=f"{{{SCHEME}: internal}}")

    assert found.verdict == "unknown"
    assert found.cases[0].before[0].missing == (
        "whether the addresses of the load balancer of Service shop/api are in 10.0.0.0/8",
    )


def test_a_load_balancer_with_a_name_is_the_name() -> None:
    text = (
        service(f"{{selector: {{old: 'true'}}, {BALANCER}}}", annotations=f"{{{SCHEME}: internal}}").rstrip()
        + "\nstatus: {loadBalancer: {ingress: [{hostname: a.elb.amazonaws.com}]}}\n"
    )
    judged = evaluation(text)
    (there,) = judged.inventory.services
    web = Endpoint.pod(workload(judged.inventory, "shop/web"))
    found = explain_service(judged, web, there, there.ports[0], flow, way="loadbalancer")

    assert {each[0] for each in ways(found)} == {"shop/web -> fqdn a.elb.amazonaws.com TCP 443"}


def test_an_external_address_is_outside_for_the_client() -> None:
    found = explained("externalIPs: [192.0.2.1], ports: [{port: 80}]", "externalip")

    assert ways(found) == [
        ("shop/web -> address 192.0.2.1 TCP 80", f"entity {arriving} -> shop/old TCP 80")
        for arriving in ("host", "remote-node")
    ]


def test_nobody_knows_where_an_external_address_leads_that_cilium_leaves_alone() -> None:
    found = explained("externalIPs: [192.0.2.1], ports: [{port: 80}]", "externalip", "cilium")

    assert [each[1] for each in ways(found)] == [
        "shop/web -> shop/old TCP 80",
        "entity remote-node -> shop/old TCP 80",
    ]


SPECS = st.sampled_from(
    [
        NODE_PORT,
        UNCHOSEN,
        BALANCER,
        "externalIPs: [192.0.2.1], ports: [{port: 80}]",
        f"{BALANCER}, externalIPs: [192.0.2.1]",
    ]
)


@given(SPECS, st.booleans(), st.sampled_from(get_args(ServiceProxy)), st.booleans())
def test_every_way_ends_at_the_pods_and_begins_at_the_client(
    spec: str, local: bool, proxy: ServiceProxy, outside: bool
) -> None:
    text = f"{{selector: {{app: api}}, {spec}, externalTrafficPolicy: {'Local' if local else 'Cluster'}}}"
    there = known(service(text))
    (found,) = there.services
    start = Endpoint.address("203.0.113.7") if outside else Endpoint.pod(workload(there, "shop/web"))
    backends = find_backends(found, found.ports[0], there)
    for way in ways_of(found):
        client = ServiceClient(start, way, proxy)
        for route in routes(client, found, found.ports[0], backends, there):
            assert route.legs[-1].destination in {one.endpoint for one in backends}
            # The client's own policies judge exactly one leg.
            judged = [leg for leg in route.legs if leg.source == start and leg.only != "ingress"]
            assert len(judged) == (1 if not outside or route.legs[0].source == start else 0)
            if local and way != "loadbalancer" and (proxy == "kube-proxy" or way == "nodeport"):
                assert route.legs[-1].source == start
