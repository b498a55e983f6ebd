"""``policy matrix``: who may reach whom, all at once."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from cdk_eks_cilium.cli.answer import Answer, Block, Heading, Table
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.policy_analysis.evaluation import Direction, Endpoint, Evaluation, Matrix, Reach
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload
from cdk_eks_cilium.problems import InputError, Problem

from . import files, sides


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    sides.add_scope(parser, "only workloads of this namespace")
    add_json(parser)
    files.add_files(parser)


def run(options: argparse.Namespace) -> Answer:
    """Say for every pair of workloads in the files what one may reach of the other."""
    given = files.read(options)
    evaluation = files.evaluation_of(options, given)
    endpoints = _scope(options, given.inventory)
    found = list(Matrix(evaluation, endpoints))
    return Answer(
        [reach.as_json() for reach in found], _shown(evaluation, endpoints, found), notes=list(given.notes)
    )


def _scope(options: argparse.Namespace, inventory: Inventory) -> list[Endpoint]:
    chosen: Sequence[Workload] = [
        workload
        for workload in inventory.workloads
        if not options.namespace or workload.namespace in options.namespace
    ]
    if not chosen:
        known = ", ".join(sorted({workload.namespace for workload in inventory.workloads}))
        fix = f"workloads are in {known}" if known else "also name files with pods, or with what makes pods"
        raise InputError([Problem("files", "must contain workloads", fix=fix, id="CEK7017")])
    further = sides.also(options, inventory)
    return [*(Endpoint.pod(workload) for workload in chosen), *further]


def _shown(evaluation: Evaluation, endpoints: Sequence[Endpoint], found: Sequence[Reach]) -> Iterator[Block]:
    yield Heading("Who may reach whom; pairs that are not listed may not")
    yield Table(("From", "To", "Ports", "Denied"), _rows(found))
    yield from _open(evaluation, endpoints)


def _rows(found: Sequence[Reach]) -> Iterator[Sequence[str]]:
    previous = None
    for reach in found:
        source = "" if reach.source == previous else str(reach.source)
        yield source, str(reach.destination), str(reach), str(reach.denied) if reach.denied else ""
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
        names = [each for each in directions if not evaluation.is_isolated(workload, each)]
        if names:
            yield f"{endpoint} is open for {' and '.join(names)}: no policy isolates it"
