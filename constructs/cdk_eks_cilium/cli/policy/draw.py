"""``policy draw``: a picture of who may talk to whom."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from cdk_eks_cilium.cli.answer import Answer, Target, extra
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.policy_analysis.graph import Graph, graph

from . import files, sides


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--svg", type=Path, metavar="FILE", help="where to write the picture (default: to standard output)"
    )
    add_json(form, "print boxes and arrows as JSON, in place of a picture")
    parser.add_argument("--name", default="", help="the subject of the picture, for its title")
    sides.add_scope(parser, "only workloads of this namespace, and their peers")
    files.add_files(parser)


def run(options: argparse.Namespace) -> Answer:
    """Draw the workloads in the files, and who may talk to whom by the policies, as SVG.

    Pods that only policies mention are drawn, too.
    """
    given = files.read(options)
    files.need_policies(options, given)
    found = graph(
        given.policies,
        given.inventory,
        version=given.version,
        enforcement=given.enforcement,
        namespaces=options.namespace,
        also=sides.also(options, given.inventory),
    )
    wrote = [f"wrote {options.svg}"] if options.svg else []
    return Answer(
        found.as_json(),
        _picture(found, options.name),
        notes=[*given.notes, *wrote, *(f"not drawn: {text}" for text in found.unknown)],
        target=options.svg and Target("--svg", options.svg),
    )


def _picture(found: Graph, name: str) -> Iterator[str]:
    # networkx places the boxes, and boxes and arrows as JSON need no places.
    with extra("pictures need networkx", "use --json"):
        from .picture import draw
    yield draw(found, name=name)
