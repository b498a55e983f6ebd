"""``plan``: what node groups take of the pod subnets, which way pods leave, and which quota binds."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from cdk_eks_cilium import settings as environment
from cdk_eks_cilium.addressing import Proposal, propose
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import AddressPlan, Settings

from .output import write
from .plan_picture import draw
from .plan_report import as_json, print_plan
from .settings_option import add_settings, read_settings


def add_to(commands: Any) -> None:
    """Add the command to a parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "plan",
        help="show what the nodes take of the pod subnets, and whether it fits",
        description="Show the address plan of the settings: pods of a node, prefixes of each pod subnet at "
        "minimum and maximum size, the way out, and the AWS quotas on the way. Everything is counted at "
        "worst. Ends with 1 if the nodes do not fit. AWS is not asked.",
    )
    add_settings(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument(
        "--svg", type=Path, metavar="FILE", help="draw the address space to scale, in place of the tables"
    )
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Serve the command.

    Raises:
        InputError: If the settings cannot be used for another reason than a lack of room.
    """
    settings = read_settings(options, must_fit=False)
    found = environment.address_plan(settings)
    if options.svg:
        write("--svg", options.svg, draw(found.capacity, blocks=_blocks(settings), name=settings.name))
        print(f"wrote {options.svg}", file=sys.stderr)
    elif options.json:
        print(json.dumps(as_json(found, smallest=_smallest(settings, found)), indent=2))
    else:
        try:
            print_plan(found, smallest=_smallest(settings, found))
        except ImportError:
            options.parser.error("tables need rich: pip install 'cdk-eks-cilium[cli]', or use --json")
    if options.svg or options.json:
        for problem in found.capacity.problems:
            print(problem, file=sys.stderr)
    return 0 if found.capacity.fits else 1


def _blocks(settings: Settings) -> tuple[str, ...]:
    return () if settings.network.pod_subnets else tuple(settings.network.pod_cidrs)


def _smallest(settings: Settings, found: AddressPlan) -> Proposal | None:
    """The smallest ranges that would do, None if no number of them does or subnets are cut in another way."""
    network = settings.network
    if network.pod_subnets or network.reserve_prefixes:
        return None
    elsewhere = network.on_premises.cidrs if network.on_premises else []
    capacity = found.capacity
    try:
        return propose(
            [each.group for each in capacity.groups],
            network.availability_zones,
            addressing=capacity.addressing,
            taken=(network.vpc_cidr, *network.associated_cidrs, *network.peer_cidrs, *elsewhere),
        )
    except InputError:
        return None
