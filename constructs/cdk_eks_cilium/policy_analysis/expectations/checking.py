"""Holds expectations against what policies mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Literal

from cdk_eks_cilium.policy_analysis.evaluation import (
    Endpoint,
    Evaluation,
    Explanation,
    Flow,
    Matrix,
    PortSet,
    Reach,
    Ruling,
    Verdict,
)
from cdk_eks_cilium.policy_analysis.services import ServiceProxy
from cdk_eks_cilium.problems import Problem

from .matching import PatternMatcher, Target
from .model import Expectation
from .services import ServiceAnswers, ask_services

MOST_EXPLAINED: Final = 20
"""Connections of one expectation that are explained; all are counted."""

WORDS: Final[dict[Verdict, str]] = {"allowed": "allowed", "denied": "denied", "unknown": "not known"}


@dataclass(frozen=True)
class FlowOutcome:
    """Connections that are not as expected.

    Attributes:
        source: The side that begins.
        destination: The other side.
        ports: The ports where it is so.
        verdict: What holds there.
        explanation: Why, for the first of the ports.
        service: The Service that it goes to, ``svc/NAMESPACE/NAME``, at *ports*; empty without one.
        when: In which case it goes this way to the Service, as a clause; empty if always.
        before: The answers for flows that the source's policies see instead of one to the pod.
    """

    source: Endpoint
    destination: Endpoint
    ports: PortSet
    verdict: Verdict
    explanation: Explanation
    service: str = ""
    when: str = ""
    before: tuple[Explanation, ...] = ()

    @property
    def rulings(self) -> tuple[Ruling, ...]:
        """The answers of all policies that judge it, in the order of the connection."""
        return tuple(ruling for one in (*self.before, self.explanation) for ruling in one.verdicts)

    def __str__(self) -> str:
        limits = self.explanation.limits if self.verdict == "allowed" else ()
        only = f", but only {' and '.join(limits)}" if limits else ""
        return f"{self.source} -> {self._target}: {WORDS[self.verdict]}{only}"

    @property
    def _target(self) -> str:
        if not self.service:
            return f"{self.destination} {self.ports}"
        flow = self.explanation.flow
        where = f", where {self.when}" if self.when else ""
        return f"{self.service} {self.ports} ({self.destination} {flow.protocol} {flow.port}{where})"

    def as_json(self) -> dict[str, Any]:
        """The connections as plain data."""
        return {
            "source": str(self.source),
            "destination": str(self.destination),
            "ports": str(self.ports),
            "verdict": self.verdict,
            "directions": [ruling.as_json() for ruling in self.rulings],
            **({"service": self.service, "when": self.when} if self.service else {}),
        }


@dataclass(frozen=True)
class ExpectationOutcome:
    """What came of an expectation.

    Attributes:
        expectation: The expectation.
        asked: How many connections it is about: pairs of sides, each with an entry of ports.
        failing: How many of them are not as expected.
        flows: The first of these.
        problems: What in it means nothing, so that it holds for nobody.
    """

    expectation: Expectation
    asked: int = 0
    failing: int = 0
    flows: tuple[FlowOutcome, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def status(self) -> Literal["holds", "fails", "not known", "means nothing"]:
        """In words; ``not known`` if nothing is known to contradict it."""
        if self.problems:
            return "means nothing"
        if not self.failing:
            return "holds"
        return "not known" if all(one.verdict == "unknown" for one in self.flows) else "fails"

    def as_json(self) -> dict[str, Any]:
        """The outcome as plain data."""
        return {
            "name": self.expectation.name,
            "because": self.expectation.because,
            "expect": self.expectation.expect,
            "status": self.status,
            "asked": self.asked,
            "failing": self.failing,
            "flows": [one.as_json() for one in self.flows],
            "problems": [one.as_json() for one in self.problems],
        }


@dataclass(frozen=True)
class _Asked:
    """An expectation with what its patterns mean."""

    expectation: Expectation
    sources: Sequence[Endpoint]
    targets: Sequence[Target]
    services: ServiceAnswers
    problems: tuple[Problem, ...] = field(default=())


def check_expectations(
    evaluation: Evaluation, expectations: Sequence[Expectation], proxy: ServiceProxy = "kube-proxy"
) -> list[ExpectationOutcome]:
    """Hold expectations against policies, each by itself.

    Args:
        evaluation: The policies and their inventory.
        expectations: The expectations.
        proxy: Who hands connections to Services to pods on each node.
    """
    asked = [_resolved(evaluation, number, one, proxy) for number, one in enumerate(expectations)]
    sides = dict.fromkeys(
        side for one in asked for side in (*one.sources, *(target for target, _, _ in one.targets))
    )
    matrix = Matrix(evaluation, [*sides])
    return [_outcome(matrix, one) for one in asked]


def _resolved(evaluation: Evaluation, number: int, expectation: Expectation, proxy: ServiceProxy) -> _Asked:
    matcher = PatternMatcher(evaluation.inventory)
    where = f"expectations[{number}]"
    sources = matcher.sources(expectation.from_, f"{where}.from")
    targets = matcher.targets(expectation.to, f"{where}.to")
    services = matcher.services(expectation.to, f"{where}.to")
    answers = ask_services(evaluation, expectation, sources, services, proxy)
    problems = [*matcher.problems, *answers.problems]
    if not problems and not answers.cases and not any(True for _ in _pairs(sources, targets)):
        rule, fix = "must have a workload on one side at least", "name a workload under from or to"
        problems.append(Problem(where, rule, fix=fix, id="CEK5313"))
    return _Asked(expectation, sources, targets, answers, tuple(problems))


def _pairs(sources: Sequence[Endpoint], targets: Sequence[Target]) -> Iterator[tuple[Endpoint, Target]]:
    """The pairs with a workload. Of many sides none is asked about itself, because a pod reaches itself."""
    single = len(sources) == 1 == len({target for target, _, _ in targets})
    for source in sources:
        for target in targets:
            has_workload = source.workload is not None or target[0].workload is not None
            if has_workload and (single or source != target[0]):
                yield source, target


def _outcome(matrix: Matrix, asked: _Asked) -> ExpectationOutcome:
    if asked.problems:
        return ExpectationOutcome(asked.expectation, problems=asked.problems)
    pairs = list(_pairs(asked.sources, asked.targets))
    found = [
        (source, target, ports, verdict)
        for source, (target, wanted, _) in pairs
        for ports, verdict in _unexpected(matrix, asked.expectation, source, target, wanted)
    ]
    # What is known to be wrong comes before what is not known.
    found.sort(key=lambda one: one[3] == "unknown")
    flows = [
        FlowOutcome(
            source, target, ports, verdict, _explained(matrix, asked.expectation, source, target, ports)
        )
        for source, target, ports, verdict in islice(found, MOST_EXPLAINED)
    ]
    through = [*_through_services(asked)]
    flows = sorted((*flows, *through), key=lambda one: one.verdict == "unknown")
    count = len(pairs) + len(asked.services.cases)
    return ExpectationOutcome(
        asked.expectation, count, len(found) + len(through), tuple(flows[:MOST_EXPLAINED])
    )


def _through_services(asked: _Asked) -> Iterator[FlowOutcome]:
    """The connections to Services where another verdict holds than the expected one."""
    for source, target, case in asked.services.cases:
        if case.verdict == asked.expectation.expect:
            continue
        number = target.port.number
        yield FlowOutcome(
            source,
            case.explanation.flow.destination,
            PortSet.of([(target.port.protocol, number, number)]),
            case.verdict,
            case.explanation,
            f"svc/{target.service}",
            case.when,
            case.before,
        )


def _unexpected(
    matrix: Matrix, expectation: Expectation, source: Endpoint, target: Endpoint, wanted: PortSet
) -> Iterator[tuple[PortSet, Verdict]]:
    """The wanted ports where another verdict holds than the expected one."""
    reach = _reach(matrix, source, target)
    limited = reach.limited & wanted
    if limited and (expectation.http is not None or expectation.server_name is not None):
        for ports in _pieces(limited, reach):
            verdict = _explained(matrix, expectation, source, target, ports).verdict
            if verdict != expectation.expect:
                yield ports, verdict
        limited = PortSet({})
    passing = (reach.ports & wanted) | limited
    unknown = reach.unknown & wanted
    asked_limited = reach.limited & wanted
    denied = wanted - reach.ports - asked_limited - unknown
    answers: list[tuple[PortSet, Verdict]] = [(passing, "allowed"), (unknown, "unknown"), (denied, "denied")]
    yield from ((ports, verdict) for ports, verdict in answers if ports and verdict != expectation.expect)


def _pieces(limited: PortSet, reach: Reach) -> list[PortSet]:
    """Limited ports, divided so that the same limits hold for each piece."""
    pieces = [limited]
    for ports, _ in reach.limits:
        pieces = [part for piece in pieces for part in (piece & ports, piece - ports) if part]
    return pieces


def _reach(matrix: Matrix, source: Endpoint, target: Endpoint) -> Reach:
    if source == target and source.workload is not None and source.workload.kind == "Pod":
        nothing = PortSet({})
        return Reach(source, target, PortSet.everything(), nothing, (), nothing)
    return matrix.reach(source, target)


def _explained(
    matrix: Matrix, expectation: Expectation, source: Endpoint, target: Endpoint, ports: PortSet
) -> Explanation:
    protocol, port, _ = next(ports.parts())
    flow = Flow(
        source,
        target,
        port,
        protocol,
        http=expectation.http.as_request() if expectation.http is not None else None,
        server_name=expectation.server_name,
    )
    return matrix.evaluation.explain(flow)
