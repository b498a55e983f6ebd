"""``doctor collect``: a dump of a cluster, for somebody who has no access to it."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cdk_eks_cilium.cli.answer import GOOD, STOPPED, Answer, UsageError
from cdk_eks_cilium.cli.output import reason
from cdk_eks_cilium.doctor.checks import all_checks
from cdk_eks_cilium.doctor.engine.plan import NOTHING
from cdk_eks_cilium.doctor.engine.readings import Reading
from cdk_eks_cilium.doctor.overview import READS
from cdk_eks_cilium.doctor.readers.unreachable import UnreachableError
from cdk_eks_cilium.doctor.reports import NOT_KNOWN
from cdk_eks_cilium.problems import CallError, Problem

from .progress import Progress
from .sources import Opened, declare_aws, declare_source, opening


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "target", type=Path, nargs="?", metavar="DIR", help="the folder to write, a new or an empty one"
    )
    declare_source(parser)
    declare_aws(parser)
    parser.add_argument(
        "--redact",
        action="store_true",
        help="replace names of namespaces and of what is in them, and ids of accounts",
    )
    parser.add_argument(
        "--commands",
        action="store_true",
        help="print a script of kubectl and aws commands that writes the same, and end",
    )


def run(options: argparse.Namespace) -> Answer:
    """Write everything that the doctor reads into a folder, for `doctor --from` elsewhere, without Secrets.

    With `--from` it copies a dump, such as to redact it. The exit status is 3 if the cluster cannot be
    reached, and 4 if something could not be read; the dump then says what and why.
    """
    readings = list(dict.fromkeys([*(each for check in all_checks() for each in check.reads), *READS]))
    if options.commands:
        from cdk_eks_cilium.doctor.readers.dumps.script import script

        return Answer(None, ["\n".join(script(readings)) + "\n"])
    target = _new_folder(options.target)
    subject, opened = opening(options, NOTHING, readings)
    try:
        return _collected(options, target, readings, opened())
    except UnreachableError as error:
        return Answer(code=STOPPED, notes=[f"{subject}: {error}"])
    except OSError as error:
        rule = f"must be a folder that can be written: {reason(error)}"
        raise CallError([Problem("DIR", rule, str(target), "name another", id="CEK7024")]) from None


def _new_folder(target: Path | None) -> Path:
    if target is None:
        raise UsageError("name the folder to write, or ask for --commands")
    if target.is_dir() and not any(target.iterdir()):
        return target
    if target.exists():
        rule = "must be a new folder, or an empty one"
        raise CallError([Problem("DIR", rule, str(target), "name another", id="CEK7025")])
    return target


def _collected(
    options: argparse.Namespace, target: Path, readings: Sequence[Reading], source: Opened
) -> Answer:
    from cdk_eks_cilium.doctor.readers.dumps.redaction import Redaction
    from cdk_eks_cilium.doctor.readers.dumps.writing import write_dump

    redaction = Redaction(secrets.token_hex(16)) if options.redact else None
    with Progress(all_checks()) as progress:
        taken = source.taken or datetime.now(UTC)
        written = write_dump(target, source.reader, readings, taken, redaction, progress.heard)
    missing = [_words(str(reading), entry.lacks) for reading, entry in written if entry.lacks]
    files = sum(1 for each in target.iterdir() if each.is_file())
    size = sum(each.stat().st_size for each in target.iterdir())
    shown = f"wrote {files} files, {size / 1024 / 1024:.1f} MiB, into {target}\n"
    return Answer(None, [shown], NOT_KNOWN if missing else GOOD, list(_notes(options, missing, source)))


def _words(reading: str, lacks: str) -> str:
    return lacks if reading in lacks else f"{reading}: {lacks}"


def _notes(options: argparse.Namespace, missing: Sequence[str], source: Opened) -> Iterator[str]:
    yield from missing
    yield from source.notes()
    if options.redact:
        yield "names and accounts are replaced; addresses, names of nodes, labels and texts are as they were"
    else:
        yield "it has names and addresses of everything: look through it before you pass it on, or --redact"
