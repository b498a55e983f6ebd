"""``plan``: the addresses of node groups in the pod subnets, the ways out of pods, quotas, and protection."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from cdk_eks_cilium import settings as environment
from cdk_eks_cilium.addressing import Proposal, propose
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import AddressPlan, Settings

from .answer import FINDINGS, GOOD, Answer, Target
from .frame import add_json
from .plan_report import as_data, kept_as_data, kept_tables, tables
from .settings_option import add_settings, read_settings


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_settings(parser)
    form = parser.add_mutually_exclusive_group()
    add_json(form)
    form.add_argument(
        "--svg", type=Path, metavar="FILE", help="draw the address space to scale instead of the tables"
    )


def run(options: argparse.Namespace) -> Answer:
    """Show the address plan of the settings. The exit status is 1 if the nodes do not fit.

    The plan has the pods of a node, the prefixes of each pod subnet at minimum and maximum size, the ways
    out, and the AWS quotas. It ends with what keeps the cluster, and what blocks a destroy. It counts the
    worst case, and does not call AWS.
    """
    settings = read_settings(options, must_fit=False)
    found = environment.address_plan(settings)
    code = GOOD if found.capacity.fits else FINDINGS
    problems = list(map(str, found.capacity.problems))
    if options.svg:
        notes = [f"wrote {options.svg}", *problems]
        return Answer(None, _picture(settings, found), code, notes, Target("--svg", options.svg))
    smallest = _smallest(settings, found)
    # The tables begin with the problems.
    notes = problems if options.json else []
    data = {**as_data(found, smallest), **kept_as_data(settings)}
    return Answer(data, [*tables(found, smallest), *kept_tables(settings)], code, notes)


def _picture(settings: Settings, found: AddressPlan) -> Iterator[str]:
    from .pictures.addresses import draw

    blocks = () if settings.network.pod_subnets else tuple(settings.network.pod_cidrs)
    yield draw(found.capacity, blocks=blocks, name=settings.name)


def _smallest(settings: Settings, found: AddressPlan) -> Proposal | None:
    """The smallest sufficient ranges; None if they do not exist, or the settings cut subnets differently."""
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
