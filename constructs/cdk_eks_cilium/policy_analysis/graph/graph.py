"""Makes the graph of policies: their meaning for every pair, merged wherever it is the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.evaluation import Direction, Endpoint, Enforcement, Evaluation, PortSet
from cdk_eks_cilium.policy_analysis.evaluation.classes import SideClasses
from cdk_eks_cilium.policy_analysis.evaluation.compiled import DIRECTIONS, CompiledItem
from cdk_eks_cilium.policy_analysis.evaluation.peers import chosen_groups
from cdk_eks_cilium.policy_analysis.evaluation.ports import has_names, protocols_without_ports
from cdk_eks_cilium.policy_analysis.workloads import Inventory
from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .classes import GroupedSides, classes
from .mentioned_peers import MENTIONED, mentioned_peers
from .nodes import Arrow, Graph, GraphNode, Kind, Label
from .outside import Outside, outsides
from .reduction import Among, ClassGroup, Link, Reduction, parts_of
from .relation import Relation, Sides
from .statements import VERBS, Statement, Verb
from .unlearned import unlearned_names

#: Peers that only a cluster can resolve.
_OF_A_CLUSTER: Final = ("nodes", "groups", "services")


def graph(
    policies: Sequence[Policy],
    inventory: Inventory,
    *,
    version: CiliumVersion | None = None,
    enforcement: Enforcement = "default",
    namespaces: Iterable[str] = (),
    also: Iterable[Endpoint] = (),
) -> Graph:
    """Make the graph of some policies.

    For every pair, a flow may pass exactly if an arrow allows it, or if both sides are open in the direction
    and no arrow denies it. Arrows of a part of the world come before arrows of the world.

    Args:
        policies: The policies.
        inventory: The pods. Pods that only policies mention are added.
        version: The release of Cilium; by default the newest.
        enforcement: The agent's option ``enable-policy``.
        namespaces: The namespaces to show, with their peers; by default all.
        also: Further sides, such as an address.

    Raises:
        InputError: If a namespace has no workloads.
    """
    known = mentioned_peers(policies, inventory, version=version)
    evaluation = Evaluation(policies, known, version=version, enforcement=enforcement)
    workloads = evaluation.inventory.workloads
    there = {one.namespace for one in workloads}
    wanted = set(namespaces) or there
    fix = f"use {' or '.join(sorted(there))}"
    refuse(
        Problem("namespace", "must have workloads", name, fix, id="CEK5081")
        for name in sorted(wanted - there)
    )
    focus = frozenset(place for place, one in enumerate(workloads) if one.namespace in wanted)
    items = list(_items(evaluation, focus))
    further = [Outside(one.name, one, frozenset(DIRECTIONS)) for one in dict.fromkeys(also)]
    stood_for = {one.endpoint for one in further}
    mentioned = outsides(
        ((direction, item.item) for direction, item in items),
        evaluation.inventory.cidr_groups,
        unbounded={direction for direction, item in items if _is_unbounded(item, evaluation)},
        inventories=[evaluation.inventory],
    )
    beside = [*further, *(one for one in mentioned if one.endpoint not in stood_for)]
    apart = [replace(one.endpoint, apart=True) for one in beside]
    endpoints = [*(Endpoint.pod(one) for one in workloads), *apart]
    first = len(workloads)
    directions = {first + place: one.directions for place, one in enumerate(beside)}
    sides = Sides(endpoints, focus, directions, evaluation)
    parts = _Drawn(sides, beside).parts()
    shown = [workloads[place] for place in sorted(focus)]
    told = [*_unknown(evaluation, (item for _, item in items)), *unlearned_names(evaluation, shown, *parts)]
    beyond = [each for each in _without_sides(evaluation, items, endpoints) if not _is_told(each, told)]
    unknown = dict.fromkeys([*told, *beyond, *sides.left_out()])
    return Graph(*parts, tuple(unknown))


def _items(evaluation: Evaluation, focus: Iterable[int]) -> Iterator[tuple[Direction, CompiledItem]]:
    """The items of the rules that select shown workloads, each once."""
    workloads = evaluation.inventory.workloads
    shown = [workloads[place] for place in sorted(focus)]
    rules = dict.fromkeys(rule for workload in shown for rule, _ in evaluation.choosing(workload))
    for rule in rules:
        for direction in DIRECTIONS:
            yield from ((direction, item) for item in rule.items(direction))
    for direction in DIRECTIONS:
        for tiered in dict.fromkeys(
            each for place in sorted(focus) for each in evaluation.tiered(workloads[place], direction)
        ):
            yield from ((direction, item) for item in tiered.items)


def _is_unbounded(item: CompiledItem, evaluation: Evaluation) -> bool:
    """Whether it has a selector of pods that means the world, too."""
    kind, world = item.item.peer_kind, Endpoint.entity("world")
    if kind not in ("from_endpoints", "to_endpoints"):
        return False
    return bool(item.peers.means(world, evaluation.labels_of(world)).matches)


def _unknown(evaluation: Evaluation, items: Iterable[CompiledItem]) -> Iterator[str]:
    """What depends on more than the files, in words."""
    sides = [Endpoint.address("192.0.2.1"), Endpoint.entity("remote-node")]
    groups = evaluation.inventory.cidr_groups
    nameless = any(one.kind == MENTIONED for one in evaluation.inventory.workloads)
    for item in items:
        kind = (item.item.peer_kind or "").partition("_")[2]
        whys: set[str] = set()
        if kind in _OF_A_CLUSTER:
            whys = {item.peers.means(side, evaluation.labels_of(side)).why for side in sides} - {""}
        elif kind == "cidr_set":
            rules = getattr(item.item, str(item.item.peer_kind))
            named = (rule for rule in rules if rule.cidr_group_ref and not chosen_groups(rule, groups))
            whys = {f"CiliumCIDRGroup {rule.cidr_group_ref}" for rule in named}
            if not groups and any(rule.cidr_group_selector is not None for rule in rules):
                whys.add("the CiliumCIDRGroups")
        yield from (f"{item.place} depends on {why}" for why in sorted(whys))
        if nameless and has_names(item.item):
            yield f"{item.place} names ports, and pods that only policies mention have no ports"
        if apart := protocols_without_ports(item.item):
            yield f"{item.place} is for {' and '.join(apart)}, which has no ports"
    yield from (f"{rule.place} is for nodes" for rule in evaluation.rules if rule.for_nodes)


def _is_told(text: str, told: Iterable[str]) -> bool:
    """Whether another text is about the same place."""
    place = text.partition(" has no peer ")[0]
    return any(each.startswith(f"{place} ") for each in told)


def _without_sides(
    evaluation: Evaluation, items: Iterable[tuple[Direction, CompiledItem]], endpoints: Sequence[Endpoint]
) -> Iterator[str]:
    """Rules whose pods, or whose peers, are not in the picture, in words."""
    chosen = {rule for one in evaluation.inventory.workloads for rule, _ in evaluation.choosing(one)}
    for rule in evaluation.rules:
        if rule not in chosen and not rule.for_nodes:
            yield f"{rule.place} selects no pod of this cluster that can be drawn"
    sides = SideClasses(evaluation, endpoints)
    for _, item in items:
        kind = item.item.peer_kind
        if kind is None or kind.partition("_")[2] in _OF_A_CLUSTER or not getattr(item.item, kind):
            continue
        _, possible = sides.meant(item)
        if not possible:
            yield f"{item.place} has no peer of this cluster that can be drawn"


class _Drawn:
    """Boxes and arrows of some sides."""

    def __init__(self, sides: Sides, beside: Sequence[Outside]) -> None:
        self._sides = sides
        self._beside = dict(enumerate(beside, len(sides.endpoints) - len(beside)))

    def parts(self) -> tuple[tuple[GraphNode, ...], tuple[Arrow, ...]]:
        """The boxes worth showing, and the arrows."""
        relation = self._sides.relation()
        members = classes(relation, [self._kind(side) for side in range(len(self._sides.endpoints))])
        grouped = GroupedSides(members)
        groups = self._groups(relation, grouped)
        links = list(Reduction(self._sides, grouped, groups).links(relation))
        used = {place for link in links for place in (link.source, link.destination)}
        shown = [
            place
            for place, group in enumerate(groups)
            if place in used or (not group.whole and self._is_in_focus(members, group))
        ]
        number = {place: index for index, place in enumerate(shown)}
        nodes = tuple(self._node(members, groups[place]) for place in shown)
        arrows = sorted(
            _arrows(links, number),
            key=lambda one: (one.source, one.destination, one.verdict, one.among or ""),
        )
        return nodes, tuple(arrows)

    def _kind(self, side: int) -> tuple[object, ...]:
        """What sides must have in common to share a box."""
        outside = self._beside.get(side)
        if outside is not None:
            return (None, outside.directions, outside.endpoint.kind == "entity" and outside.text)
        workload = self._sides.endpoints[side].workload
        assert workload is not None
        return (
            workload.namespace,
            workload.host_network,
            workload.kind if workload.kind in ("Pod", MENTIONED) else None,
            side in self._sides.focus,
            self._open(side),
            self._but_denied(side),
        )

    def _open(self, side: int) -> tuple[Direction, ...]:
        return tuple(each for each in DIRECTIONS if self._sides.is_open(side, each))

    def _but_denied(self, side: int) -> tuple[Direction, ...]:
        return tuple(each for each in self._open(side) if self._sides.denies_some(side, each))

    def _groups(self, relation: Relation, grouped: GroupedSides) -> list[ClassGroup]:
        """The cluster, many of it, the namespaces and every class, the largest first.

        Pods on their node's network are in no namespace.
        """
        by_namespace: dict[str, set[int]] = {}
        for number, (side, *_) in enumerate(grouped.groups):
            workload = self._sides.endpoints[side].workload
            if workload is not None and not workload.host_network:
                by_namespace.setdefault(workload.namespace, set()).add(number)
        every = frozenset(number for numbers in by_namespace.values() for number in numbers)
        found = [ClassGroup(every, True)] if len(by_namespace) > 1 else []
        spaces = [
            ClassGroup(frozenset(each), True) for _, each in sorted(by_namespace.items()) if len(each) > 1
        ]
        known = {one.classes for one in (*found, *spaces)}
        if len(by_namespace) > 1:
            found += [one for one in parts_of(relation, grouped, every) if one.classes not in known]
        return [
            *found,
            *spaces,
            *(ClassGroup(frozenset({each}), False) for each in range(len(grouped.groups))),
        ]

    def _is_in_focus(self, members: Sequence[tuple[int, ...]], group: ClassGroup) -> bool:
        return any(side in self._sides.focus for number in group.classes for side in members[number])

    def _node(self, members: Sequence[tuple[int, ...]], group: ClassGroup) -> GraphNode:
        inside = sorted(side for number in group.classes for side in members[number])
        endpoints = tuple(self._sides.endpoints[side] for side in inside)
        first = self._beside.get(inside[0])
        if first is not None:
            return GraphNode(
                "outside",
                tuple(self._beside[side].text for side in inside),
                None,
                endpoints,
                world=first.world,
                directions=first.directions,
            )
        workloads = [one.workload for one in endpoints if one.workload is not None]
        names = tuple(one.name for one in workloads)
        namespaces = {one.namespace for one in workloads}
        if group.whole:
            if group.part:
                return GraphNode("part", names, None, endpoints)
            kind: Kind = "cluster" if len(namespaces) > 1 else "namespace"
            return GraphNode(kind, names, None if len(namespaces) > 1 else namespaces.pop(), endpoints)
        known = workloads[0].kind != MENTIONED
        host_network = workloads[0].host_network
        return GraphNode(
            "workloads",
            names,
            namespaces.pop(),
            endpoints,
            self._open(inside[0]),
            self._but_denied(inside[0]),
            host_network,
            known,
        )


def _arrows(links: Iterable[Link], number: dict[int, int]) -> Iterator[Arrow]:
    """One arrow between two boxes for all that passes, and one for all that is denied."""
    found: dict[tuple[int, int, Verb, Among | None], list[Statement]] = {}
    for link in links:
        verb = link.statement.verb
        key = (
            number[link.source],
            number[link.destination],
            "allow" if verb == "limit" else verb,
            link.among,
        )
        found.setdefault(key, []).append(link.statement)
    for (source, destination, verb, among), statements in found.items():
        ordered = sorted(statements, key=lambda one: (VERBS.index(one.verb), one.parts, one.only))
        if verb == "unknown":
            ports = PortSet.of(part for one in ordered for part in one.parts)
            missing = tuple(dict.fromkeys(each for one in ordered for each in one.only.split("\n")))
            label = Label(ports, word="not known:")
            yield Arrow(source, destination, label, among=among, turn="unknown", missing=missing)
            continue
        plain = PortSet.of(part for one in ordered if not one.only for part in one.parts)
        limits = tuple((one.ports, one.only) for one in ordered if one.only)
        yield Arrow(source, destination, Label(plain, limits), verb == "deny", among)
