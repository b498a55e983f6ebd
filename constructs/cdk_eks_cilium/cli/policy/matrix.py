"""``policy matrix``: who may reach whom, all at once."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from cdk_eks_cilium.cli.answer import Answer, Block, Heading, Table
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.policy_analysis.evaluation import Direction, Endpoint, Evaluation, Matrix, Reach
from cdk_eks_cilium.policy_analysis.services import ServiceReach, reach_services
from cdk_eks_cilium.policy_analysis.workloads import Workload
from cdk_eks_cilium.problems import InputError, Problem

from . import files, sides


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    sides.add_scope(
        parser, "only workloads of this namespace", more=", or a Service in the files, svc/NAMESPACE/NAME"
    )
    add_json(parser)
    files.add_files(parser)


def run(options: argparse.Namespace) -> Answer:
    """Say for every pair of workloads in the files what one may reach of the other."""
    given = files.read(options)
    evaluation = files.evaluation_of(options, given)
    endpoints = _scope(options, given)
    found = list(Matrix(evaluation, endpoints))
    through = list(_through_services(options, evaluation, endpoints))
    data = [*(reach.as_json() for reach in found), *(reach.as_json() for reach in through)]
    return given.told(Answer(data, _shown(evaluation, endpoints, found, through)))


def _scope(options: argparse.Namespace, given: files.Given) -> list[Endpoint]:
    inventory = given.inventory
    chosen: Sequence[Workload] = [
        workload
        for workload in inventory.workloads
        if not options.namespace or workload.namespace in options.namespace
    ]
    if not chosen:
        known = ", ".join(sorted({workload.namespace for workload in inventory.workloads}))
        fix = f"workloads are in {known}" if known else "also name files with pods, or with what makes pods"
        wrong = [each.problem for each in given.left_out if each.problem]
        rule = f"must contain workloads{files.beside(given.left_out)}"
        raise InputError([*wrong, Problem("files", rule, fix=fix, id="CEK7017")])
    further = sides.also(options, inventory)
    return [*(Endpoint.pod(workload) for workload in chosen), *further]


def _through_services(
    options: argparse.Namespace, evaluation: Evaluation, endpoints: Sequence[Endpoint]
) -> Iterator[ServiceReach]:
    """What the workloads may reach of the Services that ``--also`` names."""
    services = sides.also_services(options, evaluation.inventory)
    if not services:
        return iter(())
    everyone = dict.fromkeys((*endpoints, *map(Endpoint.pod, evaluation.inventory.workloads)))
    return reach_services(Matrix(evaluation, list(everyone)), endpoints, services)


def _shown(
    evaluation: Evaluation,
    endpoints: Sequence[Endpoint],
    found: Sequence[Reach],
    through: Sequence[ServiceReach],
) -> Iterator[Block]:
    yield Heading("Who may reach whom; pairs that are not listed may not")
    yield Table(("From", "To", "Ports", "Denied", "Not known"), _rows(found))
    missing = dict.fromkeys(each for reach in found for each in reach.missing)
    if missing:
        yield f"not known without: {', '.join(missing)}"
    if through:
        yield Heading("Through Services, by their ports")
        yield Table(
            ("From", "Service", "Ports"), ((str(one.source), str(one.service), str(one)) for one in through)
        )
    yield from _open(evaluation, endpoints)


def _rows(found: Sequence[Reach]) -> Iterator[Sequence[str]]:
    previous = None
    for reach in found:
        source = "" if reach.source == previous else str(reach.source)
        denied, unknown = (str(ports) if ports else "" for ports in (reach.denied, reach.unknown))
        yield source, str(reach.destination), str(reach), denied, unknown
        previous = reach.source


def _open(evaluation: Evaluation, endpoints: Sequence[Endpoint]) -> Iterator[str]:
    """The workloads that policies leave open, in words."""
    directions: tuple[Direction, ...] = ("ingress", "egress")
    for endpoint in endpoints:
        workload = endpoint.workload
        if workload is None:
            continue
        if workload.host_network:
            yield f"{endpoint} is on its node's network, where policies for pods do not hold"
            continue
        names = [each for each in directions if not evaluation.may_be_isolated(workload, each)]
        denied = any(evaluation.denies_some(workload, each) for each in names)
        but = ", but for what rules deny" if denied else ""
        if names:
            yield f"{endpoint} is open for {' and '.join(names)}{but}: no policy isolates it"
