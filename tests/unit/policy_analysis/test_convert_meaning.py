"""A converted policy means what Kubernetes says: an evaluator of its own must agree on every flow."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.policy.documents import Document
from cdk_eks_cilium.policy_analysis import Endpoint, Evaluation, Flow, Inventory, Workload
from cdk_eks_cilium.policy_analysis.convert import convert
from cdk_eks_cilium.policy_analysis.kubernetes import network_policy
from cdk_eks_cilium.policy_analysis.workloads import NamedPort
from tests.unit.policy_analysis.kubernetes_semantics import Pod, World

EXAMPLES = int(os.environ.get("CONVERSION_EXAMPLES", "300"))

NAMESPACES = ("a", "b")
OUTSIDE = ("203.0.113.9", "203.0.113.200", "198.51.100.7")
PORTS = ((80, "TCP"), (8080, "TCP"), (8080, "UDP"), (53, "UDP"), (9000, "SCTP"), (0, "TCP"))

KEYS = st.sampled_from(["app", "tier", "x.example/y"])
VALUES = st.sampled_from(["p", "q", ""])


def selectors() -> st.SearchStrategy[dict[str, Any]]:
    """Often simple ones, which select some pods, and each operator alone, so that each takes effect."""
    listed = st.fixed_dictionaries(
        {
            "key": KEYS,
            "operator": st.sampled_from(["In", "NotIn"]),
            "values": st.lists(VALUES, min_size=1, max_size=2),
        }
    )
    bare = st.fixed_dictionaries({"key": KEYS, "operator": st.sampled_from(["Exists", "DoesNotExist"])})
    expression = st.one_of(listed, bare)
    return st.one_of(
        st.just({}),
        st.dictionaries(KEYS, VALUES, max_size=1).map(lambda labels: {"matchLabels": labels}),
        expression.map(lambda one: {"matchExpressions": [one]}),
        st.fixed_dictionaries(
            {
                "matchLabels": st.dictionaries(KEYS, VALUES, max_size=2),
                "matchExpressions": st.lists(expression, max_size=2),
            }
        ),
    )


def peers() -> st.SearchStrategy[dict[str, Any]]:
    blocks = st.sampled_from(
        [
            {"cidr": "203.0.113.0/24", "except": ["203.0.113.128/25"]},
            {"cidr": "0.0.0.0/0", "except": ["198.51.100.0/24", "203.0.113.9/32"]},
            {"cidr": "203.0.113.9/32", "except": []},
        ]
    )
    return st.one_of(
        blocks.map(lambda block: {"ipBlock": block}),
        blocks.map(lambda block: {"ipBlock": block}),
        selectors().map(lambda pods: {"podSelector": pods}),
        selectors().map(lambda spaces: {"namespaceSelector": spaces}),
        st.tuples(selectors(), selectors()).map(
            lambda both: {"podSelector": both[0], "namespaceSelector": both[1]}
        ),
    )


def ports() -> st.SearchStrategy[dict[str, Any]]:
    protocol = {"protocol": st.sampled_from(["TCP", "UDP", "SCTP"])}
    return st.one_of(
        st.fixed_dictionaries({}, optional=protocol),
        st.fixed_dictionaries({"port": st.sampled_from([80, 8080, 53, "web"])}, optional=protocol),
        st.fixed_dictionaries({"port": st.just(79), "endPort": st.just(8079)}, optional=protocol),
    )


def rules(peer: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    rule = st.fixed_dictionaries(
        {}, optional={peer: st.lists(peers(), max_size=3), "ports": st.lists(ports(), max_size=2)}
    )
    return st.lists(rule, min_size=1, max_size=2)


def policies() -> st.SearchStrategy[dict[str, Any]]:
    types = st.lists(st.sampled_from(["Ingress", "Egress"]), unique=True, max_size=2)
    spec = st.fixed_dictionaries(
        {"podSelector": st.one_of(st.just({}), selectors())},
        optional={
            "policyTypes": types,
            "ingress": st.one_of(st.just([]), rules("from")),
            "egress": st.one_of(st.just([]), rules("to")),
        },
    )
    return st.tuples(spec, st.sampled_from(NAMESPACES)).map(
        lambda both: {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "p", "namespace": both[1]},
            "spec": both[0],
        }
    )


def pods() -> st.SearchStrategy[list[Pod]]:
    labels = st.dictionaries(KEYS, VALUES, max_size=3).map(lambda given: tuple(sorted(given.items())))
    named = st.sampled_from([(), (("web", 8080, "TCP"),), (("web", 8080, "UDP"), ("web2", 80, "TCP"))])
    one = st.tuples(st.sampled_from(NAMESPACES), labels, named)
    return st.lists(one, min_size=1, max_size=4).map(
        lambda found: [Pod(f"pod{number}", *each) for number, each in enumerate(found)]
    )


def ours(pod: Pod) -> Endpoint:
    if pod.address:
        return Endpoint.address(pod.address)
    named = tuple(NamedPort(*each) for each in pod.ports)
    return Endpoint.pod(Workload(pod.namespace, pod.name, dict(pod.labels), ports=named))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    st.lists(policies(), max_size=3),
    pods(),
    st.dictionaries(st.sampled_from(NAMESPACES), st.dictionaries(KEYS, VALUES, max_size=2)),
)
def test_kubernetes_and_cilium_agree_on_every_flow(
    given_policies: list[dict[str, Any]], cluster: list[Pod], namespaces: dict[str, dict[str, str]]
) -> None:
    for number, each in enumerate(given_policies):
        each["metadata"]["name"] = f"p{number}"
    world = World(given_policies, namespaces)
    converted = [convert(network_policy(Document("drawn", 1, each))).policy for each in given_policies]
    workloads = [workload for pod in cluster if (workload := ours(pod).workload) is not None]
    described = {name: namespaces.get(name, {}) for name in NAMESPACES}
    evaluation = Evaluation(converted, Inventory(tuple(workloads), described))
    sides = [*cluster, *(Pod(text, address=text) for text in OUTSIDE)]
    for source in sides:
        for destination in sides:
            if source == destination or (source.address and destination.address):
                continue
            for port, protocol in PORTS:
                theirs = world.allows(source, destination, port, protocol)
                flow = Flow(ours(source), ours(destination), port, protocol)
                assert evaluation.allows(flow) == theirs, f"{flow}: Kubernetes says {theirs}"
