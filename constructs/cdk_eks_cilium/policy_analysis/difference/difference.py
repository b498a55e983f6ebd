"""Compares two states of policies by what they let through, and not by their text."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from cdk_eks_cilium.policy.model import CiliumClusterwideNetworkPolicy, CiliumNetworkPolicy
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Flow, Matrix, PortSet
from cdk_eks_cilium.policy_analysis.evaluation.compiled import RuleIndex, policy_name
from cdk_eks_cilium.policy_analysis.evaluation.index import bits, members
from cdk_eks_cilium.policy_analysis.evaluation.selectors import Surroundings
from cdk_eks_cilium.policy_analysis.graph.outside import stand_in

from .atoms import atoms, port_sets
from .deciding import DecidingRules
from .rows import differing, rows
from .sides import ComparedSide, compared_sides
from .stand_ins import StandIns, stand_ins
from .standing import ChangeKind, Standing, StateJudge, kind_of, standings
from .state import PolicyState


@dataclass(frozen=True)
class PairChange:
    """What changes between two sides at some ports.

    Attributes:
        source: The side that begins.
        destination: The other side.
        ports: The ports.
        kind: What happens there.
        before: The old answer.
        after: The new answer.
    """

    source: ComparedSide
    destination: ComparedSide
    ports: PortSet
    kind: ChangeKind
    before: Standing
    after: Standing


_Answer = tuple[PortSet, ChangeKind, Standing, Standing]
"""Ports, what happens there, the old answer and the new one."""


class PolicyDifference:
    """What changes from one state of policies to another.

    Args:
        old: The old state.
        new: The new state.
    """

    def __init__(self, old: PolicyState, new: PolicyState) -> None:
        self.old = old
        self.new = new
        self.stand_ins: StandIns = stand_ins(old, new)
        self._evaluations = (self._evaluation(old), self._evaluation(new))
        self.sides = compared_sides(old, new, self.stand_ins, self._evaluations)
        self._matrices = (
            Matrix(self._evaluations[0], [*dict.fromkeys(one.old for one in self.sides)]),
            Matrix(self._evaluations[1], [*dict.fromkeys(one.new for one in self.sides)]),
        )
        self._judges = (StateJudge(self._evaluations[0]), StateJudge(self._evaluations[1]))
        self._deciding = (
            DecidingRules(self._evaluations[0], self._matrices[0].endpoints),
            DecidingRules(self._evaluations[1], self._matrices[1].endpoints),
        )
        self._known: dict[Hashable, tuple[_Answer, ...]] = {}

    @cached_property
    def changes(self) -> tuple[PairChange, ...]:
        """Every change, pair by pair. What holds for a whole is left out for its parts."""
        found = {
            (source.text, destination.text): list(self._between(source, destination))
            for source, destination in self.pairs()
        }
        return tuple(
            change
            for several in found.values()
            for each in several
            if (change := _beyond(each, self._of_whole(each, found))) is not None
        )

    @cached_property
    def nodes_policies(self) -> tuple[str, ...]:
        """The names of the policies for nodes that are not in both states with the same text."""
        return tuple(
            sorted(
                {
                    policy_name(policy)
                    for ours, theirs in ((self.old, self.new), (self.new, self.old))
                    if ours.inventory.host_firewall
                    for policy in (
                        ours.policies_beside(theirs) if theirs.inventory.host_firewall else ours.policies
                    )
                    for _, rule in policy.rules()
                    if rule.node_selector is not None
                }
            )
        )

    @cached_property
    def not_compared(self) -> tuple[str, ...]:
        """What may have changed without being in `changes`, in words."""
        nodes = (f"{name}: policies for nodes are not evaluated" for name in self.nodes_policies)
        return (*nodes, *self.stand_ins.left_out)

    @cached_property
    def unlearned(self) -> tuple[str, ...]:
        """Items with names, of policies that only the new state has, that let nothing through, in words.

        Agents learn the addresses of a name from answers that their DNS proxy reads, and none of the rules
        for DNS lets these pods ask for the names.
        """
        changed = {policy_name(each) for each in self.new.policies_beside(self.old)}
        evaluation = self._evaluations[1]
        pods = [one.new.workload for one in self.sides if one.is_pod and one.new.workload is not None]
        named = [
            (rule, item)
            for rule in evaluation.rules
            if rule.place.policy in changed and not rule.for_nodes
            for item in rule.items("egress")
            if item.peer_kind == "to_fqdns"
        ]
        return tuple(
            f"{item.place}: its names let nothing through, because no rule here lets its pods ask DNS for "
            "them; name the files with that rule, too"
            for rule, item in named
            if not any(
                evaluation.dns_answers(pod, stand_in(name)).meaning.matches is not False
                for pod in pods
                if any(rule is each for each, _ in evaluation.choosing(pod))
                for name in getattr(item.item, "to_fqdns", None) or ()
            )
        )

    def pairs(self) -> Iterator[tuple[ComparedSide, ComparedSide]]:
        """The pairs that may have changed, among them all that did."""
        named = self._touched()
        touched = bits(place for place, one in enumerate(self.sides) if one.text in named)
        # The matrices tell which pairs have different answers, without a look at each pair.
        old = rows(self._matrices[0], [one.old for one in self.sides])
        new = rows(self._matrices[1], [one.new for one in self.sides])
        # Limits of the same rules are equal if their texts are.
        by_text = not self.old.policies_beside(self.new) and not self.new.policies_beside(self.old)
        for source, before, after in zip(self.sides, old, new, strict=True):
            counts = -1 if source.text in named else touched
            for place in members(differing(before, after, by_text=by_text) & counts):
                destination = self.sides[place]
                if _is_pair(source, destination):
                    yield source, destination

    def _evaluation(self, state: PolicyState) -> Evaluation:
        known = replace(
            state.inventory, namespaces={**state.inventory.namespaces, **self.stand_ins.namespaces}
        )
        return Evaluation(state.policies, known, version=state.version, enforcement=state.enforcement)

    def _touched(self) -> set[str]:
        changed = [*self.old.policies_beside(self.new), *self.new.policies_beside(self.old)]
        if not self._only_policies_change() or not all(isinstance(one, _FOR_PODS) for one in changed):
            return {one.text for one in self.sides}
        for_nodes = any(rule.node_selector is not None for each in changed for _, rule in each.rules())
        rules = [RuleIndex(changed, Surroundings(each.inventory, each.version)) for each in self._evaluations]
        return {
            one.text
            for one in self.sides
            if one.old != one.new
            or (for_nodes and (one.old.on_node or one.new.on_node))
            or _selects(rules[0], self._evaluations[0], one.old)
            or _selects(rules[1], self._evaluations[1], one.new)
        }

    def _only_policies_change(self) -> bool:
        """Whether release, mode and everything that peers of rules depend on are the same."""
        old, new = self.old, self.new
        beside = [
            (
                one.inventory.namespaces,
                one.inventory.services,
                one.inventory.cidr_groups,
                one.inventory.cluster_name,
                one.inventory.backends,
                one.inventory.nodes,
                one.inventory.ranges_mean,
                one.inventory.host_firewall,
            )
            for one in (old, new)
        ]
        ports = [
            {(name, each.ports) for name, each in one.workloads.items() if each.ports} for one in (old, new)
        ]
        return (
            (old.version, old.enforcement) == (new.version, new.enforcement)
            and beside[0] == beside[1]
            and ports[0] == ports[1]
        )

    def _between(self, source: ComparedSide, destination: ComparedSide) -> Iterator[PairChange]:
        for ports, kind, was, now in self._answers(source, destination):
            yield PairChange(source, destination, ports, kind, was, now)

    def _answers(self, source: ComparedSide, destination: ComparedSide) -> tuple[_Answer, ...]:
        """What changes for a pair; asked once of all pairs for which the same rules decide."""
        keys = (
            self._deciding[0].keys(source.old, destination.old),
            self._deciding[1].keys(source.new, destination.new),
        )
        if None in keys[0] or None in keys[1]:
            return self._asked(source, destination, keys)
        found = self._known.get(keys)
        if found is None:
            found = self._known[keys] = self._asked(source, destination, keys)
        return found

    def _asked(
        self,
        source: ComparedSide,
        destination: ComparedSide,
        keys: tuple[tuple[Hashable, ...], tuple[Hashable, ...]],
    ) -> tuple[_Answer, ...]:
        before = self._matrices[0].reach(source.old, destination.old)
        after = self._matrices[1].reach(source.new, destination.new)
        if port_sets(before) == port_sets(after) and not before.limits:
            return ()
        found: dict[tuple[Standing, Standing], _Answer] = {}
        for ports in atoms((*port_sets(before), *port_sets(after))):
            protocol, port, _ = next(ports.parts())
            flows = (
                Flow(source.old, destination.old, port, protocol),
                Flow(source.new, destination.new, port, protocol),
            )
            was, now = standings(self._judges, flows, keys)
            kind = kind_of(was, now)
            if kind is None:
                continue
            key = (was, now)
            if key in found:
                ports = ports | found[key][0]
            found[key] = ports, kind, was, now
        return tuple(found.values())

    def _of_whole(
        self, change: PairChange, found: dict[tuple[str, str], list[PairChange]]
    ) -> list[PairChange]:
        """The changes of the wholes that the sides of a change are parts of."""
        source, destination = change.source, change.destination
        pairs = {
            (source.whole or source.text, destination.whole or destination.text),
            (source.whole or source.text, destination.text),
            (source.text, destination.whole or destination.text),
        } - {(source.text, destination.text)}
        return [one for pair in pairs for one in found.get(pair, ())]


_FOR_PODS = (CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy)


def _selects(rules: RuleIndex, evaluation: Evaluation, side: Endpoint) -> bool:
    workload = side.workload
    if workload is None or workload.host_network:
        return False
    return bool(rules.selecting(workload.namespace, evaluation.labels_of(side)))


def _is_pair(source: ComparedSide, destination: ComparedSide) -> bool:
    """Whether a flow can begin at *source*, and one of both is a pod. Names begin no flows."""
    if source.text == destination.text:
        return source.old.workload is not None and source.old.workload.kind != "Pod"
    return source.old.kind != "fqdn" and (source.is_pod or destination.is_pod)


def _beyond(change: PairChange, wholes: Iterable[PairChange]) -> PairChange | None:
    """What a change has beyond the same change of wholes; None if nothing."""
    ports = change.ports
    for one in wholes:
        same = (one.before.meaning, one.after.meaning) == (change.before.meaning, change.after.meaning)
        if same:
            ports = ports - one.ports
    return replace(change, ports=ports) if ports else None
