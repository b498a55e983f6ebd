from __future__ import annotations

from collections.abc import Mapping

import pytest

from cdk_eks_cilium.policy_analysis import Inventory, Workload
from cdk_eks_cilium.policy_analysis.flows import Party
from cdk_eks_cilium.policy_analysis.flows.parties import party_of
from cdk_eks_cilium.policy_analysis.suggestion.stable_labels import StableLabels
from tests.hubble_flows import pod


def party(name: str, labels: Mapping[str, str], namespace: str = "shop") -> Party:
    found = party_of(pod(name, labels, namespace=namespace), "100.64.0.1", ())
    assert isinstance(found, Party)
    return found


def chosen(one: Party, *others: Party, described: Inventory | None = None) -> dict[str, str]:
    return dict(StableLabels([one, *others], described or Inventory()).of(one).labels)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"app": "web", "app.kubernetes.io/name": "web"}, {"app.kubernetes.io/name": "web"}),
        ({"app": "web", "k8s-app": "web"}, {"k8s-app": "web"}),
        ({"app": "web", "pod-template-hash": "6d4cf56db6"}, {"app": "web"}),
        ({"pod-template-hash": "6d4cf56db6", "team": "red"}, {"team": "red"}),
        ({"app.kubernetes.io/version": "1", "helm.sh/chart": "web-1", "version": "2"}, {}),
        ({"statefulset.kubernetes.io/pod-name": "db-0", "apps.kubernetes.io/pod-index": "0"}, {}),
        ({"batch.kubernetes.io/job-name": "j", "controller-uid": "1", "role": "batch"}, {"role": "batch"}),
    ],
)
def test_the_label_that_people_choose_by_is_chosen(labels: dict[str, str], expected: dict[str, str]) -> None:
    assert chosen(party("web", labels)) == expected


def test_labels_are_added_until_workloads_are_told_apart() -> None:
    front = party("front", {"app": "shop", "app.kubernetes.io/component": "front", "team": "red"})
    back = party("back", {"app": "shop", "app.kubernetes.io/component": "back", "team": "red"})
    assert chosen(front, back) == {"app": "shop", "app.kubernetes.io/component": "front"}


def test_workloads_of_other_namespaces_do_not_count() -> None:
    assert chosen(party("a", {"app": "x", "tier": "1"}), party("b", {"app": "x"}, "edge")) == {"app": "x"}


def test_workloads_in_files_are_told_apart_too() -> None:
    described = Inventory((Workload("shop", "other", {"app": "x", "tier": "2"}),))
    assert chosen(party("a", {"app": "x", "tier": "1"}), described=described) == {"app": "x", "tier": "1"}


def test_a_label_that_differs_among_pods_of_a_workload_is_not_chosen() -> None:
    blue, green = party("a", {"app": "x", "colour": "blue"}), party("a", {"app": "x", "colour": "green"})
    other = party("b", {"app": "x", "colour": "red"})
    found = StableLabels([blue, green, other], Inventory()).of(blue)
    assert dict(found.labels) == {"app": "x"}
    assert found.also == ("shop/b",)


def test_the_account_tells_workloads_apart_that_labels_do_not() -> None:
    one, other = party("a", {"app": "x"}), party("b", {"app": "x"})
    account = "k8s:io.cilium.k8s.policy.serviceaccount="
    own = Party(
        "pod",
        one.name,
        one.namespace,
        tuple(f"{account}a" if each.startswith(account) else each for each in one.labels),
        one.maker,
    )
    assert chosen(own, other) == {"app": "x", "k8s:io.cilium.k8s.policy.serviceaccount": "a"}
