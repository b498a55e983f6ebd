"""Addresses of Services and ports of nodes that the cluster gives."""

from __future__ import annotations

from typing import Any

from rehearsal.kubernetes import KubernetesCluster


def service(name: str = "web", **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"ports": [{"port": 80}], **spec},
    }


def test_an_address_that_somebody_took_is_not_given(cluster: KubernetesCluster) -> None:
    first = cluster.apply(service("first"))["spec"]["clusterIP"]
    head, _, last = first.rpartition(".")
    taken = f"{head}.{int(last) + 1}"
    cluster.apply(service("second", clusterIP=taken))
    assert cluster.apply(service("third"))["spec"]["clusterIP"] not in (first, taken)


def test_a_service_gets_its_ports_of_nodes(cluster: KubernetesCluster) -> None:
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    made = cluster.apply(service(type="NodePort", ports=ports))
    given = [port["nodePort"] for port in made["spec"]["ports"]]
    assert len(set(given)) == 2
    assert all(30000 <= port <= 32767 for port in given)


def test_one_port_of_two_protocols_gets_one_port_of_nodes(cluster: KubernetesCluster) -> None:
    ports = [{"name": "a", "port": 53}, {"name": "b", "port": 53, "protocol": "UDP"}]
    made = cluster.apply(service(type="NodePort", ports=ports))
    assert len({port["nodePort"] for port in made["spec"]["ports"]}) == 1


def test_an_update_keeps_what_was_given(cluster: KubernetesCluster) -> None:
    made = cluster.apply(service(type="LoadBalancer", externalTrafficPolicy="Local"))
    again = cluster.apply(service(type="LoadBalancer", externalTrafficPolicy="Local", selector={"a": "b"}))
    assert again["spec"]["clusterIP"] == made["spec"]["clusterIP"]
    assert again["spec"]["ports"] == made["spec"]["ports"]
    assert made["spec"]["healthCheckNodePort"] >= 30000


def test_another_type_gives_back_what_it_does_not_have(cluster: KubernetesCluster) -> None:
    made = cluster.apply(service(type="LoadBalancer", loadBalancerClass="example.com/x"))
    made["spec"]["type"] = "ClusterIP"
    inside = cluster.apply(made)
    assert "nodePort" not in inside["spec"]["ports"][0]
    assert "loadBalancerClass" not in inside["spec"]
    inside["spec"] |= {"type": "ExternalName", "externalName": "example.com"}
    outside = cluster.apply(inside)
    assert "clusterIP" not in outside["spec"]


def test_a_balancer_without_ports_of_nodes_gets_none(cluster: KubernetesCluster) -> None:
    made = cluster.apply(service(type="LoadBalancer", allocateLoadBalancerNodePorts=False))
    assert "nodePort" not in made["spec"]["ports"][0]
