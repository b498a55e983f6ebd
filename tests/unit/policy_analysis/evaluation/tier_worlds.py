"""ClusterNetworkPolicies as values, and drawn by hypothesis."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from cdk_eks_cilium.policy.documents import parse
from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.evaluation import Evaluation
from cdk_eks_cilium.policy_analysis.workloads import Inventory
from tests.unit.policy_analysis.evaluation.worlds import drawn_parts


def tiered(name: str = "guard", **spec: Any) -> Policy:
    """A ClusterNetworkPolicy, by default of the Admin tier for every pod."""
    whole = {"tier": "Admin", "priority": 10, "subject": {"namespaces": {}}, **spec}
    version = "policy.networking.k8s.io/v1alpha2"
    data = {"apiVersion": version, "kind": "ClusterNetworkPolicy", "metadata": {"name": name}, "spec": whole}
    return parse(data)


_TIERS = st.sampled_from(["Admin", "Baseline"])


@cache
def _chosen() -> st.SearchStrategy[dict[str, Any]]:
    namespaces = st.sampled_from(
        [
            {},
            {"matchLabels": {"team": "one"}},
            {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]},
        ]
    )
    pods = st.sampled_from([{}, {"matchLabels": {"app": "x"}}, {"matchLabels": {"role": "r"}}])
    return st.one_of(
        st.fixed_dictionaries({"namespaces": namespaces}),
        st.fixed_dictionaries(
            {"pods": st.fixed_dictionaries({"namespaceSelector": namespaces, "podSelector": pods})}
        ),
    )


@cache
def _rules(direction: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    ports = st.sampled_from(
        [
            {},
            {"protocols": [{"tcp": {"destinationPort": {"number": 80}}}]},
            {"protocols": [{"tcp": {"destinationPort": {"range": {"start": 79, "end": 8080}}}}]},
            {"protocols": [{"destinationNamedPort": "web"}, {"udp": {"destinationPort": {"number": 53}}}]},
        ]
    )
    action = st.sampled_from(["Accept", "Deny", "Pass"])
    if direction == "ingress":
        peers = st.lists(_chosen(), min_size=1, max_size=2)
        one = st.tuples(action, peers, ports).map(lambda it: {"action": it[0], "from": it[1], **it[2]})
        return st.lists(one, max_size=3)
    outside = st.sampled_from([{"networks": ["203.0.113.0/25"]}, {"networks": ["0.0.0.0/0"]}])
    numbered = ports.filter(lambda it: "destinationNamedPort" not in str(it))
    pods = st.tuples(action, st.lists(_chosen(), min_size=1, max_size=2), ports)
    others = st.tuples(action, st.lists(outside, min_size=1, max_size=1), numbered)
    names: st.SearchStrategy[tuple[str, list[Any], dict[str, Any]]] = st.tuples(
        st.just("Accept"),
        st.sampled_from(["*.example.com", "www.example.com"]).map(lambda name: [{"domainNames": [name]}]),
        numbered,
    )
    one = st.one_of(pods, others, names).map(lambda it: {"action": it[0], "to": it[1], **it[2]})
    return st.lists(one, max_size=3)


@st.composite
def tiered_parts(draw: st.DrawFn) -> tuple[list[Policy], Inventory]:
    """The pods and policies of `drawn_parts`, below and above up to three ClusterNetworkPolicies."""
    policies, inventory = draw(drawn_parts())
    for number in range(draw(st.integers(1, 3))):
        policies.append(
            tiered(
                f"t{number}",
                tier=draw(_TIERS),
                priority=draw(st.integers(0, 1)),
                subject=draw(_chosen()),
                ingress=draw(_rules("ingress")),
                egress=draw(_rules("egress")),
            )
        )
    return policies, inventory


def tiered_worlds() -> st.SearchStrategy[Evaluation]:
    """The evaluations of `tiered_parts`."""
    return tiered_parts().map(lambda parts: Evaluation(*parts))
