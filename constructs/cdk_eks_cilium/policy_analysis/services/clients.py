"""Whom the pods behind a Service see as the client, where the client is outside the cluster.

Sources:

- kube-proxy: a request to a node's port gets the address of the node that it comes to, and with
  ``externalTrafficPolicy: Local`` it keeps the client's, and goes only to pods of that node
  (https://kubernetes.io/docs/tutorials/services/source-ip/#source-ip-for-services-with-type-nodeport; a
  request to an external address is treated alike, `writeServiceToEndpointRules` in kube-proxy).
- Cilium in place of kube-proxy: only a request that goes on to another node gets the address of the first
  node. In native routing, which ENI mode has, Cilium then sees a remote node, and the entity cluster means it
  (https://docs.cilium.io/en/stable/security/policy/caveats/#security-identity-for-n-s-service-traffic,
  https://docs.cilium.io/en/stable/network/kubernetes/kubeproxy-free/#client-source-ip-preservation).
- Direct server return would keep the client's address, and EC2 drops its packets (`CEK2320`).
- NLB, attribute ``preserve_client_ip.enabled``: on by default with instance targets, and with IP targets for
  UDP; off with IP targets for TCP and TLS. For UDP, and for a port of both TCP and UDP, it cannot be turned
  off. An IPv6 client of IPv4 targets never keeps its address
  (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html). The
  annotations that choose are
  https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from cdk_eks_cilium.policy_analysis.evaluation import Endpoint
from cdk_eks_cilium.policy_analysis.workloads import KubernetesService

ServiceProxy = Literal["kube-proxy", "cilium"]
"""Who hands connections to Services to pods on each node."""

Way = Literal["nodeport", "loadbalancer", "externalip"]
"""How a client comes to a Service other than by its cluster address."""

PREFIX: Final = "service.beta.kubernetes.io/aws-load-balancer-"
HOST: Final = Endpoint.entity("host")
REMOTE: Final = Endpoint.entity("remote-node")


@dataclass(frozen=True)
class SeenAs:
    """Whom a pod sees as the client.

    Attributes:
        endpoint: The side that policies judge.
        when: In which case, as a clause.
    """

    endpoint: Endpoint
    when: str


def ways_of(service: KubernetesService) -> tuple[Way, ...]:
    """How clients outside the cluster come to a Service, its own way first; empty if they cannot."""
    ways: dict[str, tuple[Way, ...]] = {
        "LoadBalancer": ("loadbalancer", "nodeport"),
        "NodePort": ("nodeport",),
    }
    if service.headless:
        return ()
    by_address: tuple[Way, ...] = ("externalip",) if service.external_addresses else ()
    return (*ways.get(service.type, ()), *by_address)


def seen_as(
    client: Endpoint, service: KubernetesService, way: Way, proxy: ServiceProxy, protocol: str
) -> list[SeenAs]:
    """Whom the pods behind a Service see as a client outside the cluster, one case after the other."""
    if way != "loadbalancer":
        return list(_through_nodes(client, service, proxy, ""))
    return list(_through_load_balancer(client, service, proxy, protocol))


def _through_nodes(
    client: Endpoint, service: KubernetesService, proxy: ServiceProxy, before: str
) -> Iterator[SeenAs]:
    if service.keeps_clients:
        yield SeenAs(client, f"{before}externalTrafficPolicy Local keeps the client's address")
        return
    if proxy == "kube-proxy":
        yield SeenAs(HOST, f"{before}the pod is on the node that the request comes to, whose address it gets")
    else:
        yield SeenAs(client, f"{before}the pod is on the node that the request comes to")
    yield SeenAs(REMOTE, f"{before}the pod is on another node, and the request gets the first node's address")


def _through_load_balancer(
    client: Endpoint, service: KubernetesService, proxy: ServiceProxy, protocol: str
) -> Iterator[SeenAs]:
    balancer = Endpoint.entity("world")
    kept = keeps_clients(client, service, protocol)
    if has_ip_targets(service):
        if kept:
            yield SeenAs(client, "the load balancer has IP targets and keeps the client's address")
        else:
            yield SeenAs(
                balancer,
                "the load balancer has IP targets and puts its own address, of its subnet, in place of the "
                "client's",
            )
        return
    if not kept:
        yield from _through_nodes(balancer, service, proxy, "the load balancer hides the client, and ")
        return
    cases = list(_through_nodes(client, service, proxy, ""))
    yield from cases
    # The controller in Kubernetes itself makes a Classic Load Balancer of a Service that names no other kind.
    unnamed = not service.load_balancer_class and f"{PREFIX}type" not in service.annotations
    if unnamed and any(each.endpoint == client for each in cases):
        yield SeenAs(
            balancer,
            "the load balancer is a Classic one, which puts its own address in place of the client's",
        )


def keeps_clients(client: Endpoint, service: KubernetesService, protocol: str) -> bool:
    """Whether an NLB hands on the address of a client."""
    if client.ip is not None and client.ip.version == 6:
        return False
    ports = {each.number for each in service.ports if each.protocol == "UDP"}
    both = any(each.protocol == "TCP" and each.number in ports for each in service.ports)
    if protocol == "UDP" or both:
        return True
    default = "false" if has_ip_targets(service) else "true"
    return _attributes(service).get("preserve_client_ip.enabled", default) == "true"


def has_ip_targets(service: KubernetesService) -> bool:
    """Whether a load balancer sends requests to pods themselves, and not to nodes."""
    return (
        service.annotations.get(f"{PREFIX}nlb-target-type") == "ip"
        or service.annotations.get(f"{PREFIX}type") == "nlb-ip"
    )


def _attributes(service: KubernetesService) -> dict[str, str]:
    text = service.annotations.get(f"{PREFIX}target-group-attributes", "")
    pairs = (each.partition("=") for each in text.split(",") if each)
    return {name.strip(): value.strip() for name, _, value in pairs}
