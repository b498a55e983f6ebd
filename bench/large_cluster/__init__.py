"""A large cluster, generated and healthy: each list of its API, its logs and its metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Final

from bench.large_cluster import system
from bench.large_cluster.objects import (
    PODS_PER_NODE,
    SYSTEM,
    Thing,
    cilium_endpoint,
    cilium_node,
    identity,
    meta,
    node_name,
    node_of,
    places,
)
from bench.large_cluster.pods import team_pod

NODES: Final = 1_000

Kind = tuple[str, str]
"""The path of a list below the root of the API, and the kind of its objects."""

_EMPTY: Final = {
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations": "MutatingWebhookConfiguration",
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations": "ValidatingWebhookConfiguration",
    "/apis/cilium.io/v2/ciliumclusterwidenetworkpolicies": "CiliumClusterwideNetworkPolicy",
    "/apis/cilium.io/v2/ciliumnetworkpolicies": "CiliumNetworkPolicy",
    "/apis/cilium.io/v2/ciliumnodeconfigs": "CiliumNodeConfig",
    "/apis/networking.k8s.io/v1/networkpolicies": "NetworkPolicy",
    "/apis/policy/v1/poddisruptionbudgets": "PodDisruptionBudget",
}


def every_kind(nodes: int = NODES) -> Mapping[Kind, Callable[[], Iterator[Thing]]]:
    """Every list that the API serves; lists of one namespace have it in their path."""
    core, apps = f"/api/v1/namespaces/{SYSTEM}", "/apis/apps/v1"
    return {
        ("/api/v1/nodes", "Node"): lambda: map(node_of, range(nodes)),
        ("/api/v1/pods", "Pod"): partial(_pods, nodes),
        ("/apis/cilium.io/v2/ciliumnodes", "CiliumNode"): partial(_cilium_nodes, nodes),
        ("/apis/cilium.io/v2/ciliumendpoints", "CiliumEndpoint"): partial(_endpoints, nodes),
        ("/apis/cilium.io/v2/ciliumidentities", "CiliumIdentity"): lambda: map(identity, range(500)),
        ("/api/v1/namespaces", "Namespace"): lambda: (
            {"metadata": meta(each)} for each in (SYSTEM, "default", *(f"team-{n}" for n in range(50)))
        ),
        ("/api/v1/events", "Event"): lambda: system.events(nodes),
        ("/api/v1/services", "Service"): system.services,
        (f"{core}/pods", "Pod"): lambda: system.system_pods(nodes),
        (f"{core}/configmaps", "ConfigMap"): system.config_maps,
        (f"{core}/serviceaccounts", "ServiceAccount"): system.service_accounts,
        (f"{apps}/daemonsets", "DaemonSet"): lambda: system.daemon_sets(nodes),
        (f"{apps}/deployments", "Deployment"): system.deployments,
        (f"/apis/batch/v1/namespaces/{SYSTEM}/cronjobs", "CronJob"): system.cron_jobs,
        (f"/apis/coordination.k8s.io/v1/namespaces/{SYSTEM}/leases", "Lease"): system.leases,
        (
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            "CustomResourceDefinition",
        ): system.definitions,
        **{(path, kind): lambda: iter(()) for path, kind in _EMPTY.items()},
    }


def _pods(nodes: int) -> Iterator[Thing]:
    teams = (team_pod(node, each) for node, each in places(nodes))
    return chain(teams, system.system_pods(nodes))


def _addressed(nodes: int) -> list[Thing]:
    """The pods of kube-system with addresses of their own."""
    return [each for each in system.system_pods(nodes) if "hostNetwork" not in each["spec"]]


def _cilium_nodes(nodes: int) -> Iterator[Thing]:
    further = _addressed(nodes)
    for node in range(nodes):
        own = [team_pod(node, each) for each in range(PODS_PER_NODE)]
        own += [each for each in further if each["spec"]["nodeName"] == node_name(node)]
        owners = {
            each["status"]["podIP"]: f"{each['metadata']['namespace']}/{each['metadata']['name']}"
            for each in own
        }
        yield cilium_node(node, owners)


def _endpoints(nodes: int) -> Iterator[Thing]:
    teams = (team_pod(node, each) for node, each in places(nodes))
    return (cilium_endpoint(each, number) for number, each in enumerate(chain(teams, _addressed(nodes))))
