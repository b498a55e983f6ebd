"""Whom the pods behind a Service see as the client, where the client is outside the cluster.

Sources:

- kube-proxy: with ``externalTrafficPolicy: Cluster`` the node that a request comes to puts its own address in
  place of the client's, with ``Local`` it does not, and hands requests only to its own pods
  (https://kubernetes.io/docs/tutorials/services/source-ip/#source-ip-for-services-with-type-nodeport).
- Cilium in place of kube-proxy: only a request that goes on to another node gets the address of the first
  node. In native routing, which ENI mode has, Cilium then sees a remote node, and the entity cluster means it
  (https://docs.cilium.io/en/stable/security/policy/caveats/#security-identity-for-n-s-service-traffic,
  https://docs.cilium.io/en/stable/network/kubernetes/kubeproxy-free/#client-source-ip-preservation).
- Direct server return would keep the client's address, and EC2 drops its packets (`CEK2320`).
- NLB: with instance targets it keeps the addresses of clients, with IP targets it does so for UDP, and for
  TCP and TLS only with ``preserve_client_ip.enabled``
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

Way = Literal["nodeport", "loadbalancer"]
"""How a client outside the cluster comes to a Service."""

_PREFIX: Final = "service.beta.kubernetes.io/aws-load-balancer-"
_HOST: Final = Endpoint.entity("host")
_REMOTE: Final = Endpoint.entity("remote-node")


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
    return ways.get(service.type, ())


def seen_as(
    client: Endpoint, service: KubernetesService, way: Way, proxy: ServiceProxy, protocol: str
) -> list[SeenAs]:
    """Whom the pods behind a Service see as a client outside the cluster, one case after the other."""
    if way == "nodeport":
        return list(_through_nodes(client, service, proxy, ""))
    return list(_through_load_balancer(client, service, proxy, protocol))


def _through_nodes(
    client: Endpoint, service: KubernetesService, proxy: ServiceProxy, before: str
) -> Iterator[SeenAs]:
    if service.keeps_clients:
        yield SeenAs(client, f"{before}externalTrafficPolicy Local keeps the client's address")
        return
    if proxy == "kube-proxy":
        yield SeenAs(
            _HOST, f"{before}the pod is on the node that the request comes to, whose address it gets"
        )
    else:
        yield SeenAs(client, f"{before}the pod is on the node that the request comes to")
    yield SeenAs(
        _REMOTE, f"{before}the pod is on another node, and the request gets the first node's address"
    )


def _through_load_balancer(
    client: Endpoint, service: KubernetesService, proxy: ServiceProxy, protocol: str
) -> Iterator[SeenAs]:
    balancer = Endpoint.entity("world")
    if has_ip_targets(service):
        if protocol == "UDP" or _attributes(service).get("preserve_client_ip.enabled") == "true":
            yield SeenAs(client, "the load balancer has IP targets and keeps the client's address")
        else:
            yield SeenAs(
                balancer,
                "the load balancer has IP targets and puts its own address, of its subnet, in place of the "
                "client's",
            )
        return
    if _attributes(service).get("preserve_client_ip.enabled") == "false":
        yield from _through_nodes(balancer, service, proxy, "the load balancer hides the client, and ")
        return
    cases = list(_through_nodes(client, service, proxy, ""))
    yield from cases
    # The controller in Kubernetes itself makes a Classic Load Balancer of a Service that names no other kind.
    unnamed = not service.load_balancer_class and f"{_PREFIX}type" not in service.annotations
    if unnamed and any(each.endpoint == client for each in cases):
        yield SeenAs(
            balancer,
            "the load balancer is a Classic one, which puts its own address in place of the client's",
        )


def has_ip_targets(service: KubernetesService) -> bool:
    """Whether a load balancer sends requests to pods themselves, and not to nodes."""
    return (
        service.annotations.get(f"{_PREFIX}nlb-target-type") == "ip"
        or service.annotations.get(f"{_PREFIX}type") == "nlb-ip"
    )


def _attributes(service: KubernetesService) -> dict[str, str]:
    text = service.annotations.get(f"{_PREFIX}target-group-attributes", "")
    pairs = (each.partition("=") for each in text.split(",") if each)
    return {name.strip(): value.strip() for name, _, value in pairs}
