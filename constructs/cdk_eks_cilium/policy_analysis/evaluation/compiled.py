"""Compiled policies: whom each rule selects, and whom each item means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

from cdk_eks_cilium.policy.model import CiliumNetworkPolicy, Item, LabelSelector, Policy, Rule
from cdk_eks_cilium.policy.model.rules import spelled_field
from cdk_eks_cilium.policy_analysis.workloads import Workload

from .labels import NAMESPACE, NAMESPACE_LABELS, Labels, Matcher, bare_key, matcher, normal_key
from .meaning import Meaning, unknown
from .peers import Peers, peers_of
from .ports import Gate, gates, has_names
from .selectors import Surroundings, requirements_of

Direction = Literal["ingress", "egress"]
DIRECTIONS: Final[tuple[Direction, ...]] = ("egress", "ingress")


@dataclass(frozen=True)
class Place:
    """A place in a policy.

    Attributes:
        policy: Its kind and name: ``CiliumNetworkPolicy team-a/web``.
        enforced: The path in what Cilium enforces: ``spec.egress[0]``.
        source: The path in what its author wrote, made of the other one.
    """

    policy: str
    enforced: str
    source: Callable[[str], str] = field(default=str, compare=False, repr=False)

    @property
    def path(self) -> str:
        """The path in what its author wrote."""
        return self.source(self.enforced)

    @property
    def is_item(self) -> bool:
        """Whether it is an item of a rule, and not the rule itself, which isolates the pods it selects."""
        return "." in self.enforced

    def at(self, further: str) -> Place:
        """A place below it: *further* is ``.toPorts``, or ``[0]``."""
        return Place(self.policy, f"{self.enforced}{further}", self.source)

    def __str__(self) -> str:
        return f"{self.policy} {self.path}"


def subject_selector(rule: Rule, namespace: str | None) -> tuple[LabelSelector, dict[str, str]]:
    """The selector of a rule without the namespaces that Cilium removes, and further labels that must hold.

    *namespace* is that of its policy; None if it is clusterwide.
    """
    selector = rule.selector
    if namespace is None:
        return selector, {}
    # A label of the namespace without its source stays, and contradicts another namespace.
    named = f"k8s:{NAMESPACE}"
    if named not in (selector.match_labels or {}):
        return selector, {
            named: namespace
        }  # to make and check another selector takes longer than to match it
    own = {key: value for key, value in (selector.match_labels or {}).items() if key != named}
    return LabelSelector(match_labels=own, match_expressions=selector.match_expressions), {named: namespace}


@dataclass(frozen=True, eq=False)
class CompiledItem:
    """An item, compiled.

    Attributes:
        place: Where it is.
        item: The item.
        denies: Whether it denies what it means.
        peers: Whom it means.
        required: What it requires of every peer that labels choose, in any item.
    """

    place: Place
    item: Item
    denies: bool
    peers: Peers
    required: tuple[Matcher, ...] = ()

    @cached_property
    def peer_kind(self) -> str | None:
        """The field of peers that is set; None if the other side may be anyone."""
        return self.item.peer_kind

    @cached_property
    def chooses_by_labels(self) -> bool:
        """Whether labels choose its peers."""
        return self.peer_kind in ("from_endpoints", "to_endpoints")

    @cached_property
    def has_names(self) -> bool:
        """Whether it names ports."""
        return has_names(self.item)

    def gates(self, receiver: Workload | None) -> tuple[Gate, ...]:
        """What it lets through, or denies, with the port names of *receiver*."""
        return gates(self.item, receiver) if self.has_names else self._gates

    @cached_property
    def _gates(self) -> tuple[Gate, ...]:
        return gates(self.item, None)


@dataclass(frozen=True, eq=False)
class CompiledRule:
    """A rule, compiled.

    Attributes:
        place: Where it is.
        rule: The rule.
        namespace: The namespace of its policy; None if it is clusterwide.
        around: What its meaning depends on.
    """

    place: Place
    rule: Rule
    namespace: str | None
    around: Surroundings

    @cached_property
    def subject(self) -> Matcher:
        """Whom it selects. A policy of a namespace selects only there, whatever its selector has."""
        return matcher(*subject_selector(self.rule, self.namespace))

    @property
    def for_nodes(self) -> bool:
        """Whether it selects nodes rather than pods."""
        return self.rule.node_selector is not None

    def items(self, direction: Direction) -> tuple[CompiledItem, ...]:
        """Its items of one direction, denials first."""
        found = self._items.get(direction)
        if found is None:
            found = self._items[direction] = tuple(self._compile(direction))
        return found

    @cached_property
    def _items(self) -> dict[Direction, tuple[CompiledItem, ...]]:
        return {}

    def _compile(self, direction: Direction) -> Iterator[CompiledItem]:
        for section in (f"{direction}_deny", direction):
            for index, item in enumerate(getattr(self.rule, section) or ()):
                place = self.place.at(f".{spelled_field(Rule, section)}[{index}]")
                peers = peers_of(item, self.namespace, self.around)
                required = requirements_of(item, self.namespace, self.around)
                yield CompiledItem(place, item, section.endswith("_deny"), peers, required)


@dataclass(frozen=True)
class PeerRequirement:
    """What a rule requires of the peers that labels choose, in every rule for the pod.

    Attributes:
        matcher: What they must match.
        rule: The rule.
        selected: Whether the rule selects the pod.
    """

    matcher: Matcher
    rule: CompiledRule
    selected: Meaning

    def meaning(self, labels: Labels, of: CompiledRule) -> Meaning:
        """Whether a peer has what is required, or the requirement does not count, for an item of a rule."""
        found = self.matcher.meaning(labels)
        if self.selected.matches or found.matches or of is self.rule:
            return found
        return unknown(*self.selected.missing, *found.missing)


_Label = tuple[str, str]


class RuleIndex:
    """All rules, by the namespace in which they select, and by one of the labels that they select."""

    def __init__(self, policies: Iterable[Policy], around: Surroundings) -> None:
        self._by_namespace: dict[str | None, list[CompiledRule]] = {}
        self._by_label: dict[str | None, dict[_Label | None, list[tuple[int, CompiledRule]]]] = {}
        for policy in policies:
            for path, rule in policy.rules():
                namespace = policy.namespace if isinstance(policy, CiliumNetworkPolicy) else None
                place = place_in(policy, path)
                compiled = CompiledRule(place, rule, namespace, around)
                rules = self._by_namespace.setdefault(namespace, [])
                if not compiled.for_nodes:
                    groups = self._by_label.setdefault(namespace, {})
                    groups.setdefault(_label_of(compiled), []).append((len(rules), compiled))
                rules.append(compiled)

    def __iter__(self) -> Iterator[CompiledRule]:
        for rules in self._by_namespace.values():
            yield from rules

    def selecting(self, namespace: str, labels: Labels) -> list[tuple[CompiledRule, Meaning]]:
        """The rules that select, or may select, a pod with some labels in Cilium."""
        near = (rule for within in (namespace, None) for rule in self._near(within, labels))
        found = ((rule, rule.subject.meaning(labels)) for rule in near)
        return [(rule, meaning) for rule, meaning in found if meaning.matches is not False]

    def _near(self, namespace: str | None, labels: Labels) -> list[CompiledRule]:
        """The rules for pods, in their order, that need no label at all or one that is there."""
        groups = self._by_label.get(namespace, {})
        if len(groups) <= len(labels):
            found = [
                one
                for label, rules in groups.items()
                if label is None or label in labels.items()
                for one in rules
            ]
        else:
            found = [one for label in (None, *labels.items()) for one in groups.get(label, ())]
        return [rule for _, rule in sorted(found, key=lambda one: one[0])]


def _label_of(rule: CompiledRule) -> _Label | None:
    """A label that every pod has that the rule may select; None without such a label.

    Labels of namespaces may be unknown, and the namespace is the same for many rules. The rule is not
    compiled for that: that would take more than all else that reading policies takes.
    """
    for written, value in (rule.rule.selector.match_labels or {}).items():
        bare = bare_key(written)
        if bare != NAMESPACE and not bare.startswith(NAMESPACE_LABELS):
            return normal_key(written), value
    return None


def policy_name(policy: Policy) -> str:
    """Kind, namespace and name of a policy."""
    if isinstance(policy, CiliumNetworkPolicy):
        return f"{policy.written_as} {policy.namespace}/{policy.name}"
    return f"{policy.written_as} {policy.name}"


def place_in(policy: Policy, path: str) -> Place:
    """A place in a policy."""
    return Place(policy_name(policy), path, policy.source_path)
