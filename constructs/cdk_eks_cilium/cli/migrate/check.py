"""``migrate check``: the connections that open or close while pods move from aws-node to Cilium."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cdk_eks_cilium.cli.answer import FINDINGS, GOOD, Answer, Block, Heading, Table
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.migration import PLACEMENTS, MovingPods, Placement, VerdictChange
from cdk_eks_cilium.policy.documents import read_files
from cdk_eks_cilium.policy_analysis import Endpoint, Flow, Inventory, Workload, inventory
from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.versions.cilium import CiliumVersion

_FILES = "YAML with policies of both kinds, pods or what makes pods, namespaces and Services, or a folder"


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=_FILES)
    parser.add_argument(
        "--cilium", metavar="X.Y.Z", help=f"the release of Cilium (default: {CiliumVersion.DEFAULT})"
    )
    parser.add_argument(
        "--aws-node-is-open",
        action="store_true",
        help="aws-node's own policy engine is off, so nothing is enforced before the move",
    )
    parser.add_argument(
        "--old-pods-stay-out",
        action="store_true",
        help="Cilium does not admit pods of aws-node: admit_old_pods=False",
    )
    add_json(parser)


def run(options: argparse.Namespace) -> Answer:
    """List the connections that open or close while pods move from aws-node to Cilium, and when.

    It asks for every pair of workloads in the files, on the ports of the destination's containers. Ends with
    1 if a connection closes, or is another once everything has moved.
    """
    documents = read_files(options.files)
    version = CiliumVersion.of(options.cilium, where="--cilium") if options.cilium else CiliumVersion.DEFAULT
    known = inventory(documents)
    flows = list(_flows(known))
    moving = MovingPods(
        documents,
        version=version,
        aws_enforces=not options.aws_node_is_open,
        admit_old_pods=not options.old_pods_stay_out,
    )
    found = list(moving.changes(flows))
    bad = any(change.closes or not change.passes for change in found)
    return Answer([_as_json(each) for each in found], _shown(found, len(flows)), FINDINGS if bad else GOOD)


def _flows(known: Inventory) -> Iterator[Flow]:
    pods = [each for each in known.workloads if not each.host_network]
    if not any(_ports(each) for each in pods):
        fix = "also name files with pods, or with what makes pods, whose containers name their ports"
        raise InputError([Problem("files", "must contain workloads with ports", fix=fix, id="CEK7090")])
    for source in pods:
        for destination in pods:
            for protocol, port in _ports(destination) if source != destination else ():
                yield Flow(Endpoint.pod(source), Endpoint.pod(destination), port, protocol)


def _ports(workload: Workload) -> Sequence[tuple[str, int]]:
    return sorted(set(workload.numbers))


def _as_json(change: VerdictChange) -> dict[str, Any]:
    return {
        "from": str(change.flow.source),
        "to": str(change.flow.destination),
        "port": change.flow.port,
        "protocol": change.flow.protocol,
        "before": change.before,
        "opens": [list(place) for place in change.opens],
        "closes": [list(place) for place in change.closes],
    }


def _shown(found: Sequence[VerdictChange], asked: int) -> Iterator[Block]:
    if not found:
        yield f"all {asked} connections stay as they are while pods move, and after it"
        return
    closing = any(change.closes for change in found)
    yield Heading(f"{len(found)} of {asked} connections are others while pods move, or after it", closing)
    rows = [
        (
            str(change.flow),
            "yes" if change.before else "no",
            *(_word(change, place) for place in PLACEMENTS[1:]),
        )
        for change in found
    ]
    columns = ("Connection", "Before", *(f"{source} to {target}" for source, target in PLACEMENTS[1:]))
    yield Table(columns, rows)


def _word(change: VerdictChange, place: Placement) -> str:
    if place in change.opens:
        return "opens"
    return "closes" if place in change.closes else ""
