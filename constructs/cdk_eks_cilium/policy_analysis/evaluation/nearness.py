"""Items that nearly are for a flow that nothing allows, nearest first: what an author most likely meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import islice
from typing import Final

from cdk_eks_cilium.policy.model import Item, LabelSelector
from cdk_eks_cilium.problems.nearest import nearest

from .compiled import Direction, Place
from .flow import Endpoint, Flow
from .labels import (
    CLUSTER,
    NAMESPACE,
    NAMESPACE_LABELS,
    Labels,
    Matcher,
    bare_key,
    endpoint_labels,
    is_label_unknown,
)
from .peers import chosen_groups
from .ports import protocols_without_ports
from .selectors import is_kept_to_its_namespace
from .weighing import Candidate

_LACKS_NAMESPACE, _LACKS_PORT, _LACKS_LABEL, _LEAVES_OUT, _IS_FOR_ANYONE, _IS_FOR_OTHERS = range(6)
"""What an item lacks, what an author most likely meant first."""

_Term = tuple[str, str, tuple[str, ...]]
"""The key, the operator and the values of a selector's term."""

_MOST_LETTERS: Final = 2
"""The letters that one of two spellings of a word may have alone."""

_MADE_UP: Final = frozenset({NAMESPACE, CLUSTER})
"""Labels that nobody gives a pod, so that sharing them tells nothing."""


@dataclass(frozen=True)
class NearMiss:
    """An item that nearly is for a flow.

    Attributes:
        place: The item.
        distance: How far it is from being for the flow; the smallest is nearest.
        lacks: What it is for, and what it lacks, as a clause.
    """

    place: Place
    distance: int
    lacks: str

    def __str__(self) -> str:
        return f"{self.place} {self.lacks}"


def near_misses(candidates: Sequence[Candidate], flow: Flow, direction: Direction) -> list[NearMiss]:
    """The items that allow the other side at other ports, or nearly the other side at the port.

    Args:
        candidates: Items that are not for the flow, each with its gates at every port.
        flow: The flow.
        direction: Where it is judged.

    Returns:
        The nearest first, and items of one distance in their order.
    """
    if not candidates:
        return []
    other = flow.destination if direction == "egress" else flow.source
    labels = endpoint_labels(other, candidates[0].rule.around.inventory)
    found = (_near_miss(one, flow, other, labels) for one in candidates if not one.item.denies)
    return sorted((one for one in found if one is not None), key=lambda one: one.distance)


def _near_miss(one: Candidate, flow: Flow, other: Endpoint, labels: Labels) -> NearMiss | None:
    item = one.item
    through = [gate for gate in one.gates if (flow.protocol, flow.port) in gate.ports]
    if one.meant.matches is not False:
        if through or not one.gates or not one.meant.matches:
            return None
        ports = [str(gate.ports) for gate in one.gates if gate.ports]
        only = "; ".join(dict.fromkeys([*ports, *protocols_without_ports(item.item)]))
        distance = _LACKS_PORT if item.peer_kind is not None else _IS_FOR_ANYONE
        text = f"is for this peer, but only for {only or 'names of ports that it lacks'}"
        return NearMiss(item.place, distance, text)
    if not through:
        return None
    misses = [*_selector_misses(one, other, labels), *_exceptions(one, other)]
    if misses:
        distance, text = min(misses)
        return NearMiss(item.place, distance, f"lets the port through, but {text}")
    if all(gate.ports.is_everything for gate in through):
        # A rule for every port is not near.
        return None
    return NearMiss(item.place, _IS_FOR_OTHERS, "lets the port through, but not for this peer")


def _selector_misses(one: Candidate, other: Endpoint, labels: Labels) -> Iterator[tuple[int, str]]:
    """What selectors lack that have all but one of their terms in common with a pod."""
    if other.workload is None or other.workload.host_network or not one.item.chooses_by_labels:
        return
    for index, choice in enumerate(one.item.peers.choices or ()):
        failing = [*islice(_failing(choice, labels), 2)]
        if len(failing) == 1:
            yield from _term_miss(one, index, choice, failing[0], labels)


def _failing(choice: Matcher, labels: Labels) -> Iterator[_Term]:
    """The terms of a selector that surely do not hold. Every refused flow asks, so labels come first."""
    for key, value in choice.exact:
        if labels.get(key) != value and not is_label_unknown(labels, key):
            yield key, "In", (value,)
    for term in choice.expressions:
        if Matcher((), (term,)).matches(labels) is False:
            yield term


def _term_miss(
    one: Candidate, index: int, choice: Matcher, term: _Term, labels: Labels
) -> Iterator[tuple[int, str]]:
    key, operator, values = term
    name, got = bare_key(key), labels.get(key)
    shared = [each for each in choice.terms() if each != term and bare_key(each[0]) not in _MADE_UP]
    if name == NAMESPACE:
        if operator == "In" and len(shared) > 0:
            yield _LACKS_NAMESPACE, _namespace_miss(one, index, values, str(got))
        return
    if name == CLUSTER or operator != "In":
        return
    shown = name.removeprefix(NAMESPACE_LABELS)
    where = "in namespaces with" if shown != name else "with"
    # One label alone is near if it is misspelt, and several if they differ in one.
    if shared or (got is not None and any(_is_misspelt(got, value) for value in values)):
        wanted = " or ".join(f"{shown}={value}" for value in values)
        there = f"got {shown}={got}" if got is not None else f"without {shown} here"
        yield _LACKS_LABEL, f"only for peers {where} {wanted}, {there}"


def _is_misspelt(got: str, wanted: str) -> bool:
    # To compare spellings takes long, and different letters tell most words apart.
    return len(set(got) ^ set(wanted)) <= _MOST_LETTERS and bool(nearest(got, (wanted,)))


def _namespace_miss(one: Candidate, index: int, wanted: tuple[str, ...], got: str) -> str:
    """The labels are the peer's, and the namespace is another."""
    selector = _selectors(one.item.item)[index]
    text = f"for pods with these labels in {' or '.join(wanted)} alone, got one in {got}"
    if one.item.place.policy.split()[-2] == "NetworkPolicy":
        return f"{text}: add namespaceSelector {{matchLabels: {{kubernetes.io/metadata.name: {got}}}}}"
    if one.rule.namespace is None or not is_kept_to_its_namespace(selector, one.rule.around.version):
        return text
    # CNP023
    return f"{text}: a selector without a namespace means the policy's own; add k8s:{NAMESPACE}: {got} to it"


def _selectors(item: Item) -> tuple[LabelSelector, ...]:
    return tuple(getattr(item, str(item.peer_kind)))


def _exceptions(one: Candidate, other: Endpoint) -> Iterator[tuple[int, str]]:
    """The range that an item leaves out, and that has the address."""
    if other.ip is None or not str(one.item.peer_kind).endswith("_cidr_set"):
        return
    groups = one.rule.around.inventory.cidr_groups
    for rule in getattr(one.item.item, str(one.item.peer_kind)):
        named = (
            [rule.cidr]
            if rule.cidr
            else [text for each in chosen_groups(rule, groups) for text in each.cidrs]
        )
        if not any(other.ip in ip_network(text, strict=False) for text in named):
            continue
        holes = [text for text in rule.except_ or () if other.ip in ip_network(text, strict=False)]
        if holes:
            yield _LEAVES_OUT, f"leaves out {' and '.join(holes)} under except, where {other.ip} is"
