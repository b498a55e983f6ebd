"""``policy draw``: a picture of who may talk to whom."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from cdk_eks_cilium.cli.output import write
from cdk_eks_cilium.policy_analysis.graph import graph

from . import files, sides
from .picture import draw


def add_to(commands: Any) -> None:
    """Add the command to a parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "draw",
        help="draw who may talk to whom",
        description="Draw the workloads in the files, and who may talk to whom by the policies, as SVG. "
        "Pods that only policies speak of are drawn, too.",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--svg", type=Path, metavar="FILE", help="where to write the picture (default: to standard output)"
    )
    form.add_argument(
        "--json", action="store_true", help="print boxes and arrows as JSON, in place of a picture"
    )
    parser.add_argument("--name", default="", help="what the picture is of, for its title")
    parser.add_argument(
        "--namespace",
        action="append",
        default=[],
        metavar="NAME",
        help="only workloads of this namespace, and whom they have to do with",
    )
    sides.add_also(parser)
    files.add_files(parser, "YAML with policies, pods or what makes them, namespaces, Services; or a folder")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Serve the command.

    Raises:
        InputError: If the files or a side cannot be used.
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
    if options.json:
        print(json.dumps(found.as_json(), indent=2))
        return 0
    picture = draw(found, name=options.name)
    if options.svg:
        write("--svg", options.svg, picture)
        print(f"wrote {options.svg}", file=sys.stderr)
    else:
        print(picture, end="")
    for text in found.unknown:
        print(f"not drawn: {text}", file=sys.stderr)
    return 0
