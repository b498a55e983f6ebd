"""``doctor connectivity``: runs Cilium's own connectivity test with the options that a cluster needs."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cdk_eks_cilium.cli.answer import FINDINGS, GOOD, STOPPED, Answer, Block, Heading, Table, UsageError
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.cli.output import reason, tell
from cdk_eks_cilium.doctor.engine.plan import NOTHING
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

from .sources import declare_cluster, opening

if TYPE_CHECKING:
    from cdk_eks_cilium.doctor.connectivity import Outcome, Topology

_LAST_LINES: Final = 200
"""Of the CLI's output, to look for why it could not begin."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    declare_cluster(parser)
    parser.add_argument("--cli", metavar="FILE", help="the Cilium CLI (default: cilium on PATH)")
    parser.add_argument(
        "--test",
        action="append",
        default=[],
        metavar="REGEX",
        help="only these tests, or with a ! before it all but these",
    )
    parser.add_argument(
        "--internet",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether pods reach the internet; without it, tests that need it are left out (default: yes)",
    )
    parser.add_argument("--junit-file", type=Path, metavar="FILE", help="keep the results as JUnit")
    parser.add_argument("--dry-run", action="store_true", help="print the call, and end")
    add_json(parser)
    parser.add_argument("more", nargs="*", metavar="-- OPTION", help="further options for the Cilium CLI")


def run(options: argparse.Namespace) -> Answer:
    """Run Cilium's own connectivity test with the options that the cluster needs, and sum up its results.

    It makes namespaces and pods in the cluster, and takes some ten minutes. The exit status is 1 if a test
    fails, and 3 if the tests could not begin.
    """
    from cdk_eks_cilium.doctor.connectivity import READS, arguments, topology

    options.folder, options.aws = None, False
    subject, opened = opening(options, NOTHING, READS)
    try:
        found = topology(Seen(opened().reader))
    except UnreadError as error:
        return Answer(code=STOPPED, notes=[f"{subject}: {error}"])
    program = options.cli or shutil.which("cilium") or ""
    with tempfile.TemporaryDirectory(prefix="connectivity-") as folder:
        junit = str(options.junit_file or "results.xml") if options.dry_run else f"{folder}/results.xml"
        words = arguments(
            found,
            junit,
            context=options.context or "",
            internet=options.internet,
            tests=options.test,
            more=options.more,
        )
        call = shlex.join([program or "cilium", *words])
        if options.dry_run:
            return Answer({"command": [program or "cilium", *words]}, [call], GOOD, list(_warnings(found)))
        if not program:
            return _without_cli(found, arguments(found, "results.xml", context=options.context or ""))
        return _tested(options, found, [program, *words], Path(folder))


def _tested(options: argparse.Namespace, found: Topology, call: Sequence[str], folder: Path) -> Answer:
    from cdk_eks_cilium.doctor.connectivity import explanation_of_output, outcome_of

    for each in (*_warnings(found), *_cli_warnings(call[0], found), f"runs {shlex.join(call)}"):
        tell(each)
    last = _run(call, options)
    outcome = outcome_of(folder)
    if options.junit_file is not None and outcome is not None:
        for file in sorted(folder.glob("*.xml"))[:1]:
            shutil.copyfile(file, options.junit_file)
    if outcome is None:
        why = explanation_of_output("\n".join(last)) or "the output above says why"
        return Answer(code=STOPPED, notes=[f"the tests could not begin: {why}"])
    code = FINDINGS if outcome.of("failed") else GOOD
    note = "the tests leave their pods: kubectl delete namespace cilium-test-1"
    return Answer(as_data(outcome), _shown(outcome), code, [note])


def _run(call: Sequence[str], options: argparse.Namespace) -> list[str]:
    """Run the CLI, with its output on standard error; the last lines of it."""
    environment = dict(os.environ)
    if options.kubeconfig is not None:
        environment["KUBECONFIG"] = str(options.kubeconfig)
    last: deque[str] = deque(maxlen=_LAST_LINES)
    try:
        child = subprocess.Popen(
            call,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise UsageError(f"the Cilium CLI {call[0]} cannot be run: {reason(error)}") from None
    with child:
        assert child.stdout is not None
        try:
            for line in child.stdout:
                last.append(line.rstrip("\n"))
                print(line, end="", file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            # The terminal told the CLI, too, which stops its tests; wait for it.
            child.wait()
            raise
    return list(last)


def _warnings(found: Topology) -> Iterator[str]:
    for namespace, level in found.restricted:
        yield (
            f"namespace {namespace} enforces {level!r}, and tests use the host's network: "
            f"kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=privileged --overwrite"
        )
    if found.nodes == 0:
        yield "no node takes pods without tolerations, so the pods of the tests find no place"


def _cli_warnings(program: str, found: Topology) -> Iterator[str]:
    from cdk_eks_cilium.doctor.connectivity import release_for

    wanted = release_for(found.cilium)
    version = _version(program)
    if found.cilium and version and version.split(".")[:2] != wanted.name.split(".")[:2]:
        yield f"the Cilium CLI is {version}; for Cilium {found.cilium} take {wanted.name}"


def _version(program: str) -> str:
    """The release of the CLI, which the first line of ``cilium version --client`` names; empty for none."""
    try:
        done = subprocess.run(
            [program, "version", "--client"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    words = done.stdout.split()
    return next((word for word in words if word.startswith(("v0.", "v1."))), "")


def _without_cli(found: Topology, words: Sequence[str]) -> Answer:
    from cdk_eks_cilium.doctor.connectivity import download, release_for

    release = release_for(found.cilium)
    of = f" for Cilium {found.cilium}" if found.cilium else ""
    lines = [
        f"The Cilium CLI is not on PATH. Get {release.name}{of}:",
        *(f"  {each}" for each in download(release)),
        "Then run:",
        f"  {shlex.join(['./cilium', *words])}",
    ]
    return Answer({"download": download(release), "command": ["./cilium", *words]}, lines, STOPPED)


def as_data(outcome: Outcome) -> dict[str, Any]:
    """The outcome as plain data."""
    from cdk_eks_cilium.doctor.connectivity import explanation

    return {
        **{status: len(outcome.of(status)) for status in ("passed", "failed", "skipped")},
        "tests": [
            {**asdict(each), "explanation": explanation(each) if each.status == "failed" else ""}
            for each in outcome.tests
        ],
    }


def _shown(outcome: Outcome) -> Iterator[Block]:
    from cdk_eks_cilium.doctor.connectivity import explanation

    failed = outcome.of("failed")
    numbers = ", ".join(f"{len(outcome.of(status))} {status}" for status in ("passed", "failed", "skipped"))
    yield Heading(f"Connectivity: {numbers}", bad=bool(failed))
    yield Table(
        ("test", "outcome", "failed actions", "seconds"),
        [(each.name, each.status, str(len(each.failed)), f"{each.seconds:.0f}") for each in outcome.tests],
        numbers=2,
    )
    for each in failed:
        yield Heading(each.name, bad=True)
        for action in each.failed[:3]:
            yield f"  {action}"
        if len(each.failed) > 3:
            yield f"  and {len(each.failed) - 3} more"
        yield f"  {explanation(each) or 'nothing is known of it; follow the flow in Hubble'}"
