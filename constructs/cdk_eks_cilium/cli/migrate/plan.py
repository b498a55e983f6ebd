"""``migrate plan``: the commands that move pods from old nodes to new ones."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from cdk_eks_cilium.cli.answer import FINDINGS, GOOD, Answer, Block, Heading, section
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.migration.plan import MovePlan, as_json, count, move_plan
from cdk_eks_cilium.policy.documents import read_files

_FILES = "what 'kubectl get nodes,pods,poddisruptionbudgets --all-namespaces -o yaml' prints"


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=_FILES)
    parser.add_argument("--cluster-name", required=True, metavar="NAME", help="EKS's name of the cluster")
    add_json(parser)


def run(options: argparse.Namespace) -> Answer:
    """Print the commands that move pods from old nodes to new ones, in their order, with the way back.

    Old nodes lack the label io.cilium.migration/cilium-default. Ends with 1 if something stops a drain, or no
    node has Cilium yet.
    """
    plan = move_plan(read_files(options.files), options.cluster_name)
    bad = any(group.stops for group in plan.groups) or (plan.groups and not plan.new_nodes)
    return Answer(as_json(plan), _shown(plan), FINDINGS if bad else GOOD)


def _shown(plan: MovePlan) -> Iterator[Block]:
    if not plan.groups:
        yield "no old nodes are left: deploy the phase 'finish'"
        return
    if not plan.new_nodes:
        yield Heading("no node has Cilium yet: deploy the phase 'move' first", bad=True)
    pods, nodes = count(sum(group.pods for group in plan.groups), "pod"), count(plan.new_nodes, "new node")
    yield Heading(f"{pods} to move, {nodes} there")
    found = [each for group in plan.groups for each in group.hindrances]
    yield from section("First, or a drain stops", dict.fromkeys(str(each) for each in found if each.stops))
    yield from section("Mind", dict.fromkeys(str(each) for each in found if not each.stops))
    for number, step in enumerate(plan.steps, start=1):
        yield Heading(f"{number}. {step.title}")
        yield from (f"  {command}" for command in step.commands)
        yield from section("way back", step.way_back)
    yield Heading(f"{len(plan.steps) + 1}. deploy the phase 'finish'")
