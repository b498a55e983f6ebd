"""``policy matrix``: who may reach whom, all at once."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import Any

from cdk_eks_cilium.policy_analysis.evaluation import Direction, Endpoint, Evaluation, Matrix
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload
from cdk_eks_cilium.problems import InputError, Problem

from . import files, sides


def add_to(commands: Any) -> None:
    """Add the command to a parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "matrix",
        help="say who may reach whom",
        description="Say for every pair of workloads in the files what one may reach of the other.",
    )
    add_scope(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    files.add_files(parser, "YAML with policies, pods or what makes them, namespaces, Services; or a folder")
    parser.set_defaults(run=run, parser=parser)


def add_scope(parser: argparse.ArgumentParser) -> None:
    """Add the options that say who is looked at."""
    parser.add_argument(
        "--namespace", action="append", default=[], metavar="NAME", help="only workloads of this namespace"
    )
    sides.add_also(parser)


def scope(options: argparse.Namespace, inventory: Inventory) -> list[Endpoint]:
    """The sides that a call looks at.

    Raises:
        InputError: If there are none, or one of them is none.
    """
    chosen: Sequence[Workload] = [
        workload
        for workload in inventory.workloads
        if not options.namespace or workload.namespace in options.namespace
    ]
    if not chosen:
        known = ", ".join(sorted({workload.namespace for workload in inventory.workloads}))
        fix = f"workloads are in {known}" if known else "name files with pods, or with what makes them, too"
        raise InputError([Problem("files", "must have workloads in them", fix=fix)])
    further = sides.also(options, inventory)
    return [*(Endpoint.pod(workload) for workload in chosen), *further]


def run(options: argparse.Namespace) -> int:
    """Serve the command.

    Raises:
        InputError: If the files or a side cannot be used.
    """
    given = files.read(options)
    evaluation = files.evaluation_of(options, given)
    found = Matrix(evaluation, scope(options, given.inventory))
    if options.json:
        print(json.dumps([reach.as_json() for reach in found], indent=2))
    else:
        try:
            _print(evaluation, found)
        except ImportError:
            options.parser.error("tables need rich: pip install 'cdk-eks-cilium[cli]', or use --json")
    return 0


def _print(evaluation: Evaluation, found: Matrix) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Who may reach whom; pairs that are not listed may not", title_justify="left")
    for heading in ("From", "To", "Ports", "Denied"):
        table.add_column(heading, overflow="fold")
    previous = None
    for reach in found:
        source = "" if reach.source == previous else str(reach.source)
        table.add_row(source, str(reach.destination), str(reach), str(reach.denied) if reach.denied else "")
        previous = reach.source
    console = Console()
    console.print(table)
    for text in _open(evaluation, found):
        console.print(text)


def _open(evaluation: Evaluation, found: Matrix) -> Iterator[str]:
    """The workloads that are as open as without any policy, in words."""
    directions: tuple[Direction, ...] = ("ingress", "egress")
    for endpoint in found.endpoints:
        workload = endpoint.workload
        if workload is None:
            continue
        if workload.host_network:
            yield f"{endpoint} is on its node's network, where policies for pods do not hold"
            continue
        names = [each for each in directions if not evaluation.is_isolated(workload, each)]
        if names:
            yield f"{endpoint} is open for {' and '.join(names)}: no policy isolates it"
