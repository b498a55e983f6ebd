"""``doctor status``: nodes with interfaces, prefixes and agents, and what is free in subnets of pods."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cdk_eks_cilium.cli.answer import GOOD, STOPPED, Answer, Block, Heading, Table, Target
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.doctor.engine.plan import NOTHING
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.doctor.readers.unreachable import UnreachableError
from cdk_eks_cilium.doctor.reports import NOT_KNOWN

from .sources import declare_aws, declare_source, opening

if TYPE_CHECKING:
    from cdk_eks_cilium.doctor.overview import NodeLine, Overview

_NODES: Final = (
    "node",
    "zone",
    "type",
    "image",
    "agent",
    "state",
    "interfaces",
    "prefixes",
    "allocated",
    "used",
    "pods",
    "max pods",
)
_SUBNETS: Final = (
    "subnet",
    "zone",
    "range",
    "/28 blocks",
    "prefixes",
    "spoilt",
    "explicit",
    "free",
    "free %",
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    declare_source(parser)
    declare_aws(parser)
    form = parser.add_mutually_exclusive_group()
    add_json(form)
    form.add_argument("--svg", type=Path, metavar="FILE", help="draw nodes and subnets instead of the tables")


def run(options: argparse.Namespace) -> Answer:
    """Show the nodes of a cluster, or of a dump, with their interfaces, prefixes, addresses, pods and agents.

    With AWS it also counts the free /28 blocks of each subnet of pods. It has no opinion: `doctor` judges.
    The exit status is 3 if the cluster cannot be reached, and 4 if something could not be read.
    """
    from cdk_eks_cilium.doctor.overview import READS, overview

    subject, opened = opening(options, NOTHING, READS)
    try:
        source = opened()
        found = overview(Seen(source.reader))
    except UnreachableError as error:
        return Answer(code=STOPPED, notes=[f"{subject}: {error}"])
    notes = [*found.notes, *source.notes()]
    code = GOOD if found.complete else NOT_KNOWN
    if options.svg:
        from cdk_eks_cilium.cli.pictures.nodes import draw

        drawn = [draw(found, source.subject)]
        return Answer(None, drawn, code, [f"wrote {options.svg}", *notes], Target("--svg", options.svg))
    return Answer(as_data(found), _shown(found), code, notes)


def as_data(found: Overview) -> dict[str, Any]:
    """The overview as plain data."""
    return {
        "nodes": [asdict(each) for each in found.nodes],
        "subnets": [
            {**asdict(each), "free": each.free, "free_percent": each.free_percent} for each in found.subnets
        ],
        "notes": list(found.notes),
        "complete": found.complete,
    }


def _shown(found: Overview) -> Iterator[Block]:
    yield Heading(_summary(found), bad=not all(each.is_well for each in found.nodes))
    if found.nodes:
        yield Table(_NODES, [_cells(each) for each in found.nodes], numbers=6, wrap=False)
    if found.subnets:
        yield Heading("Subnets of pods")
        rows = [
            (
                each.id,
                each.zone,
                each.range,
                f"{each.blocks:,}",
                f"{each.prefixes:,}",
                f"{each.spoilt:,}",
                f"{each.explicit:,}" if found.reservations else "-",
                f"{each.free:,}",
                str(each.free_percent),
            )
            for each in found.subnets
        ]
        yield Table(_SUBNETS, rows, numbers=6, wrap=False)


def _summary(found: Overview) -> str:
    bad = sum(not each.is_well for each in found.nodes)
    pods = sum(each.pods or 0 for each in found.nodes)
    agents = Counter(each.agent for each in found.nodes if each.agent)
    versions = ", ".join(f"{count:,} with Cilium {version}" for version, count in agents.most_common())
    parts = [f"{len(found.nodes):,} nodes", versions, f"{pods:,} pods", f"{bad:,} not well" if bad else ""]
    return ", ".join(part for part in parts if part)


def _cells(node: NodeLine) -> tuple[str, ...]:
    state = node.state if node.ready is not False else f"{node.state or 'agent unknown'}, node not ready"
    numbers = (node.interfaces, node.prefixes, node.allocated, node.used, node.pods, node.max_pods)
    return (
        node.name,
        node.zone,
        node.instance_type,
        node.image,
        node.agent or "-",
        state or "-",
        *("-" if each is None else str(each) for each in numbers),
    )
