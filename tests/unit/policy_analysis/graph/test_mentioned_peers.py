from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.policy.documents import load_policies, read_text
from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation
from cdk_eks_cilium.policy_analysis.evaluation.tiers import TIERS
from cdk_eks_cilium.policy_analysis.graph import mentioned_peers
from cdk_eks_cilium.policy_analysis.inventories import inventory
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload
from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.unit.policy_analysis.evaluation.tier_worlds import tiered_parts
from tests.unit.policy_analysis.evaluation.worlds import POD, drawn_parts, pod, policy


def added(text: str) -> list[Workload]:
    """The pods that are added to the pods in YAML."""
    documents = read_text(text, "world.yaml")
    known = inventory(documents)
    return [
        one
        for one in mentioned_peers(load_policies(documents), known).workloads
        if one not in known.workloads
    ]


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ("endpointSelector: {matchLabels: {app: web}}", ["a/app=web"]),
        ("endpointSelector: {}", ["a/any pod"]),
        ("endpointSelector: {matchLabels: {'k8s:app': web, tier: front}}", ["a/app=web,tier=front"]),
        (
            "endpointSelector: {matchExpressions: [{key: app, operator: In, values: [api, web]}]}",
            ["a/app=api", "a/app=web"],
        ),
        ("endpointSelector: {matchExpressions: [{key: app, operator: Exists}]}", ["a/app"]),
        ("endpointSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}", ["a/any pod"]),
        (
            "endpointSelector: {matchLabels: {io.cilium.k8s.policy.serviceaccount: robot}}",
            ["a/serviceaccount=robot"],
        ),
    ],
)
def test_a_selector_that_chooses_no_known_pod_gets_one(spec: str, names: list[str]) -> None:
    assert [str(one) for one in added(policy("a/p", f"{spec}\ningress: [{{}}]"))] == names


def test_peers_get_pods_in_their_namespace() -> None:
    spec = (
        "endpointSelector: {matchLabels: {app: web}}\n"
        "ingress: [{fromEndpoints: [{matchLabels: {app: api}}, {matchLabels: {%s: b, app: db}}]}]\n"
        "egressDeny: [{toEndpoints: [{matchLabels: {app: old}}]}]"
    ).replace("%s", POD)
    names = {str(one) for one in added(policy("a/p", spec))}
    assert names == {"a/app=web", "a/app=api", "b/app=db", "a/app=old"}


def test_known_pods_are_enough_for_a_selector() -> None:
    assert (
        added(pod("a/web") + policy("a/p", "endpointSelector: {matchLabels: {app: web}}\ningress: [{}]"))
        == []
    )


def test_pods_with_more_labels_do_for_selectors_with_fewer() -> None:
    spec = (
        "endpointSelector: {}\n"
        "ingress: [{fromEndpoints: [{matchLabels: {app: web}}, {matchLabels: {app: web, tier: front}}]}]"
    )
    assert [str(one) for one in added(policy("a/p", spec))] == ["a/app=web,tier=front"]


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ("endpointSelector: {matchLabels: {app: web}}", ["any namespace/app=web"]),
        ("endpointSelector: {}", ["any namespace/any pod"]),
        (
            "endpointSelector: {matchLabels: {'k8s:io.cilium.k8s.namespace.labels.team': one}}",
            ["any namespace with team=one/any pod"],
        ),
        (
            "endpointSelector: {matchLabels: "
            "{'k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name': b}}",
            ["b/any pod"],
        ),
        ("endpointSelector: {matchLabels: {'k8s:io.kubernetes.pod.namespace': b, app: web}}", ["b/app=web"]),
        # Nodes and entities get no pods.
        ("nodeSelector: {matchLabels: {role: edge}}", []),
        ("endpointSelector: {matchLabels: {'reserved:host': ''}}", []),
    ],
)
def test_a_clusterwide_selector_gets_a_pod_in_the_namespaces_that_it_means(
    spec: str, names: list[str]
) -> None:
    found = added(policy("p", f"{spec}\ningress: [{{}}]", kind="CiliumClusterwideNetworkPolicy"))
    assert [str(one) for one in found] == names


TIERED = """
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: guard}
spec:
  tier: Admin
  priority: 1
  subject: {pods: {namespaceSelector: {matchLabels: {team: one}}, podSelector: {matchLabels: {app: web}}}}
  ingress:
    - {action: Deny, from: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: dev}}}]}
  egress:
    - {action: Accept, to: [{domainNames: [example.org]}]}
    - {action: Pass, to: [{networks: [192.0.2.0/24]}]}
"""


def test_whom_tiers_mention_gets_pods_where_agents_enforce_them() -> None:
    policies = load_policies(read_text(TIERED, "world.yaml"))
    known = mentioned_peers(policies, Inventory())
    assert {str(one) for one in known.workloads} == {
        "any namespace with team=one/app=web",
        "dev/any pod",
        # Names come with their questions to DNS servers.
        "any namespace/k8s-app=kube-dns",
    }
    assert mentioned_peers(policies, Inventory(), version=CiliumVersion.V1_18) == Inventory()


def test_a_selector_that_no_pod_can_match_gets_no_pod() -> None:
    spec = (
        "endpointSelector: {matchLabels: {app: web}, "
        "matchExpressions: [{key: app, operator: NotIn, values: [web]}]}\ningress: [{}]"
    )
    assert added(policy("a/p", spec)) == []


@settings(max_examples=100, deadline=None)
@given(st.one_of(drawn_parts(), tiered_parts()))
def test_who_is_added_is_chosen_by_a_policy_or_as_a_peer(parts: tuple[list[Policy], Inventory]) -> None:
    policies, _ = parts
    known = mentioned_peers(policies, Inventory())
    assert mentioned_peers(policies, known) == known
    world = Evaluation(policies, known)
    tiers = world.tiers.rules
    for workload in known.workloads:
        labels = world.labels_of(Endpoint.pod(workload))
        meant = any(
            item.peers.means(Endpoint.pod(workload), labels).matches is not False
            for direction in ("ingress", "egress")
            for item in (
                *(item for rule in world.rules for item in rule.items(direction)),
                *(item for tier in TIERS for rule in tiers.get((tier, direction), ()) for item in rule.items),
            )
        )
        chosen = any(world.tiered(workload, direction) for direction in ("ingress", "egress"))
        assert meant or chosen or world.choosing(workload)
