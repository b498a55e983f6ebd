"""``policy suggest``: the least policies that allow what Hubble recorded."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.cli.answer import FINDINGS, GOOD, INTERRUPTED, Answer
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.policy import dump
from cdk_eks_cilium.policy_analysis.suggestion import Proof, Suggestion, suggest
from cdk_eks_cilium.policy_analysis.suggestion.draft import python_of
from cdk_eks_cilium.policy_analysis.suggestion.needs import conversations_of

from . import files, flow_files

_SHOWN: Final = 20


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    flow_files.add_flows(parser)
    parser.add_argument(
        "--namespace",
        action="append",
        default=[],
        metavar="NAME",
        help="only policies for workloads of this namespace",
    )
    parser.add_argument("--dropped", action="store_true", help="allow also what policies refused")
    parser.add_argument(
        "--default-deny",
        action="store_true",
        help="shut each namespace that gets a policy, for pods that no flow shows",
    )
    parser.add_argument(
        "--keep-open",
        action="store_true",
        help="leave a direction open in which a workload was not seen (default: it is shut)",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--python", action="store_true", help="print Python with the library's builders")
    add_json(form)
    files.add_files(parser)


def run(options: argparse.Namespace) -> Answer:
    """Suggest the least policies that allow what was recorded, and prove it by a replay of the same flows.

    Policies in the files exist: only what they refuse is suggested. Comments say where a policy
    is wider than what was seen. Ends with 1 if the proof fails for a flow.
    """
    given = files.read_set(options.files, options)
    found = flow_files.recording(options)
    seen = conversations_of(found, dropped=options.dropped)
    flow_files.need_flows(found)
    suggestion = suggest(
        seen,
        given.policies,
        given.inventory,
        version=given.version,
        enforcement=given.enforcement,
        namespaces=options.namespace,
        default_deny=options.default_deny,
        keep_open=options.keep_open,
    )
    notes = [*flow_files.notes(found), *suggestion.notes, *_proof(suggestion.proof)]
    code = FINDINGS if suggestion.proof.failing else GOOD
    answer = Answer(
        {**suggestion.as_json(), "notes": notes},
        _python(suggestion) if options.python else _yaml(suggestion),
        INTERRUPTED if found.interrupted else code,
        notes,
    )
    return given.told(answer)


def _python(suggestion: Suggestion) -> Iterator[str]:
    yield python_of(suggestion.policies)


def _yaml(suggestion: Suggestion) -> Iterator[str]:
    for number, draft in enumerate(suggestion.policies):
        comments = "".join(f"{each}\n" for each in draft.comments)
        between = "---\n" if number else ""
        yield f"{between}{comments}{dump([draft.made()])}"


def _proof(proof: Proof) -> Iterator[str]:
    yield f"proof: conversations that pass: {proof.passing:,}, that do not: {len(proof.failing):,}"
    yield from _first(proof.failing)
    yield f"proof: pairs probed at every port: {proof.probes:,}, open though not seen: {len(proof.open):,}"
    yield from _first(proof.open)
    if proof.left_out:
        yield f"  workloads that were not probed: {proof.left_out:,}"


def _first(lines: tuple[str, ...]) -> Iterator[str]:
    yield from (f"  {each}" for each in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield f"  and {len(lines) - _SHOWN:,} more: --json has all"
