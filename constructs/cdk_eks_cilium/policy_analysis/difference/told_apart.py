"""Pods and namespaces that selectors of policies tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from cdk_eks_cilium.policy_analysis.evaluation.index import LabelIndex, members
from cdk_eks_cilium.policy_analysis.evaluation.labels import (
    NAMESPACE,
    NAMESPACE_LABELS,
    Matcher,
    bare_key,
    workload_labels,
)
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload

OTHER_NAMESPACE: Final = "another namespace"
"""The name of the namespace that stands for all that nobody mentions."""


def distinct_pods(
    candidates: Sequence[Workload],
    described: Iterable[Workload],
    matchers: Sequence[Matcher],
    inventories: Sequence[Inventory],
) -> list[Workload]:
    """The candidates that selectors tell apart from described pods and from each other.

    Pods of different namespaces are told apart.

    Args:
        candidates: Pods of which each class needs one.
        described: Pods that stand for their own classes.
        matchers: The selectors.
        inventories: What the labels of pods depend on, once for each state of the policies.
    """
    there = [one for one in described if not one.host_network]
    pods = [*there, *candidates]
    found: list[list[int]] = [[] for _ in pods]
    for inventory in inventories:
        index = LabelIndex([workload_labels(one, inventory) for one in pods])
        for number, matcher in enumerate(matchers):
            sure, possible = index.choose(matcher)
            # An answer that is not known differs from yes and from no.
            for answer, some in enumerate((sure, possible & ~sure)):
                for place in members(some):
                    found[place].append(2 * number + answer)
        for numbers in found:
            numbers.append(-1)
    signatures = [(one.namespace, *numbers) for one, numbers in zip(pods, found, strict=True)]
    seen = {*signatures[: len(there)]}
    kept = []
    for one, signature in zip(candidates, signatures[len(there) :], strict=True):
        if signature not in seen:
            seen.add(signature)
            kept.append(one)
    return kept


def distinct_namespaces(
    names: Iterable[str], matchers: Iterable[Matcher], inventories: Iterable[Inventory]
) -> set[str]:
    """The namespaces that selectors tell, or may tell, from one that nobody mentions and that has no labels.

    A namespace of which only the name is known counts where a selector reads labels of namespaces.
    """
    terms = [
        *dict.fromkeys(
            Matcher((), (term,))
            for one in matchers
            for term in one.terms()
            if bare_key(term[0]) == NAMESPACE or bare_key(term[0]).startswith(NAMESPACE_LABELS)
        )
    ]
    listed = [*dict.fromkeys(names)]
    found: set[str] = set()
    for inventory in inventories:
        index = LabelIndex(
            [workload_labels(Workload(name, ""), inventory) for name in (*listed, OTHER_NAMESPACE)]
        )
        last = 1 << len(listed)
        for term in terms:
            for some in index.choose(term):
                differing = index.everyone & ~some if some & last else some
                found |= {listed[place] for place in members(differing)}
    return found
