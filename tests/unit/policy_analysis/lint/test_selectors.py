"""Selectors of pods that nobody knows, and of namespaces that are not meant."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload
from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.unit.policy_analysis.lint.written import ccnp, cnp, ids, known, only, pod, ports

WEB, API = pod("web"), pod("api")
NAMESPACE = "k8s:io.kubernetes.pod.namespace"


def peers(*labels: dict[str, str]) -> dict[str, Any]:
    return {"fromEndpoints": [{"matchLabels": each} for each in labels], "toPorts": ports("80")}


def test_cnp021_a_policy_for_no_known_pod() -> None:
    policy = cnp(labels={"app": "wbe"}, ingress=[{}])

    assert only("CNP021", policy, inventory=known(WEB)) == [
        (
            "spec.endpointSelector",
            "must select a pod that is known, got app=wbe, which none in shop has; "
            "correct the labels, or remove the policy",
        )
    ]
    assert only("CNP021", ccnp(labels={"app": "wbe"}, ingress=[{}]), inventory=known(WEB)) == [
        (
            "spec.endpointSelector",
            "must select a pod that is known, got app=wbe, which none has; "
            "correct the labels, or remove the policy",
        )
    ]


def test_cnp021_expressions_are_told_in_words() -> None:
    expression = {"key": "app", "operator": "In", "values": ["a", "b"]}
    policy = cnp(endpointSelector={"matchExpressions": [expression]}, ingress=[{}])

    [(_, text)] = only("CNP021", policy, inventory=known(WEB))

    assert ", got app In (a, b), which none in shop has; " in text


def test_cnp021_pods_on_the_network_of_their_node() -> None:
    agent = Workload("shop", "agent", {"app": "web"}, host_network=True)

    assert only("CNP021", cnp(ingress=[{}]), inventory=known(agent)) == [
        (
            "spec.endpointSelector",
            "must select pods with a network of their own, got shop/agent, on the network of the node; "
            "write a CiliumClusterwideNetworkPolicy with a nodeSelector for the host firewall",
        )
    ]


def test_cnp021_a_policy_for_some_pod_or_with_nothing_known() -> None:
    assert only("CNP021", cnp(ingress=[{}]), inventory=known(WEB)) == []
    assert only("CNP021", cnp(ingress=[{}])) == []
    assert only("CNP021", cnp(ingress=[{}]), inventory=Inventory()) == []
    assert only("CNP021", ccnp(nodeSelector={}, ingress=[{}]), inventory=known(WEB)) == []
    empty = Inventory((WEB,), {"shop": {}, "later": {}})
    assert only("CNP021", cnp(namespace="later", labels={}, ingress=[{}]), inventory=empty) == []


def test_cnp022_a_peer_that_nobody_knows() -> None:
    policy = cnp(ingress=[peers({"app": "api"}, {"app": "apy"})])

    assert only("CNP022", policy, inventory=known(WEB, API)) == [
        (
            "spec.ingress[0].fromEndpoints[1]",
            "must choose a pod that is known, got app=apy, which none in shop has; "
            "correct the labels, or remove the entry",
        )
    ]
    assert only("CNP022", policy) == []


def test_cnp022_a_peer_in_a_namespace_that_has_other_pods() -> None:
    policy = cnp(ingress=[peers({"app": "api", NAMESPACE: "bank"})])

    assert only("CNP022", policy, inventory=known(WEB, API, pod("vault", "bank"))) == [
        (
            "spec.ingress[0].fromEndpoints[0]",
            f"must choose a pod that is known, got app=api, {NAMESPACE}=bank, which none has; "
            "correct the labels, or remove the entry",
        )
    ]


@pytest.mark.parametrize(
    "labels",
    [
        {"app": "api"},
        {"k8s:app": "api"},
        {},
        {"reserved:host": ""},
        {"app": "far", "io.cilium.k8s.policy.cluster": "other"},
    ],
)
def test_cnp022_peers_that_are_known_or_are_no_pods_here(labels: dict[str, str]) -> None:
    assert only("CNP022", cnp(ingress=[peers(labels)]), inventory=known(WEB, API)) == []


def test_cnp023_a_peer_of_another_namespace_without_it() -> None:
    policy = cnp(ingress=[peers({"app": "prometheus"})])
    inventory = known(WEB, pod("prometheus", "monitoring"))

    assert only("CNP023", policy, inventory=inventory) == [
        (
            "spec.ingress[0].fromEndpoints[0]",
            "must name the namespace of its pods: without one it means shop, where none has app=prometheus, "
            "got pods in monitoring alone; add k8s:io.kubernetes.pod.namespace: monitoring",
        )
    ]
    assert only("CNP022", policy, inventory=inventory) == []


def test_cnp023_peers_with_their_namespace_or_of_every_namespace() -> None:
    inventory = known(WEB, pod("prometheus", "monitoring"))
    named = peers({"app": "prometheus", NAMESPACE: "monitoring"})

    assert only("CNP023", cnp(ingress=[named]), inventory=inventory) == []
    by_label = peers(
        {"app": "prometheus", "k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name": "monitoring"}
    )
    assert only("CNP023", cnp(ingress=[by_label]), inventory=inventory) == []
    assert only("CNP023", ccnp(ingress=[peers({"app": "prometheus"})]), inventory=inventory) == []


def test_cnp024_namespaces_that_nobody_knows() -> None:
    policies = (
        cnp(ingress=[peers({"app": "api", NAMESPACE: "bnak"})]),
        cnp("lost", namespace="shpo", ingress=[{}]),
    )

    assert only("CNP024", *policies, inventory=known(WEB, pod("vault", "bank"))) == [
        (
            "spec.ingress[0].fromEndpoints[0]",
            "must name a namespace that is known, got bnak; "
            "correct it, or add Namespace bnak to what is known (bank, kube-system and shop)",
        ),
        (
            "spec",
            "must be in a namespace that is known, got shpo; "
            "correct it, or add Namespace shpo to what is known (bank, kube-system and shop)",
        ),
    ]
    found = ids(*policies, inventory=known(WEB, pod("vault", "bank")))
    assert not {"CNP021", "CNP022"} & set(found)


def test_cnp024_known_namespaces_and_nothing_known() -> None:
    policy = cnp(ingress=[peers({"app": "api", NAMESPACE: "bank"})])

    assert only("CNP024", policy, inventory=known(WEB, pod("api", "bank"))) == []
    assert only("CNP024", policy) == []


def test_cnp025_a_selector_of_another_namespace() -> None:
    assert only("CNP025", cnp(labels={"app": "web", NAMESPACE: "bank"}, ingress=[{}])) == [
        (
            "spec.endpointSelector",
            "must not name another namespace: the policy selects pods of shop alone, got bank; "
            "put the policy into bank, or write a CiliumClusterwideNetworkPolicy",
        )
    ]


def test_cnp025_its_own_namespace_or_a_clusterwide_policy() -> None:
    assert only("CNP025", cnp(labels={"app": "web", NAMESPACE: "shop"}, ingress=[{}])) == []
    assert only("CNP025", ccnp(labels={"app": "web", NAMESPACE: "bank"}, ingress=[{}])) == []


def ruling_out(*keys: str) -> Policy:
    expressions = [{"key": key, "operator": "NotIn", "values": ["x"]} for key in keys]
    return cnp(ingress=[{"fromEndpoints": [{"matchExpressions": expressions}]}])


def test_cnp038_a_selector_that_only_rules_namespaces_out() -> None:
    assert only("CNP038", ruling_out("io.kubernetes.pod.namespace"), version=CiliumVersion.V1_18) == [
        (
            "spec.ingress[0].fromEndpoints[0]",
            "must not only rule labels out: nodes and the world do not have them either, got "
            "io.kubernetes.pod.namespace NotIn (x); "
            "add the expression {key: k8s:io.kubernetes.pod.namespace, operator: Exists}",
        )
    ]


def test_cnp038_only_where_nothing_else_is_asked_for() -> None:
    assert only("CNP038", ruling_out("io.kubernetes.pod.namespace")) == []
    assert only("CNP038", ruling_out("app"), version=CiliumVersion.V1_18) == []
    mended = {
        "matchExpressions": [
            {"key": "io.kubernetes.pod.namespace", "operator": "NotIn", "values": ["x"]},
            {"key": "k8s:io.kubernetes.pod.namespace", "operator": "Exists"},
        ]
    }
    policy = cnp(ingress=[{"fromEndpoints": [mended]}])
    assert only("CNP038", policy, version=CiliumVersion.V1_18) == []


def test_cnp038_a_selector_that_rules_clusters_out_in_every_release() -> None:
    policy = ruling_out("io.kubernetes.pod.namespace", "io.cilium.k8s.policy.cluster")
    assert len(only("CNP038", policy)) == 1
    assert len(only("CNP038", policy, version=CiliumVersion.V1_19)) == 1


def test_cnp022_a_selector_that_means_the_world_is_not_without_effect() -> None:
    policy = cnp(
        ingress=[
            {
                "fromEndpoints": [
                    {
                        "matchExpressions": [
                            {"key": NAMESPACE, "operator": "NotIn", "values": ["shop", "kube-system"]}
                        ]
                    }
                ]
            }
        ]
    )
    inventory = known(pod("web"))
    assert len(only("CNP022", policy, inventory=inventory)) == 1
    assert only("CNP022", policy, inventory=inventory, version=CiliumVersion.V1_18) == []


BY_TEAM = {"matchLabels": {"io.cilium.k8s.namespace.labels.team": "x"}}


def test_cnp041_labels_of_namespaces_before_1_16() -> None:
    policy = cnp(ingress=[{"fromEndpoints": [BY_TEAM]}])
    assert only("CNP041", policy, version=CiliumVersion.V1_15) == [
        (
            "spec.ingress[0].fromEndpoints[0]",
            "must name namespaces by their names before Cilium 1.16 (this is for 1.15.19), which looks for "
            "these labels in shop alone, got io.cilium.k8s.namespace.labels.team=x; "
            "add k8s:io.kubernetes.pod.namespace, or write a CiliumClusterwideNetworkPolicy",
        )
    ]


def test_cnp041_not_from_1_16_on_nor_clusterwide_nor_beside_a_name() -> None:
    policy = cnp(ingress=[{"fromEndpoints": [BY_TEAM]}])
    assert only("CNP041", policy, version=CiliumVersion.V1_16) == []
    assert only("CNP041", policy) == []
    everywhere = ccnp(ingress=[{"fromEndpoints": [BY_TEAM]}])
    assert only("CNP041", everywhere, version=CiliumVersion.V1_15) == []
    named = {"matchLabels": {**BY_TEAM["matchLabels"], NAMESPACE: "other"}}
    assert only("CNP041", cnp(ingress=[{"fromEndpoints": [named]}]), version=CiliumVersion.V1_15) == []
