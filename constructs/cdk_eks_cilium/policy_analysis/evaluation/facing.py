"""What the pods of each class let through in one direction, for all other sides at once.

A block of other sides is judged once, and so are classes of pods that the same rules select.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache

from cdk_eks_cilium.policy_analysis.workloads import Workload

from .blocks import Block, Items, blocks
from .classes import SideClasses, port_names
from .compiled import CompiledItem, CompiledRule, Direction
from .evaluation import Evaluation
from .flow import Endpoint
from .index import members
from .meaning import Meaning
from .merging import merge
from .ports import FAILING, Limit
from .reach import OPEN, SHUT, Passage, alternatives
from .spans import PortSet, stretches
from .tiered_facing import FacingPart, FacingTiers
from .weighing import Candidate, Isolation, agree, passes, weigh, world

View = tuple[tuple[int, Passage], ...]
"""Disjoint sets of classes with what passes there; other classes get nothing."""


class Facing:
    """What pods let through in one direction.

    Args:
        evaluation: The policies and their inventory.
        classes: The sides.
        direction: The direction.
    """

    def __init__(self, evaluation: Evaluation, classes: SideClasses, direction: Direction) -> None:
        self._evaluation = evaluation
        self._classes = classes
        self._direction = direction
        self._views: dict[Hashable, View] = {}
        self._interned: dict[Passage, Passage] = {}
        self._combined = cache(self._combine)
        self._tiers = FacingTiers(evaluation, classes, direction)

    def view(self, number: int) -> View:
        """What a class lets through to, or from, each class. Sides other than pods let all through."""
        first = self._classes.firsts[number]
        workload = first.workload
        if workload is None or workload.host_network or self._evaluation.enforcement == "never":
            if first.on_node and self._evaluation.hosts.refuse_some(self._direction):
                return self._of_node(first)
            return ((self._classes.everyone, OPEN),)
        rules = self._evaluation.choosing(workload)
        key: Hashable = (
            tuple((id(rule), *meaning.missing) for rule, meaning in rules),
            tuple((id(rule), *meaning.missing) for rule, meaning in self._tiers.choosing(workload)),
            self._receiver(workload, rules),
        )
        found = self._views.get(key)
        if found is None:
            found = self._views[key] = self._merged(self._build(workload))
        return found

    def _of_node(self, node: Endpoint) -> View:
        """What a node lets through, as far as policies for nodes tell."""
        found = self._views.get(node.is_own_node)
        if found is None:
            found = self._views[node.is_own_node] = self._merged(
                (1 << number, self._between_node(node, other))
                for number, other in enumerate(self._classes.firsts)
            )
        return found

    def _between_node(self, node: Endpoint, other: Endpoint) -> Passage:
        if node.is_own_node and other.is_own_node:
            return OPEN
        labels = self._evaluation.labels_of(other)
        answer = self._evaluation.hosts.answer(other, labels, self._direction)
        doubtful = answer.doubtful
        if not doubtful:
            return OPEN
        return Passage(PortSet.everything() - doubtful, unknown=doubtful, missing=answer.missing)

    def _receiver(self, workload: Workload, rules: Iterable[tuple[CompiledRule, Meaning]]) -> Hashable:
        """The names of the workload's own ports, if its rules need them."""
        items = (item for rule, _ in rules for item in rule.items(self._direction))
        named = self._direction == "ingress" and (
            any(item.has_names for item in items) or self._tiers.has_names(workload)
        )
        return port_names(workload) if named else None

    def _merged(self, parts: Iterable[tuple[int, Passage]]) -> View:
        found: dict[Passage, int] = {}
        for classes, passage in parts:
            if passage.is_something:
                passage = self._interned.setdefault(passage, passage)
                found[passage] = found.get(passage, 0) | classes
        return tuple((classes, passage) for passage, classes in found.items())

    def _build(self, workload: Workload) -> Iterator[tuple[int, Passage]]:
        isolation = self._evaluation.isolation(workload, self._direction)
        for block in blocks(self._evaluation, self._classes, workload, self._direction):
            for part in self._judge(workload, block, isolation):
                yield from self._tiers.over(workload, part)

    def _judge(self, workload: Workload, block: Block, isolation: Isolation) -> Iterator[FacingPart]:
        first = self._first(block.classes)
        if self._direction == "egress" and first.kind == "fqdn":
            asked = self._evaluation.dns_answers(workload, first.name).meaning.matches
            names = tuple(one for one in (*block.sure, *block.unsure) if _is_for_names(one))
            if asked is None and names:
                yield self._part(
                    workload, block, block.classes, self._weigh(workload, first, None, isolation)
                )
                return
            if not asked:
                block = replace(
                    block,
                    sure=tuple(one for one in block.sure if one not in names),
                    unsure=tuple(one for one in block.unsure if one not in names),
                )
        named = block
        if self._direction == "ingress" and first.is_own_node:
            # The node of a pod reaches it unless a rule denies it.
            isolation = Isolation(False)
            block = _only_denials(block, self._evaluation.comes_after_tier(workload))
        for part, receiver in self._receivers(workload, named):
            if block.unsure or isolation.unsure:
                for some, passage in self._weighed(
                    workload, replace(block, classes=part), receiver, isolation
                ):
                    yield self._part(workload, named, some, passage, receiver)
            elif block.sure:
                passage = self._combined(block.sure, isolation.sure, receiver)
                yield self._part(workload, named, part, passage, receiver)
            else:
                yield self._part(workload, named, part, SHUT if isolation.sure else OPEN, receiver)

    def _part(
        self,
        workload: Workload,
        block: Block,
        classes: int,
        passage: Passage,
        receiver: Workload | None = None,
    ) -> FacingPart:
        doubtful = bool(block.unsure)
        return self._tiers.part(workload, block.sure, classes, passage, receiver, doubtful=doubtful)

    def _first(self, classes: int) -> Endpoint:
        return self._classes.firsts[(classes & -classes).bit_length() - 1]

    def _receivers(self, workload: Workload, block: Block) -> Iterator[tuple[int, Workload | None]]:
        """The parts of a block whose named ports are the same, each with who has the names."""
        names = self._evaluation.names
        named = any(one.has_names for one in (*block.sure, *block.unsure))
        if not named:
            yield block.classes, None
        elif self._direction == "ingress":
            yield block.classes, workload
        elif names.are_of_the_cluster:
            yield block.classes, names.receiver("egress", None)
        else:
            for classes, receiver in self._classes.receivers:
                if classes & block.classes:
                    yield classes & block.classes, receiver

    def _combine(self, items: Items, isolated: bool, receiver: Workload | None) -> Passage:
        denied, opened = PortSet({}), []
        for item in items:
            for gate in item.gates(receiver):
                if item.denies:
                    denied = denied | gate.ports
                else:
                    opened.append((item, gate))
        if all(gate.limit is None for _, gate in opened):
            # What `merge` says without conditions.
            free = PortSet.union(gate.ports for _, gate in opened) if isolated else PortSet.everything()
            return Passage(free - denied, denied=free & denied) if denied else Passage(free)
        passing = merge(opened, isolated, self._evaluation.version)
        conditions = [one for one in passing.conditions if _without_request(one.limit) is not False]
        limited = PortSet.union(one.ports for one in conditions)
        stopped = (passing.plain | limited) & denied
        limited = limited - denied
        limits = alternatives(((one.ports, one.limit.text) for one in conditions), limited)
        return Passage(passing.plain - denied, limited, limits, stopped)

    def _weighed(
        self, workload: Workload, block: Block, receiver: Workload | None, isolation: Isolation
    ) -> Iterator[tuple[int, Passage]]:
        """A block where something is unknown, in parts that miss the same descriptions."""
        if not block.unsure:
            yield block.classes, self._weigh(workload, self._first(block.classes), receiver, isolation)
            return
        # What sides other than pods miss may be an address of their own.
        for number in members(block.classes & self._classes.outside):
            first = self._classes.firsts[number]
            yield 1 << number, self._weigh(workload, first, receiver, isolation)
        left = block.classes & ~self._classes.outside
        known: tuple[str, Passage] | None = None
        for namespace, classes in self._classes.undescribed.items():
            part = left & classes
            if not part:
                continue
            left &= ~part
            if known is not None and namespace != workload.namespace:
                yield part, _elsewhere(known[1], known[0], namespace)
                continue
            passage = self._weigh(workload, self._first(part), receiver, isolation)
            if namespace != workload.namespace:
                known = namespace, passage
            yield part, passage
        if left:
            yield left, self._weigh(workload, self._first(left), receiver, isolation)

    def _weigh(
        self, workload: Workload, other: Endpoint, receiver: Workload | None, isolation: Isolation
    ) -> Passage:
        """What passes where something is unknown: each stretch of ports with the same rules is judged."""
        evaluation, direction = self._evaluation, self._direction
        if receiver is None:
            receiver = evaluation.names.receiver(
                direction, workload if direction == "ingress" else other.workload
            )
        found = evaluation.possible(workload, other, direction, receiver)
        if direction == "ingress" and other.is_own_node:
            found = evaluation.denials_of_node(workload, found)
        plain, denied, unknown = [], [], []
        limits: dict[str, list[tuple[str, int, int]]] = {}
        missing: list[str] = []
        for stretch in stretches(gate.ports for one in found for gate in one.gates):
            point = stretch[:2]
            there = [each for one in found if (each := one.at(point)) is not None]
            weighed = weigh(there, isolation, evaluation.version, point)
            verdict, conditions = agree([passes(one, _without_request) for one in weighed.worlds])
            if verdict == "unknown":
                unknown.append(stretch)
                missing += weighed.missing
            elif verdict == "allowed" and not conditions:
                plain.append(stretch)
            elif verdict == "denied" and self._is_stopped(there, isolation, point):
                denied.append(stretch)
            for one in conditions:
                limits.setdefault(one.limit.text, []).append(stretch)
        limited = PortSet.union(PortSet.of(each) for each in limits.values())
        return Passage(
            PortSet.of(plain),
            limited,
            alternatives(((PortSet.of(each), text) for text, each in limits.items()), limited),
            PortSet.of(denied),
            PortSet.of(unknown),
            tuple(dict.fromkeys(missing)),
        )

    def _is_stopped(self, there: Sequence[Candidate], isolation: Isolation, point: tuple[str, int]) -> bool:
        """Whether something would surely pass without a denial."""
        if not any(one.item.denies and one.is_sure for one in there):
            return False
        allows = [one for one in there if one.is_sure and not one.item.denies]
        opened = [each for one in allows for each in one.opened]
        found = world(opened, isolation.possible, self._evaluation.version, point)
        return passes(found, _without_request) is not None


def _only_denials(block: Block, earlier: Meaning) -> Block:
    """The denials of a block for a pod's own node, none of them if a tier is *earlier*."""
    if earlier.matches:
        return replace(block, sure=(), unsure=())
    sure, unsure = (tuple(one for one in some if one.denies) for some in (block.sure, block.unsure))
    if earlier.missing:
        sure, unsure = (), (*sure, *unsure)
    return replace(block, sure=sure, unsure=unsure)


def _is_for_names(item: CompiledItem) -> bool:
    return item.peer_kind == "to_fqdns"


def _elsewhere(passage: Passage, namespace: str, other: str) -> Passage:
    """The same for a pod of another namespace that nobody described."""
    renamed = (f"Namespace {other}" if each == f"Namespace {namespace}" else each for each in passage.missing)
    return replace(passage, missing=tuple(renamed))


def _without_request(limit: Limit) -> bool | None:
    """Whether a limit holds for a flow of which nothing more is known."""
    return False if limit.proof == FAILING else None
