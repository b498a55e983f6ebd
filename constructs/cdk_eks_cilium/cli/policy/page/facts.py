"""What the page knows: sides, arrows between boxes of sides, rules with whom they mean, and changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from cdk_eks_cilium.policy_analysis.difference import ChangeLine
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, PortSet
from cdk_eks_cilium.policy_analysis.evaluation.compiled import DIRECTIONS, CompiledItem, CompiledRule, Place
from cdk_eks_cilium.policy_analysis.evaluation.ports import gates, named_ports
from cdk_eks_cilium.policy_analysis.evaluation.tiers import TIERS
from cdk_eks_cilium.policy_analysis.graph import Arrow, Graph, GraphNode


def page_facts(
    graph: Graph,
    evaluation: Evaluation,
    *,
    title: str,
    changes: Sequence[ChangeLine] | None = None,
    not_compared: Iterable[str] = (),
) -> dict[str, Any]:
    """The facts of a page as plain data.

    Sides, boxes and sets are named by their index. A set of sides is a list of ranges, each with its first
    and its last index; equal sets stand once, so that hundreds of workloads make a small file.

    Args:
        graph: The boxes and arrows.
        evaluation: The policies of the graph; it knows the pods that only policies mention, too.
        title: The title of the page.
        changes: What changes, if the page compares.
        not_compared: What may have changed beside, in words.
    """
    sides = _Sides(graph.nodes)
    chosen = _chosen(evaluation, sides.endpoints)
    return {
        "title": title,
        "sides": sides.facts(),
        "boxes": [{"kind": node.kind, "sides": sides.number_of(node.endpoints)} for node in graph.nodes],
        "arrows": [_arrow(arrow) for arrow in graph.arrows],
        "rules": [
            *(fact for rule in evaluation.rules for fact in _rule(rule, evaluation, sides, chosen)),
            *_tier_rules(evaluation, sides),
        ],
        "changes": None if changes is None else [_change(each) for each in changes],
        "notShown": [*graph.unknown],
        "notCompared": [*not_compared],
        # The last, because the others fill it.
        "sets": sides.sets,
    }


class _Sides:
    """The sides of some boxes, and sets of them."""

    def __init__(self, nodes: Iterable[GraphNode]) -> None:
        self._nodes: dict[Endpoint, tuple[GraphNode, str]] = {}
        for node in nodes:
            for endpoint, name in zip(node.endpoints, node.names, strict=True):
                known = self._nodes.get(endpoint)
                # The box of equal workloads says more of a side than that of its namespace.
                if known is None or known[0].kind in ("namespace", "part", "cluster"):
                    self._nodes[endpoint] = (node, name)
        self.endpoints = sorted(self._nodes, key=lambda one: (one.workload is None, self._name(one)))
        self._places = {endpoint: place for place, endpoint in enumerate(self.endpoints)}
        self._numbers: dict[tuple[int, ...], int] = {}
        self.sets: list[list[tuple[int, int]]] = []

    def _name(self, endpoint: Endpoint) -> str:
        name = self._nodes[endpoint][1]
        return f"{endpoint.workload.namespace}/{name}" if endpoint.workload is not None else name

    def facts(self) -> list[dict[str, Any]]:
        """What the page says of each side."""
        return [self._fact(endpoint) for endpoint in self.endpoints]

    def _fact(self, endpoint: Endpoint) -> dict[str, Any]:
        node, _ = self._nodes[endpoint]
        workload = endpoint.workload
        return {
            "name": self._name(endpoint),
            "namespace": workload.namespace if workload is not None else None,
            "open": sorted(node.open),
            "butDenied": sorted(node.but_denied),
            "hostNetwork": node.host_network,
            "described": node.described,
            "world": node.world,
        }

    def number_of(self, endpoints: Iterable[Endpoint]) -> int:
        """The index of a set of sides."""
        return self._number(tuple(sorted(self._places[one] for one in endpoints)))

    def _number(self, places: tuple[int, ...]) -> int:
        if places not in self._numbers:
            self._numbers[places] = len(self.sets)
            self.sets.append(_ranges(places))
        return self._numbers[places]

    def split(self, answers: Iterable[tuple[Endpoint, bool | None]]) -> tuple[int, int]:
        """The indexes of the sets of sides that are meant for sure, and that only may be."""
        sure: list[int] = []
        possible: list[int] = []
        for endpoint, answer in answers:
            if answer is not False:
                (sure if answer else possible).append(self._places[endpoint])
        return self._number(tuple(sure)), self._number(tuple(possible))


def _ranges(places: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for place in places:
        if found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found


def _arrow(arrow: Arrow) -> dict[str, Any]:
    label = arrow.label
    says = [_says(label.ports, "")] if label.ports else []
    says += [_says(ports, text) for ports, text in label.limits]
    return {
        "source": arrow.source,
        "destination": arrow.destination,
        "verdict": arrow.verdict,
        "among": arrow.among,
        "says": says,
        "missing": [*arrow.missing],
    }


def _says(ports: PortSet, only: str) -> dict[str, Any]:
    return {"ports": str(ports), "only": only, "spans": [*ports.parts()]}


def _chosen(
    evaluation: Evaluation, endpoints: Iterable[Endpoint]
) -> dict[CompiledRule, list[tuple[Endpoint, bool | None]]]:
    """For each rule the pods that it selects, or may select."""
    found: dict[CompiledRule, list[tuple[Endpoint, bool | None]]] = {}
    for endpoint in endpoints:
        if endpoint.workload is not None:
            for rule, meaning in evaluation.choosing(endpoint.workload):
                found.setdefault(rule, []).append((endpoint, meaning.matches))
    return found


def _rule(
    rule: CompiledRule,
    evaluation: Evaluation,
    sides: _Sides,
    chosen: Mapping[CompiledRule, Iterable[tuple[Endpoint, bool | None]]],
) -> Iterator[dict[str, Any]]:
    """One fact for each item of a rule, and one for a direction that it isolates without an item."""
    if rule.for_nodes:
        return
    subjects, possible = sides.split(chosen.get(rule, ()))
    for direction in DIRECTIONS:
        about = {"direction": direction, "subjects": subjects, "possibleSubjects": possible}
        items = rule.items(direction)
        isolates = rule.rule.denies_by_default(direction)
        for item in items:
            yield {
                **_placed(item.place),
                **about,
                "isolates": isolates,
                "action": "deny" if item.denies else "allow",
                "tier": "",
                **_meant(item, evaluation, sides),
            }
        if isolates and not items:
            nobody = sides.split(())
            yield {
                **_placed(rule.place),
                **about,
                "isolates": True,
                "action": "allow",
                "tier": "",
                "peers": nobody[0],
                "possiblePeers": nobody[1],
                "says": [],
            }


def _tier_rules(evaluation: Evaluation, sides: _Sides) -> Iterator[dict[str, Any]]:
    """The rules of ClusterNetworkPolicies, tier by tier, the first first: a fact for each of their items."""
    pods = [one for one in sides.endpoints if one.workload is not None and not one.workload.host_network]
    for tier, direction in product(TIERS, DIRECTIONS):
        for rule in evaluation.tiers.rules.get((tier, direction), ()):
            subjects, possible = sides.split(
                (one, rule.subject.matches(evaluation.labels_of(one))) for one in pods
            )
            for item in rule.items:
                yield {
                    **_placed(rule.place),
                    "direction": direction,
                    "subjects": subjects,
                    "possibleSubjects": possible,
                    "isolates": False,
                    "action": rule.action.lower(),
                    "tier": rule.words,
                    **_meant(item, evaluation, sides),
                }


def _meant(item: CompiledItem, evaluation: Evaluation, sides: _Sides) -> dict[str, Any]:
    """Whom an item means, and at which ports."""
    peers = sides.split(
        (one, item.peers.means(one, evaluation.labels_of(one)).matches) for one in sides.endpoints
    )
    return {"peers": peers[0], "possiblePeers": peers[1], "says": list(_lets_through(item))}


def _lets_through(item: CompiledItem) -> Iterator[dict[str, Any]]:
    """The ports of an item. Those with a name have no spans: each pod has its own number for them."""
    for gate in gates(item.item, None):
        if gate.ports:
            yield _says(gate.ports, gate.limit.text if gate.limit is not None else "")
    for name, protocol in dict.fromkeys(named_ports(item.item)):
        yield {"ports": f"{protocol} {name}", "only": "", "spans": None}


def _placed(place: Place) -> dict[str, Any]:
    return {"policy": place.policy, "path": place.path}


def _change(line: ChangeLine) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "sources": [*line.source_names],
        "destinations": [*line.destination_names],
        "sourceSides": [one.text for one in line.sources],
        "destinationSides": [one.text for one in line.destinations],
        "says": [_says(line.ports, "")],
        "before": str(line.before),
        "after": str(line.after),
        "rulesBefore": [_placed(place) for place in line.before.rules],
        "rulesAfter": [_placed(place) for place in line.after.rules],
    }
