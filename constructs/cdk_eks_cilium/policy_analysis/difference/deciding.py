"""What decides for a pair of sides: pairs for which the same rules and ports decide have the same answer."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from cdk_eks_cilium.policy_analysis.evaluation import Direction, Endpoint, Evaluation
from cdk_eks_cilium.policy_analysis.evaluation.blocks import blocks
from cdk_eks_cilium.policy_analysis.evaluation.classes import SideClasses, port_names
from cdk_eks_cilium.policy_analysis.evaluation.index import members

Parts = tuple[int, dict[int, int]]
"""The rules of a pod for one direction, by a number, and which part of them is for each class of others."""


@dataclass(frozen=True, slots=True)
class _Roles:
    """What counts of a side.

    Attributes:
        side: The side.
        number: Its class as the other side.
        names: The names of its ports.
        egress: Its rules for what it begins.
        ingress: Its rules for what it accepts.
    """

    side: Endpoint
    number: int
    names: Hashable
    egress: Parts | None
    ingress: Parts | None


class DecidingRules:
    """Which rules decide between sides, in one state of policies.

    Args:
        evaluation: The policies.
        sides: The sides, each once.
    """

    def __init__(self, evaluation: Evaluation, sides: Sequence[Endpoint]) -> None:
        self._evaluation = evaluation
        self._classes = SideClasses(evaluation, sides)
        self._parts: dict[Hashable, Parts] = {}
        # By `id`: to hash a side takes longer than all the rest, and there are very many pairs.
        self._roles: dict[int, _Roles] = {}

    def keys(self, source: Endpoint, destination: Endpoint) -> tuple[Hashable, Hashable]:
        """What the answers for a pair depend on, one key for each of `DIRECTIONS`.

        A key is None where something is unknown, because the words for it name the very sides, and where
        there are ClusterNetworkPolicies.
        """
        if self._evaluation.tiers.policies:
            return None, None
        begins = self._roles.get(id(source)) or self._roles_of(source)
        ends = self._roles.get(id(destination)) or self._roles_of(destination)
        return _key(begins.egress, ends, ends.names), _key(ends.ingress, begins, ends.names)

    def _roles_of(self, side: Endpoint) -> _Roles:
        found = _Roles(
            side,
            self._classes.number_of[side],
            port_names(side.workload),
            self._parts_of(side, "egress"),
            self._parts_of(side, "ingress"),
        )
        self._roles[id(side)] = found
        return found

    def _parts_of(self, side: Endpoint, direction: Direction) -> Parts | None:
        """The parts of the other sides; those for which something is unknown have no part."""
        workload = side.workload
        if side.on_node and self._evaluation.hosts.refuse_some(direction):
            return -1, {}
        if workload is None or workload.host_network or self._evaluation.enforcement == "never":
            return None
        rules = self._evaluation.choosing(workload)
        if any(meaning.matches is None for _, meaning in rules):
            return -1, {}
        key = direction, *(id(rule) for rule, _ in rules)
        found = self._parts.get(key)
        if found is None:
            divided = enumerate(blocks(self._evaluation, self._classes, workload, direction))
            parts = {
                number: place
                for place, block in divided
                if not block.unsure
                for number in members(block.classes)
            }
            found = self._parts[key] = len(self._parts), parts
        return found


def _key(rules: Parts | None, other: _Roles, names: Hashable) -> Hashable:
    """What the answer of a side with some rules depends on; None where something is unknown."""
    if rules is None:
        return ()
    part = rules[1].get(other.number)
    return None if part is None else (rules[0], part, names)
