"""Pods that stand for pods that no file describes."""

from __future__ import annotations

from cdk_eks_cilium.policy.documents import load_policies, read_text
from cdk_eks_cilium.policy_analysis.difference import PolicyState, stand_ins
from cdk_eks_cilium.policy_analysis.difference.stand_ins import MOST_STAND_INS, words
from cdk_eks_cilium.policy_analysis.inventories import inventory
from tests.unit.policy_analysis.evaluation.worlds import POD, pod, policy


def state(text: str) -> PolicyState:
    documents = read_text(text, "world.yaml")
    return PolicyState(load_policies(documents), inventory(documents))


def found(old: str, new: str | None = None) -> list[str]:
    return sorted(words(one) for one in stand_ins(state(old), state(old if new is None else new)).workloads)


def selecting(selector: str, namespace: str = "shop", name: str = "p") -> str:
    return policy(f"{namespace}/{name}", f"endpointSelector: {selector}\ningress: [{{}}]")


def test_a_selector_has_a_pod_with_its_labels_and_one_without() -> None:
    assert found(selecting("{matchLabels: {app: web}}")) == [
        "other pods of another namespace",
        "other pods of shop",
        "pods app=web of shop",
    ]


def test_a_described_pod_stands_for_itself() -> None:
    assert found(pod("shop/web") + selecting("{matchLabels: {app: web}}")) == [
        "other pods of another namespace",
        "other pods of shop",
    ]


def test_each_value_that_an_expression_names_counts() -> None:
    expressions = (
        "{matchExpressions: [{key: app, operator: In, values: [a, b]}, "
        "{key: tier, operator: NotIn, values: [x]}, {key: team, operator: Exists}]}"
    )
    assert found(selecting(expressions)) == [
        "other pods of another namespace",
        "other pods of shop",
        "pods app=a,team of shop",
    ]
    plain = selecting("{matchLabels: {app: b}}", name="q")
    assert "pods app=b,team of shop" in found(selecting(expressions) + plain)


def test_a_namespace_with_labels_stands_for_all_that_have_them() -> None:
    peers = "fromEndpoints: [{matchLabels: {'k8s:io.cilium.k8s.namespace.labels.team': one}}]"
    text = policy("shop/p", f"endpointSelector: {{}}\ningress: [{{{peers}}}]")
    assert "other pods of a namespace with team=one" in found(text)


def test_a_clusterwide_selector_counts_in_each_known_namespace() -> None:
    clusterwide = policy(
        "p",
        "endpointSelector: {matchLabels: {app: web}}\ningress: [{}]",
        kind="CiliumClusterwideNetworkPolicy",
    )
    assert found(pod("shop/api") + clusterwide) == [
        "other pods of another namespace",
        "pods app=web of another namespace",
        "pods app=web of shop",
    ]


def test_a_changed_selector_is_joined_with_others() -> None:
    old = selecting("{matchLabels: {app: web}}")
    new = old + selecting("{matchLabels: {tier: x}}", name="q")
    assert "pods app=web,tier=x of shop" in found(old, new)
    assert "pods app=web,tier=x of shop" not in found(new)


def test_pods_of_another_cluster_are_left_out_by_name() -> None:
    peers = "fromEndpoints: [{matchLabels: {'k8s:io.cilium.k8s.policy.cluster': east}}]"
    one = state(policy("shop/p", f"endpointSelector: {{}}\ningress: [{{{peers}}}]"))
    assert stand_ins(one, one).left_out == ("pods of the cluster east",)


def test_labels_of_entities_are_no_labels_of_pods() -> None:
    one = policy(
        "shop/p", "endpointSelector: {}\ningress: [{fromEndpoints: [{matchLabels: {'reserved:host': ''}}]}]"
    )
    assert found(one) == ["other pods of another namespace", "other pods of shop"]


def test_the_namespace_of_a_peer_may_be_one_of_some() -> None:
    peers = f"fromEndpoints: [{{matchExpressions: [{{key: '{POD}', operator: In, values: [a, b]}}]}}]"
    one = policy("shop/p", f"endpointSelector: {{}}\ningress: [{{{peers}}}]")
    assert {"other pods of a", "other pods of b"} <= set(found(one))


def clusterwide(label: str) -> str:
    selected = f"endpointSelector: {{matchLabels: {{{label}: allow}}}}\ningress: [{{}}]"
    return policy(f"p-{label}", selected, kind="CiliumClusterwideNetworkPolicy")


def test_a_namespace_that_nobody_tells_from_others_has_no_pods_of_its_own() -> None:
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: quiet, labels: {team: one}}\n---\n"
    assert found(namespace + clusterwide("web")) == [
        "other pods of another namespace",
        "pods web=allow of another namespace",
    ]
    peers = "fromEndpoints: [{matchLabels: {'k8s:io.cilium.k8s.namespace.labels.team': one}}]"
    reading = policy("shop/p", f"endpointSelector: {{}}\ningress: [{{{peers}}}]")
    assert "other pods of quiet" in found(namespace + reading)


def test_labels_in_very_many_namespaces_are_left_out_in_words() -> None:
    pods = "".join(pod(f"n{number:02}/app") for number in range(40))
    one = state(pods + "".join(clusterwide(f"k{number}") for number in range(20)))
    kept = stand_ins(one, one)
    assert len(kept.workloads) == MOST_STAND_INS
    assert {f"pods k{number}=allow of another namespace" for number in range(20)} <= set(
        map(words, kept.workloads)
    )
    assert kept.left_out == (
        "571 kinds of pods in n11, n12, n13, n14, n15 and 24 more namespaces, with labels that clusterwide "
        "policies or peers select: a comparison has at most 250 kinds",
    )
