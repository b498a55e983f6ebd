"""Whether something passes, under which limits and by which rules; and what lies between two such answers."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from cdk_eks_cilium.policy_analysis.evaluation import (
    Evaluation,
    Explanation,
    Flow,
    Ruling,
    Verdict,
)
from cdk_eks_cilium.policy_analysis.evaluation.compiled import DIRECTIONS, CompiledItem, Place
from cdk_eks_cilium.policy_analysis.evaluation.ports import gates

from .limits import Alternative, Clause, alternatives, implies

ChangeKind = Literal["opens", "closes", "changes", "unknown"]

KINDS: Final[tuple[ChangeKind, ...]] = ("opens", "closes", "changes", "unknown")
"""What may happen: more passes, less passes, other requests pass, or nobody knows."""

MIRRORED: Final[dict[ChangeKind, ChangeKind]] = {
    "opens": "closes",
    "closes": "opens",
    "changes": "changes",
    "unknown": "unknown",
}


@dataclass(frozen=True)
class Standing:
    """The answer of one state for a flow.

    Attributes:
        verdict: Whether it passes.
        clauses: What requests must meet, all of it; empty if anything passes.
        rules: The places of the rules that decide where the two states differ.
        missing: What somebody must describe, if the verdict is not known.
    """

    verdict: Verdict
    clauses: frozenset[Clause] = frozenset()
    rules: tuple[Place, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def meaning(self) -> tuple[object, ...]:
        """What counts when answers are compared."""
        return (self.verdict, self.clauses)

    @property
    def limits(self) -> tuple[str, ...]:
        """The limits in words; each must hold."""
        return tuple(sorted(" or ".join(sorted(one.text for one in clause)) for clause in self.clauses))

    def __str__(self) -> str:
        if self.verdict == "unknown":
            return "not known" + (f": it depends on {' and '.join(self.missing)}" if self.missing else "")
        return f"only {' and '.join(self.limits)}" if self.limits else self.verdict

    def as_json(self) -> dict[str, Any]:
        """The answer as plain data."""
        return {
            "verdict": self.verdict,
            "limits": list(self.limits),
            "rules": [{"policy": place.policy, "path": place.path} for place in self.rules],
            "missing": list(self.missing),
        }


def kind_of(before: Standing, after: Standing) -> ChangeKind | None:
    """What changes between two answers; None if both mean the same."""
    if "unknown" in (before.verdict, after.verdict):
        return None if before.verdict == after.verdict else "unknown"
    if before.verdict != after.verdict:
        return "opens" if after.verdict == "allowed" else "closes"
    wider, narrower = implies(before.clauses, after.clauses), implies(after.clauses, before.clauses)
    if before.verdict == "denied" or (wider and narrower):
        return None
    return "opens" if wider else "closes" if narrower else "changes"


@dataclass(frozen=True)
class DirectedAnswer:
    """The answer for one direction of a flow.

    Attributes:
        ruling: The answer; None if nothing decides there.
        clause: The alternatives that it leaves; empty if anything passes.
    """

    ruling: Ruling | None
    clause: Clause

    @property
    def meaning(self) -> tuple[object, ...]:
        """What counts when answers are compared."""
        return (self.ruling.verdict if self.ruling is not None else None, self.clause)


class StateJudge:
    """Answers for the flows of one state."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._items: dict[Place, list[CompiledItem]] = {}
        for item in evaluation.items():
            self._items.setdefault(item.place, []).append(item)
        self._answers: dict[Hashable, DirectedAnswer] = {}

    def explain(self, flow: Flow) -> Explanation:
        """The answer with its reasons."""
        return self._evaluation.explain(flow)

    def answers(self, flow: Flow, keys: Sequence[Hashable]) -> tuple[Explanation, tuple[DirectedAnswer, ...]]:
        """The answer, and that of each of `DIRECTIONS`.

        Args:
            flow: The flow, not one of a pod to itself.
            keys: What the answer for each of `DIRECTIONS` depends on beside protocol and port, so that it is
                asked once; None where that is not told in short.
        """
        found = []
        for direction, key in zip(DIRECTIONS, keys, strict=True):
            whole = (direction, key, flow.protocol, flow.port)
            answer = self._answers.get(whole) if key is not None else None
            if answer is None:
                ruling = self._evaluation.ruling(flow, direction)
                answer = self._answers[whole] = DirectedAnswer(ruling, self.clause(flow, ruling))
            found.append(answer)
        return Explanation(flow, found[0].ruling, found[1].ruling), tuple(found)

    def clause(self, flow: Flow, ruling: Ruling | None) -> Clause:
        """The alternatives that one direction leaves to a flow; empty if anything passes."""
        if ruling is None or not ruling.limits:
            return frozenset()
        receiver = self._evaluation.names.receiver(ruling.direction, flow.destination.workload)
        at = (flow.protocol, flow.port)
        found = frozenset(
            alternative
            for place in ruling.deciding
            for item in self._items.get(place, ())
            for gate in gates(item.item, receiver)
            # Other limits of the same item may count for nothing, because of other rules.
            if gate.limit is not None and gate.limit.text in ruling.limits and at in gate.ports
            for alternative in alternatives(gate.limit)
        )
        # A limit that no item of a policy has stands for itself.
        return found or frozenset(
            Alternative("text", frozenset({("text", text)}), "", text) for text in ruling.limits
        )


def standings(
    judges: tuple[StateJudge, StateJudge],
    flows: tuple[Flow, Flow],
    keys: tuple[Sequence[Hashable], Sequence[Hashable]],
) -> tuple[Standing, Standing]:
    """The answers of two states to one question, with the rules of the directions that changed.

    Args:
        judges: The old state and the new one.
        flows: The question to each.
        keys: What the answers depend on, as `StateJudge.answers` takes it.
    """
    (was, before), (now, after) = (
        judge.answers(flow, key) for judge, flow, key in zip(judges, flows, keys, strict=True)
    )
    changed = [
        place
        for place, (one, other) in enumerate(zip(before, after, strict=True))
        if one.meaning != other.meaning
    ]
    return _standing(was, before, changed), _standing(now, after, changed)


def _standing(found: Explanation, answers: Sequence[DirectedAnswer], changed: Iterable[int]) -> Standing:
    rulings = [answers[place].ruling for place in changed]
    rules = tuple(dict.fromkeys(place for one in rulings if one is not None for place in one.deciding))
    held = (
        frozenset(one.clause for one in answers if one.clause) if found.verdict == "allowed" else frozenset()
    )
    return Standing(found.verdict, held, rules, found.missing if found.verdict == "unknown" else ())
