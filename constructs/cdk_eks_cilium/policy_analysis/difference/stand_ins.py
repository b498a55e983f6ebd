"""Pods that no file describes, one for each class that selectors of policies tell apart.

A change to a policy may matter only to pods that nobody described. So each selector gets pods with the labels
that it requires, and pods at its edges: with the other values of ``In``, with a value of ``NotIn``, without a
key of ``Exists``. A pod that every selector treats as it treats another pod is left out, and so is every pod
of a namespace that no selector tells from one that nobody mentions.

A label that clusterwide policies select counts in every namespace, so pods may be labels times namespaces.
Beyond `MOST_STAND_INS` such pods are left out, with a word about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Final

from cdk_eks_cilium.policy.model import CiliumNetworkPolicy, Policy
from cdk_eks_cilium.policy_analysis.evaluation.labels import (
    CLUSTER,
    NAMESPACE,
    NAMESPACE_LABELS,
    SERVICE_ACCOUNT,
    Matcher,
    bare_key,
    is_reserved,
)
from cdk_eks_cilium.policy_analysis.evaluation.selectors import Surroundings
from cdk_eks_cilium.policy_analysis.graph.mentioned_peers import MENTIONED, PodChoice, pod_choices
from cdk_eks_cilium.policy_analysis.identity_labels import is_known
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload

from .state import PolicyState
from .told_apart import OTHER_NAMESPACE, distinct_namespaces, distinct_pods

MOST_COMBINED: Final = 1000
"""Pods with the labels of two selectors together; tried no more, so that large sets end."""

MOST_STAND_INS: Final = 250
"""Pods for one label in several namespaces, and with the labels of two selectors, are left out beyond these.

A comparison asks about every pair of sides: with 300 sides it takes seconds, and the square of it with more.
"""

_MOST_NAMED: Final = 5

_NAME_LABEL: Final = "kubernetes.io/metadata.name"


@dataclass(frozen=True)
class StandIns:
    """Pods that stand for classes of pods that no file describes.

    Attributes:
        workloads: The pods, each once; `words` names them.
        combined: Those of them that have the labels of two selectors together.
        namespaces: Labels of the namespaces that only stand for others.
        left_out: What no pod stands for, in words.
    """

    workloads: tuple[Workload, ...]
    combined: frozenset[str] = frozenset()
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def words(workload: Workload) -> str:
    """A pod that stands for others, in words: ``pods app=web of shop``."""
    account = workload.service_account
    parts = [f"{key}={value}" if value else key for key, value in sorted(workload.labels.items())]
    parts += [f"serviceaccount={account}"] if account != "default" else []
    named = f"pods {','.join(parts)}" if parts else "other pods"
    return f"{named} of {workload.namespace}"


def stand_ins(old: PolicyState, new: PolicyState) -> StandIns:
    """Find the pods that stand for all pods that the policies of two states may mean."""
    return _Search(old, new).found()


class _Search:
    def __init__(self, old: PolicyState, new: PolicyState) -> None:
        self._states = (old, new)
        self._described = [*old.inventory.workloads, *new.inventory.workloads]
        self._choices = _each(_choices(state, state.policies) for state in self._states)
        self._changed = _each(
            [_choices(old, old.policies_beside(new)), _choices(new, new.policies_beside(old))]
        )
        self._namespaces: dict[str, dict[str, str]] = {OTHER_NAMESPACE: {}}
        self._left_out: dict[str, None] = {}

    def found(self) -> StandIns:
        own = [*self._plain(), *self._alone()]
        spread = [*self._elsewhere(own)]
        pairs = self._combined([*own, *spread])
        combined = [_workload(each) for each in islice(pairs, MOST_COMBINED)]
        plain, further = ([_workload(each) for each in some] for some in (own, spread))
        kept = distinct_pods(
            [*plain, *further, *combined], self._described, self._matchers, self._inventories
        )
        needed, alone = {str(each) for each in plain}, {str(each) for each in further}
        found = self._bounded(kept, needed, alone)
        both = frozenset(str(each) for each in found) - needed - alone
        if next(pairs, None) is not None or len(both) < sum(
            str(each) not in needed and str(each) not in alone for each in kept
        ):
            self._left_out[f"pods with the labels of two selectors: only {len(both)} kinds of them"] = None
        return StandIns(tuple(found), both, self._namespaces, tuple(self._left_out))

    def _bounded(self, kept: Sequence[Workload], needed: set[str], alone: set[str]) -> list[Workload]:
        """The first of the pods; every one that is needed stays."""
        room = max(MOST_STAND_INS - sum(str(each) in needed for each in kept), 0)
        further = [one for one in kept if str(one) not in needed]
        lost = {str(one) for one in further[room:]}
        names = sorted({one.namespace for one in further[room:] if str(one) in alone})
        if names:
            listed = ", ".join(names[:_MOST_NAMED])
            more = f" and {len(names) - _MOST_NAMED} more namespaces" if len(names) > _MOST_NAMED else ""
            count = len(lost & alone)
            self._left_out[
                f"{count} kinds of pods in {listed}{more}, with labels that clusterwide policies or peers "
                f"select: a comparison has at most {MOST_STAND_INS} kinds"
            ] = None
        return [one for one in kept if str(one) not in lost]

    def _plain(self) -> Iterator[dict[str, str]]:
        """A pod without labels for each namespace."""
        for name in self._known_namespaces:
            yield {NAMESPACE: name}
        yield {NAMESPACE: OTHER_NAMESPACE}

    @cached_property
    def _known_namespaces(self) -> tuple[str, ...]:
        """The namespaces that policies tell apart: first the ones with workloads, then the ones that changed
        policies name, then the ones with policies.
        """
        described = {one.namespace for one in self._described}
        changed = {each for choice in self._changed for each in _named(choice)}
        own = {
            policy.namespace
            for state in self._states
            for policy in state.policies
            if isinstance(policy, CiliumNetworkPolicy)
        }
        named = {each for choice in self._choices for each in _named(choice)}
        there = {name for state in self._states for name in state.inventory.namespaces}
        special = distinct_namespaces(sorted(there), self._matchers, self._inventories)
        names = {*described, *own, *named, *special}
        order = (described, changed, own)
        return tuple(sorted(names, key=lambda name: (*(name not in some for some in order), name)))

    @property
    def _matchers(self) -> list[Matcher]:
        return [choice.matcher for choice in self._choices]

    @property
    def _inventories(self) -> list[Inventory]:
        """What is known in each state, with the namespaces that only stand for others."""
        return [
            replace(state.inventory, namespaces={**state.inventory.namespaces, **self._namespaces})
            for state in self._states
        ]

    def _alone(self) -> Iterator[dict[str, str]]:
        """Pods with the labels of one selector, in the namespace that it names, or that nobody names."""
        for choice in self._choices:
            for labels in _variants(choice):
                placed = self._placed(labels)
                if placed is not None:
                    yield placed

    def _elsewhere(self, placed: Iterable[dict[str, str]]) -> Iterator[dict[str, str]]:
        """The pods of namespaces that stand for others, in each namespace that is known."""
        anywhere = [one for one in placed if one[NAMESPACE] in self._namespaces and one.keys() != {NAMESPACE}]
        for name in self._known_namespaces:
            yield from ({**one, NAMESPACE: name} for one in anywhere)

    def _placed(self, labels: dict[str, str]) -> dict[str, str] | None:
        """The labels of a pod with its namespace; None if it is a pod of another cluster."""
        cluster = labels.pop(CLUSTER, None)
        if cluster is not None and all(cluster != one.inventory.cluster_name for one in self._states):
            self._left_out[f"pods of the cluster {cluster}"] = None
            return None
        of_namespace = {
            key.removeprefix(NAMESPACE_LABELS): labels.pop(key)
            for key in [*labels]
            if key.startswith(NAMESPACE_LABELS)
        }
        named = of_namespace.pop(_NAME_LABEL, None)
        name = labels.pop(NAMESPACE, None) or named
        if not name:
            name = OTHER_NAMESPACE
            if of_namespace:
                listed = ",".join(f"{key}={value}" for key, value in sorted(of_namespace.items()))
                name = f"a namespace with {listed}"
            self._namespaces.setdefault(name, of_namespace)
        kept = {key: value for key, value in labels.items() if key == SERVICE_ACCOUNT or is_known(key)}
        return {**kept, NAMESPACE: name}

    def _combined(self, wanted: Sequence[dict[str, str]]) -> Iterator[dict[str, str]]:
        """Pods that a changed selector means, with the labels of further pods of their namespace."""
        others = [*wanted, *(_labels(one) for one in self._described)]
        for choice in self._changed:
            for labels in _variants(choice):
                placed = self._placed(labels)
                if placed is None or placed.keys() == {NAMESPACE}:
                    continue
                for other in others:
                    both = {**other, **placed}
                    same = {**placed, **other} == both
                    if same and both not in (placed, other):
                        yield both


def _choices(state: PolicyState, policies: Iterable[Policy]) -> Iterator[PodChoice]:
    for choice in pod_choices(policies, Surroundings(state.inventory, state.version)):
        if not is_reserved(choice.selector):
            yield choice


def _each(choices: Iterable[Iterable[PodChoice]]) -> list[PodChoice]:
    """The choices, equal ones once, in an order in which it does not matter which state is the old one."""
    found = {repr(one): one for several in choices for one in several}
    return [found[text] for text in sorted(found)]


def _named(choice: PodChoice) -> Iterator[str]:
    """The namespaces that a selector names."""
    for labels in _variants(choice):
        name = labels.get(NAMESPACE) or labels.get(f"{NAMESPACE_LABELS}{_NAME_LABEL}")
        if name:
            yield name


def _variants(choice: PodChoice) -> Iterator[dict[str, str]]:
    """Labels that a selector chooses, and labels at its edges."""
    base = {bare_key(key): value for key, value in (choice.selector.match_labels or {}).items()}
    base |= {bare_key(key): value for key, value in choice.further.items()}
    expressions = [
        (bare_key(one.key), one.operator, one.values or ()) for one in choice.selector.match_expressions or ()
    ]
    for key, operator, values in expressions:
        if operator == "In" and values:
            base.setdefault(key, values[0])
        elif operator == "Exists":
            base.setdefault(key, "")
    if base.get(NAMESPACE) == "":
        del base[NAMESPACE]  # every pod has a namespace
    yield dict(base)
    for key, operator, values in expressions:
        without = {name: value for name, value in base.items() if name != key}
        if operator in ("In", "NotIn"):
            yield from ({**without, key: value} for value in values if base.get(key) != value)
        elif key != NAMESPACE:
            yield without if operator == "Exists" else {**without, key: ""}


def _labels(workload: Workload) -> dict[str, str]:
    known = {key: value for key, value in workload.labels.items() if is_known(key)}
    return {**known, SERVICE_ACCOUNT: workload.service_account, NAMESPACE: workload.namespace}


def _workload(labels: Mapping[str, str]) -> Workload:
    own = {key: value for key, value in labels.items() if key not in (NAMESPACE, SERVICE_ACCOUNT)}
    account = labels.get(SERVICE_ACCOUNT, "default")
    texts = [f"{key}={value}" for key, value in sorted(own.items())]
    return Workload(
        labels[NAMESPACE], ",".join([*texts, f"serviceaccount={account}"]), own, account, kind=MENTIONED
    )
