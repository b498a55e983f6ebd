"""``policy draw``: a picture of who may talk to whom."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from cdk_eks_cilium.cli.answer import Answer, Target, UsageError, extra
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.policy_analysis.difference import PolicyDifference, grouped
from cdk_eks_cilium.policy_analysis.evaluation import Evaluation
from cdk_eks_cilium.policy_analysis.graph import Graph, by_namespace, graph, mentioned_peers

from . import files, sides
from .comparing import state_of
from .page import document, page_facts

_BY_NAMESPACE: Final = (
    "drawn by namespace: the workloads do not fit on a page; --by workload draws them all, --namespace those "
    "of one namespace, --html a page to search"
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--svg", type=Path, metavar="FILE", help="where to write the picture (default: to standard output)"
    )
    form.add_argument(
        "--html",
        type=Path,
        metavar="FILE",
        help="where to write a page instead, to search workloads, arrows and the rules behind them; it is "
        "one file and loads nothing",
    )
    add_json(form, "print boxes and arrows as JSON, in place of a picture")
    parser.add_argument(
        "--before",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="for --html: a file or folder with the policies as they were, which the page compares; pods and "
        "namespaces come from FILE, unless it has its own",
    )
    parser.add_argument(
        "--by",
        choices=["workload", "namespace"],
        help="draw a box for each kind of workload, or one for each namespace (default: workloads; in a "
        "picture namespaces where workloads do not fit on a page)",
    )
    parser.add_argument("--name", default="", help="the subject of the picture, for its title")
    sides.add_scope(parser, "only workloads of this namespace, and their peers")
    files.add_files(parser)


def run(options: argparse.Namespace) -> Answer:
    """Draw the workloads in the files, and who may talk to whom by the policies, as SVG or as a page.

    Pods that only policies mention are drawn, too. What depends on something that no file describes is drawn
    as not known.
    """
    if options.by == "namespace" and options.html:
        raise UsageError("--by namespace is for pictures and JSON; a page shows workloads")
    if options.before and options.html is None:
        raise UsageError("--before is for --html; policy diff --svg draws what changes")
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
    option, file = ("--html", options.html) if options.html else ("--svg", options.svg)
    notes = [f"wrote {file}"] if file else []
    if options.by == "namespace":
        found = by_namespace(found)
    elif options.by is None and not options.html and not options.json:
        whole, found = found, _on_a_page(found)
        if found is not whole:
            notes.append(_BY_NAMESPACE)
    drawn = _page(found, given, options) if options.html else _picture(found, options.name)
    notes += [f"not known: what depends on {text}" for text in found.missing]
    notes += [f"not drawn: {text}" for text in found.unknown]
    return given.told(Answer(found.as_json(), drawn, notes=notes, target=file and Target(option, file)))


def _page(found: Graph, given: files.Given, options: argparse.Namespace) -> Iterator[str]:
    evaluation = Evaluation(
        given.policies,
        mentioned_peers(given.policies, given.inventory, version=given.version),
        version=given.version,
        enforcement=given.enforcement,
    )
    title = f"Who may talk to whom in {options.name}" if options.name else "Who may talk to whom"
    if not options.before:
        yield document(page_facts(found, evaluation, title=title))
        return
    before = files.read_set(options.before, options, lenient=True)
    if not before.inventory.workloads:
        before = replace(before, inventory=given.inventory)
    difference = PolicyDifference(state_of(before), state_of(given))
    changes = grouped(difference)
    yield document(
        page_facts(found, evaluation, title=title, changes=changes, not_compared=difference.not_compared)
    )


def _on_a_page(found: Graph) -> Graph:
    # networkx places the boxes, and boxes and arrows as JSON need no places.
    with extra("pictures need networkx", "use --json"):
        from .picture import on_a_page
    return on_a_page(found)


def _picture(found: Graph, name: str) -> Iterator[str]:
    # networkx places the boxes, and boxes and arrows as JSON need no places.
    with extra("pictures need networkx", "use --json"):
        from .picture import draw
    yield draw(found, name=name)
