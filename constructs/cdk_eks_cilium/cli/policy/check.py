"""``policy check``: mistakes in policies, rules without effect, and rules that are too open."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from cdk_eks_cilium.cli.answer import FINDINGS, GOOD, Answer
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.cli.output import write
from cdk_eks_cilium.policy_analysis.evaluation.compiled import policy_name
from cdk_eks_cilium.policy_analysis.lint import LINTS, SEVERITIES, LintReport, Severity, Suppressed, review
from cdk_eks_cilium.policy_analysis.reading import unrendered
from cdk_eks_cilium.problems import Problem, refuse

from . import files
from .found_places import FoundPlace, placed, sarif

_GENERATED: Final = "the library makes this policy of the tenants in the settings"


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--pod-cidr", action="append", default=[], metavar="RANGE", help="a range of addresses that pods get"
    )
    parser.add_argument(
        "--complete",
        action="store_true",
        help="the files hold every policy of the cluster, as folders and settings are taken to do, and every "
        "pod, Service and namespace; otherwise what another one could make void is a note",
    )
    parser.add_argument(
        "--fail-on",
        choices=SEVERITIES,
        default="warning",
        help="the mildest findings to end with 1 for (default: %(default)s); what cannot be read always does",
    )
    parser.add_argument(
        "--sarif", type=Path, metavar="FILE", help="also write the findings as SARIF to this file"
    )
    add_json(parser)
    files.add_files(parser)


def run(options: argparse.Namespace) -> Answer:
    """Check the policies in the files together.

    Pods and Services in the files show whether selectors choose something. Each finding has the file and the
    line that it is about. Ends with 1 for errors and warnings, unless --fail-on says otherwise.
    """
    # A policy that the release refuses is a finding, too.
    given = files.read(options, lenient=True)
    files.need_policies(options, given)
    makers = [] if options.complete else unrendered(given.left_out)
    report = _without_generated(
        review(
            given.policies,
            given.inventory,
            given.version,
            given.enforcement,
            pod_ranges=_ranges(options),
            options=given.agent_options,
            complete=_is_complete(options),
            tiers=given.tiers,
            unrendered=makers,
        ),
        {policy_name(policy) for policy in given.generated},
    )
    settings = str(options.settings) if options.settings else None
    found = [placed(each, given.documents, settings) for each in report.findings]
    kept = [
        {**placed(each.finding, given.documents, settings).as_json(), "because": each.because}
        for each in report.suppressed
    ]
    wrong = len({each.where for each in given.left_out if each.problem})
    return given.told(
        Answer(
            {"findings": [each.as_json() for each in found], "suppressed": kept},
            map(str, found),
            FINDINGS if _fails(report, options.fail_on) else GOOD,
            [
                *_written(options, found, given),
                *_unrendered(makers),
                _summary(report, len(given.policies), wrong),
            ],
        )
    )


def _fails(report: LintReport, mildest: Severity) -> bool:
    """Whether there is a finding that bad, or worse."""
    return any(report.counts[each] for each in SEVERITIES[: SEVERITIES.index(mildest) + 1])


def _written(options: argparse.Namespace, found: Sequence[FoundPlace], given: files.Given) -> Iterator[str]:
    """Write the report for other programs, and say so."""
    if options.sarif is not None:
        subject = files.named([*options.files, *([options.settings] if options.settings else [])])
        write("--sarif", options.sarif, sarif(found, given.left_out, subject, datetime.now(UTC)))
        yield f"wrote {options.sarif}"


def _unrendered(makers: Sequence[str]) -> Iterator[str]:
    """What the input lacks, and what that does to findings."""
    if makers:
        ids = ", ".join(each.id for each in LINTS if each.by_objects)
        yield (
            f"findings about unknown pods, Services and namespaces ({ids}) are notes: something that nobody "
            f"rendered ({', '.join(makers)}) may make them; with --complete they are warnings"
        )


def _ranges(options: argparse.Namespace) -> list[str]:
    """The ranges of ``--pod-cidr``.

    Raises:
        InputError: For every one that is invalid.
    """
    found, problems = [], []
    for text in options.pod_cidr:
        try:
            found.append(str(ip_network(text, strict=False)))
        except ValueError:
            rule = "must be an IP range such as '100.64.0.0/16'"
            problems.append(Problem("--pod-cidr", rule, text, "correct the address or length", id="CEK7027"))
    refuse(problems)
    return found


def _is_complete(options: argparse.Namespace) -> bool:
    """Whether the files may hold every policy of the cluster: a single file seldom does."""
    return options.complete or options.settings is not None or any(path.is_dir() for path in options.files)


def _without_generated(report: LintReport, names: set[str]) -> LintReport:
    """The report with findings in generated policies kept apart: nobody could correct or annotate these."""
    findings = [each for each in report.findings if each.where.policy not in names]
    kept = [Suppressed(each, _GENERATED) for each in report.findings if each.where.policy in names]
    return replace(report, findings=tuple(findings), suppressed=(*report.suppressed, *kept))


def _summary(report: LintReport, count: int, wrong: int) -> str:
    policies = f"{count} polic{'y' if count == 1 else 'ies'}"
    counts = [
        f"{number} {severity}{'' if number == 1 else 's'}"
        for severity, number in report.counts.items()
        if number
    ]
    kept = f", {len(report.suppressed)} suppressed with a reason" if report.suppressed else ""
    if wrong:
        counts.insert(0, f"{wrong} wrong document{'' if wrong == 1 else 's'} left out")
    return f"{policies}: {', '.join(counts) or 'nothing found'}{kept}"
