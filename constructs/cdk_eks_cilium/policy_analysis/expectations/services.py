"""Holds expectations about Services against what policies mean, way by way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Flow
from cdk_eks_cilium.policy_analysis.services import ServiceCase, ServiceProxy, explain_service
from cdk_eks_cilium.problems import InputError, Problem

from .matching import ServiceTarget
from .model import Expectation


@dataclass
class ServiceAnswers:
    """What policies say of connections to Services.

    Attributes:
        cases: The connections with a pod on one side, each with its source, its target and one of its ways.
        problems: The targets that nobody can come to.
    """

    cases: list[tuple[Endpoint, ServiceTarget, ServiceCase]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def ask_services(
    evaluation: Evaluation,
    expectation: Expectation,
    sources: Sequence[Endpoint],
    targets: Sequence[ServiceTarget],
    proxy: ServiceProxy,
) -> ServiceAnswers:
    """Explain every connection from a source to a Service. Of many ways none is of a pod to itself."""
    found = ServiceAnswers()
    for target in targets:
        for source in sources:
            try:
                cases = _explained(evaluation, expectation, source, target, proxy)
            except InputError as error:
                found.problems += [one for one in error.problems if one not in found.problems]
                continue
            single = len(sources) == 1 == len(cases)
            for case in cases:
                judged = any(each.verdicts for each in case.explanations)
                if judged and (single or source != case.explanation.flow.destination):
                    found.cases.append((source, target, case))
    return found


def _explained(
    evaluation: Evaluation,
    expectation: Expectation,
    source: Endpoint,
    target: ServiceTarget,
    proxy: ServiceProxy,
) -> Sequence[ServiceCase]:
    request = expectation.http.as_request() if expectation.http is not None else None

    def flow(begins: Endpoint, ends: Endpoint, port: int) -> Flow:
        name = expectation.server_name
        return Flow(begins, ends, port, target.port.protocol, http=request, server_name=name)

    return explain_service(
        evaluation,
        source,
        target.service,
        target.port,
        flow,
        way=target.way,
        proxy=proxy,
        where=target.where,
    ).cases
