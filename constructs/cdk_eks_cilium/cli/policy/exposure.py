"""``policy exposure``: what others may reach in a workload or a tenant, and what it may reach."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

from cdk_eks_cilium.cli.answer import Answer, Block, Heading, UsageError
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.policy_analysis.difference import PolicyState, spoken
from cdk_eks_cilium.policy_analysis.exposure import Exposure, ExposureLine
from cdk_eks_cilium.policy_analysis.workloads import Inventory
from cdk_eks_cilium.problems import CallError, InputError, Problem

from . import files, sides

_TITLES = {"ingress": "May be reached by", "egress": "May reach"}


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "workload", nargs="?", metavar="WORKLOAD", help="NAMESPACE/NAME; left out with --namespace"
    )
    parser.add_argument(
        "--namespace", action="append", default=[], metavar="NAME", help="all workloads of this namespace"
    )
    add_json(parser)
    files.add_files(parser)


def run(options: argparse.Namespace) -> Answer:
    """Say what others may reach in a workload or a tenant, and what it may reach, with the rules for it.

    Others are the world, names and ranges, nodes, and the pods of other tenants, also pods that only
    policies mention.
    """
    if options.namespace and options.workload is not None:
        options.files = [Path(options.workload), *options.files]
    elif not options.namespace and options.workload is None:
        raise UsageError("name a workload, or --namespace")
    given = files.read(options)
    files.need_policies(options, given)
    state = PolicyState(given.policies, given.inventory, given.version, given.enforcement)
    found = Exposure(state, _chosen(options, given.inventory))
    notes = [f"not compared: {each}" for each in found.not_known]
    return given.told(Answer(found.as_json(), _shown(found), notes=notes))


def _chosen(options: argparse.Namespace, known: Inventory) -> list[str]:
    """The names of the workloads that a call is about."""
    if not options.namespace:
        return [_workload(options.workload, known)]
    there = sorted({one.namespace for one in known.workloads})
    fix = f"workloads are in {', '.join(there)}" if there else "also name files with pods"
    problems = [
        Problem("--namespace", "must be a namespace with workloads", name, fix, id="CEK7109")
        for name in options.namespace
        if name not in there
    ]
    if problems:
        raise CallError(problems)
    return [str(one) for one in known.workloads if one.namespace in options.namespace]


def _workload(text: str, known: Inventory) -> str:
    try:
        side = sides.source(text, known, "WORKLOAD")
    except InputError as error:
        raise CallError(error.problems) from None
    if side.workload is None:
        fix = "name one, as NAMESPACE/NAME"
        raise CallError([Problem("WORKLOAD", "must be a workload", text, fix, id="CEK7110")])
    return str(side.workload)


def _shown(found: Exposure) -> Iterator[Block]:
    names = [one.text for one in found.workloads]
    yield Heading(f"{', '.join(names[:8])}{f' and {len(names) - 8} more' if len(names) > 8 else ''}")
    if found.open:
        words = {"ingress": "open to everyone", "egress": "free to reach everyone"}
        yield Heading("Refuses nothing", bad=True)
        yield from (f"{one.workload} is {words[one.direction]}: {one.why}" for one in found.open)
    for direction, title in _TITLES.items():
        lines = [one for one in found.lines if one.direction == direction]
        opened = sum(one.direction == direction for one in found.open)
        if lines or opened < len(found.workloads):
            yield Heading(title)
            yield from _lines(lines) if lines else iter(("nobody outside its tenant",))


def _lines(lines: Iterable[ExposureLine]) -> Iterator[str]:
    """The lines below their tenants; what several tenants have alike stands once for all of them."""
    alike: dict[tuple[object, ...], list[ExposureLine]] = {}
    for line in lines:
        bare = tuple(_bare(one.text, line.group) for one in line.others)
        shared = bare if all(bare) else line.group
        alike.setdefault((shared, line.workloads, line.ports, line.standing), []).append(line)
    heading = ""
    for some in alike.values():
        tenants = ", ".join(spoken(one.group) for one in some)
        if tenants != heading:
            heading = tenants
            yield f"{heading}:"
        yield from _line(some[0], several=len(some) > 1)


def _bare(text: str, tenant: str) -> str:
    """The name of an end without its tenant; empty if the name is that of something else."""
    name = text.removesuffix(f" of {spoken(tenant)}").removesuffix(f" of {tenant}")
    return name if name != text else ""


def _line(line: ExposureLine, *, several: bool) -> Iterator[str]:
    texts = [one.text for one in line.others]
    names = ", ".join([f"{_bare(each, line.group)} of each" for each in texts] if several else texts)
    arrow = f"{names} -> {', '.join(line.workloads)}"
    if line.direction == "egress":
        arrow = f"{', '.join(line.workloads)} -> {names}"
    told = "" if str(line.standing) == "allowed" else f" {line.standing}"
    if names == "host" and line.direction == "ingress" and not line.standing.rules:
        told = " (its own node, as the kubelet's probes must)"
    yield f"  {arrow}: {line.ports}{told}"
    yield from (f"      by {place}" for place in line.standing.rules)
