"""What lies outside a tenant may reach in it, and it outside: the world, nodes, other tenants.

Pods that no file describes count, too: whatever a selector of a policy lets in, somebody may deploy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from cdk_eks_cilium.policy_analysis.difference import (
    OUTSIDE,
    ComparedSide,
    EndNames,
    NamedEnd,
    PolicyState,
    Standing,
    StateJudge,
    atoms,
    compared_sides,
    end_order,
    port_sets,
    rectangles,
    stand_ins,
)
from cdk_eks_cilium.policy_analysis.evaluation import Direction, Evaluation, Flow, Matrix, PortSet
from cdk_eks_cilium.policy_analysis.evaluation.compiled import DIRECTIONS


@dataclass(frozen=True)
class OpenWorkload:
    """A workload that refuses nothing in a direction, whatever others send or offer.

    Attributes:
        workload: Its name.
        direction: The direction.
        why: Why, as a clause.
    """

    workload: str
    direction: Direction
    why: str

    def as_json(self) -> dict[str, Any]:
        """The workload as plain data."""
        return {"workload": self.workload, "direction": self.direction, "why": self.why}


@dataclass(frozen=True)
class ExposureLine:
    """What some others may reach, or what may be reached of them.

    Attributes:
        direction: ``ingress`` if the others begin.
        group: The tenant of the others, `OUTSIDE` or ``nodes``.
        others: The others, by as few names as possible.
        workloads: The workloads in question.
        ports: The ports.
        standing: Whether it passes, under which limits, and by which rules of the workloads.
    """

    direction: Direction
    group: str
    others: tuple[NamedEnd, ...]
    workloads: tuple[str, ...]
    ports: PortSet
    standing: Standing

    def as_json(self) -> dict[str, Any]:
        """The line as plain data."""
        return {
            "direction": self.direction,
            "group": self.group,
            "others": [side.text for end in self.others for side in end.sides],
            "workloads": list(self.workloads),
            "ports": str(self.ports),
            **self.standing.as_json(),
        }


@dataclass(frozen=True)
class _Entry:
    """What passes between one workload and one other side."""

    workload: ComparedSide
    other: ComparedSide
    ports: PortSet
    standing: Standing


class Exposure:
    """The exposure of some workloads of one tenant, or of several.

    Args:
        state: The policies, and what they are about.
        workloads: The names of the workloads, each ``NAMESPACE/NAME``, all of them in the state. Others are
            sides outside of their namespaces.
    """

    def __init__(self, state: PolicyState, workloads: Sequence[str]) -> None:
        found = stand_ins(state, state)
        known = replace(state.inventory, namespaces={**state.inventory.namespaces, **found.namespaces})
        self._evaluation = Evaluation(
            state.policies, known, version=state.version, enforcement=state.enforcement
        )
        self._sides = compared_sides(state, state, found, [self._evaluation])
        self._matrix = Matrix(self._evaluation, [*dict.fromkeys(one.new for one in self._sides)])
        self._judge = StateJudge(self._evaluation)
        self.workloads = [one for one in self._sides if one.text in set(workloads)]
        inside = {one.tenant for one in self.workloads}
        self._others = [one for one in self._sides if one.tenant not in inside or not one.new.workload]
        self.not_known: tuple[str, ...] = found.left_out

    @cached_property
    def open(self) -> tuple[OpenWorkload, ...]:
        """The workloads that refuse nothing in a direction."""
        return tuple(
            OpenWorkload(one.text, direction, why)
            for direction in ("ingress", "egress")
            for one in self.workloads
            if (why := self._open(one, direction))
        )

    @cached_property
    def lines(self) -> tuple[ExposureLine, ...]:
        """What passes, in as few lines as possible, without what `open` says: what reaches in comes first."""
        names = EndNames(self._sides)
        found = [
            self._line(direction, group, others, workloads, names)
            for direction in ("ingress", "egress")
            for group in _alike(self._entries(direction))
            for others, workloads in rectangles((one.other, one.workload) for one in group)
        ]
        return tuple(sorted(found, key=_order))

    def as_json(self) -> dict[str, Any]:
        """The exposure as plain data."""
        return {
            "workloads": [one.text for one in self.workloads],
            "open": [one.as_json() for one in self.open],
            "reached_by": [one.as_json() for one in self.lines if one.direction == "ingress"],
            "reaches": [one.as_json() for one in self.lines if one.direction == "egress"],
        }

    def _open(self, side: ComparedSide, direction: Direction) -> str:
        """Why a workload refuses nothing; empty if it may refuse something."""
        workload = side.new.workload
        assert workload is not None
        if workload.host_network:
            return "it is on its node's network, where policies for pods do not hold"
        if self._evaluation.enforcement == "never":
            return "the agents enforce no policy"
        rules = [rule for rule, _ in self._evaluation.choosing(workload)]
        isolated = self._evaluation.may_be_isolated(workload, direction)
        if isolated or any(rule.items(direction) for rule in rules):
            return ""
        if self._evaluation.tiered(workload, direction):
            return ""
        if rules:
            return f"the policies that select it have no rules for {direction}"
        return "no policy selects it"

    def _entries(self, direction: Direction) -> Iterator[_Entry]:
        """What passes in a direction.

        What a whole has is left out for its parts, and what the whole has and a part has not is a denial.
        """
        closed = [one for one in self.workloads if not self._open(one, direction)]
        passing: dict[tuple[str, str], list[_Entry]] = {}
        for other in sorted(self._others, key=lambda one: bool(one.whole)):
            for workload in closed:
                whole = passing.get((workload.text, other.whole), [])
                found = list(self._between(workload, other, direction))
                passing[workload.text, other.text] = [
                    one for one in found if one.standing.verdict != "denied"
                ]
                yield from (left for one in found if (left := _beyond(one, whole)) is not None)

    def _between(self, workload: ComparedSide, other: ComparedSide, direction: Direction) -> Iterator[_Entry]:
        if direction == "ingress" and other.new.kind == "fqdn":
            return
        source, destination = (other, workload) if direction == "ingress" else (workload, other)
        reach = self._matrix.reach(source.new, destination.new)
        if not (reach.allowed or reach.unknown or other.whole):
            return
        found: dict[Standing, PortSet] = {}
        for ports in atoms(port_sets(reach)):
            protocol, port, _ = next(ports.parts())
            standing = self._standing(Flow(source.new, destination.new, port, protocol), direction)
            found[standing] = found.get(standing, PortSet({})) | ports
        for standing, ports in found.items():
            yield _Entry(workload, other, ports, standing)

    def _standing(self, flow: Flow, direction: Direction) -> Standing:
        """The answer, with the rules of the workload itself: what others' policies say is theirs."""
        explained = self._judge.explain(flow)
        clauses = frozenset(
            clause for each in DIRECTIONS if (clause := self._judge.clause(flow, getattr(explained, each)))
        )
        own = getattr(explained, direction)
        held = clauses if explained.verdict == "allowed" else frozenset()
        missing = explained.missing if explained.verdict == "unknown" else ()
        return Standing(explained.verdict, held, own.deciding if own is not None else (), missing)

    def _line(
        self,
        direction: Direction,
        group: Sequence[_Entry],
        others: frozenset[ComparedSide],
        workloads: frozenset[ComparedSide],
        names: EndNames,
    ) -> ExposureLine:
        first = group[0]
        return ExposureLine(
            direction,
            first.other.tenant,
            names.of(others, workloads),
            tuple(one.text for one in sorted(workloads, key=end_order)),
            first.ports,
            first.standing,
        )


def _beyond(entry: _Entry, whole: Sequence[_Entry]) -> _Entry | None:
    """What an entry says beyond the entries of the whole that its side is a part of; None if nothing."""
    if entry.standing.verdict == "denied":
        ports = entry.ports & PortSet.union(one.ports for one in whole)
    else:
        ports = entry.ports
        for one in whole:
            if one.standing.meaning == entry.standing.meaning:
                ports = ports - one.ports
    return replace(entry, ports=ports) if ports else None


def _alike(entries: Iterable[_Entry]) -> Iterable[list[_Entry]]:
    found: dict[tuple[object, ...], list[_Entry]] = {}
    for one in entries:
        key = (one.other.tenant, one.ports, one.standing)
        found.setdefault(key, []).append(one)
    return found.values()


def _order(line: ExposureLine) -> tuple[object, ...]:
    """What is outside first, then nodes, then tenants by name."""
    group = (line.group != OUTSIDE, line.group != "nodes", line.group)
    return (
        line.direction != "ingress",
        *group,
        [one.text for one in line.others],
        str(line.ports),
        line.workloads,
    )
