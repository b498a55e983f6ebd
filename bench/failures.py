"""Let each resource type of an environment fail in turn, on create, update and delete, and report the ends.

Each run is a rehearsal of its own: the deployment, an update that changes much, and the destroy.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from bench.environment import read, synthesize
from bench.machine import ROOT
from bench.report import titled
from rehearsal.aws.runtime import Options
from rehearsal.rehearse import rehearse
from rehearsal.report.outcome import RehearsalReport

OPERATIONS: Final = ("create", "update", "delete")
_STACK: Final = "AWS::CloudFormation::Stack"
_BEGAN: Final = {
    "create": "CREATE_IN_PROGRESS",
    "update": "UPDATE_IN_PROGRESS",
    "delete": "DELETE_IN_PROGRESS",
}


@dataclass(frozen=True)
class Failure:
    """How a rehearsal ended in which a type failed once.

    Attributes:
        type: The resource type.
        operation: What failed: one of `OPERATIONS`.
        states: The last two states of the stack that failed: after the failure, and in the end.
        faults: What is wrong in the end. Nothing if CloudFormation recovers and nothing is orphaned.
    """

    type: str
    operation: str
    states: tuple[str, ...]
    faults: tuple[str, ...]


# `never-install` cannot change: it would replace the cluster.
_OTHER_WAY: Final = {"remove": "patch", "patch": "remove", "never-install": "never-install"}


def changed(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings that change most resources: tags, a value of the chart, and what keeps aws-node off."""
    cilium = settings.get("cilium", {})
    return {
        **settings,
        "tags": {**settings.get("tags", {}), "rehearsed": "again"},
        "aws_node": _OTHER_WAY[settings.get("aws_node", "remove")],
        "cilium": {**cilium, "overrides": {**cilium.get("overrides", {}), "debug": {"enabled": True}}},
    }


def types(report: RehearsalReport) -> dict[str, set[str]]:
    """The types that a good rehearsal creates, updates and deletes, by operation."""
    return {
        operation: {event.type for event in report.events if event.status == status} - {_STACK}
        for operation, status in _BEGAN.items()
    }


def fail(before: Path, after: Path, type_name: str, operation: str) -> Failure:
    """Rehearses with one failure, and says how it ended."""
    options = Options(fail=type_name, fail_on=operation)
    report = rehearse(before, update=after if operation == "update" else None, options=options)
    stack = next((where.partition("/")[0] for where in report.failures), "")
    states = [event.status for event in report.events if (event.stack, event.type) == (stack, _STACK)]
    purposely = [where for where, reason in report.failures.items() if "on purpose" in reason]
    faults = [each for each in report.problems if each.partition(": ")[0] not in purposely]
    if not purposely:
        faults.append("it did not fail")
    failed = [state for state in states if "ROLLBACK" in state or state == "DELETE_FAILED"]
    return Failure(type_name, operation, (*failed[-1:], *states[-1:]), tuple(faults))


def fail_all(
    before: Path, after: Path, on_run: Callable[[str], None], only: str | None = None, workers: int = 1
) -> Iterator[Failure]:
    """Yield the end of a rehearsal for each type that fails on an operation, if the plain rehearsal has both.

    Args:
        before: The assembly that is created and destroyed.
        after: The assembly that it is updated to.
        on_run: Called with what runs now, or is waited for.
        only: The one type to let fail; every type by default.
        workers: How many rehearsals run at the same time, each in a process of its own.

    Raises:
        RuntimeError: The rehearsal without a failure does not succeed.
    """
    on_run("without a failure")
    plain = rehearse(before, update=after)
    if not plain.succeeded:
        raise RuntimeError(f"the rehearsal without a failure: {'; '.join(plain.problems)}")
    runs = [
        (name, operation)
        for operation, names in types(plain).items()
        for name in sorted(names)
        if only in (None, name)
    ]
    with ExitStack() as stack:
        each: Callable[..., Iterator[Failure]] = map
        if workers > 1:
            # Not forked: the process has threads by now.
            pool = ProcessPoolExecutor(workers, get_context("spawn"), _be_quiet)
            each = stack.enter_context(pool).map
        ends = each(partial(_fail, before, after), runs)
        for name, operation in runs:
            on_run(f"{operation} {name}")
            yield next(ends)


def _fail(before: Path, after: Path, run: tuple[str, str]) -> Failure:
    return fail(before, after, *run)


def _be_quiet() -> None:
    """moto's server logs every request at INFO."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)


def report(failures: list[Failure], console: Console, environment: str) -> None:
    """Print a table of the ends, a row for each type, and every fault below it."""
    table = titled(f"{environment}: how a stack ends when the first resource of a type fails", *OPERATIONS)
    by_type: dict[str, dict[str, Failure]] = {}
    for each in failures:
        by_type.setdefault(each.type, {})[each.operation] = each
    for name, ends in sorted(by_type.items()):
        table.add_row(name, *(_end(ends.get(operation)) for operation in OPERATIONS))
    console.print(table)
    for each in failures:
        for fault in each.faults:
            console.print(
                f"{each.operation} {each.type}: {fault}", highlight=False, markup=False, soft_wrap=True
            )
    wrong = sum(bool(each.faults) for each in failures)
    console.print(f"{len(failures)} failures, {wrong} of them end badly")


def _end(failure: Failure | None) -> str:
    if failure is None:
        return "-"
    return ("WRONG " if failure.faults else "") + ", ".join(dict.fromkeys(failure.states))


def main(arguments: list[str] | None = None) -> int:
    """Let everything fail and report; 1 if a failure ends badly."""
    parser = argparse.ArgumentParser(prog="python -m bench.failures", description=__doc__)
    parser.add_argument("settings", nargs="*", type=Path, default=[ROOT / "settings.yaml"])
    parser.add_argument("--only", metavar="TYPE", help="let this resource type fail, and no other")
    parser.add_argument("--workers", type=int, default=3, help="rehearsals at the same time (%(default)s)")
    given = parser.parse_args(arguments)
    _be_quiet()
    # A pipe has no width, in which a table would be folded.
    console = Console() if sys.stdout.isatty() else Console(width=160)
    bad = False
    for path in given.settings:
        settings = read(path)
        with (
            tempfile.TemporaryDirectory(prefix="failures-") as name,
            Console(stderr=True).status("") as status,
        ):
            before = synthesize(settings, Path(name) / "before")
            after = synthesize(changed(settings), Path(name) / "after")
            failures = list(fail_all(before, after, status.update, given.only, given.workers))
        report(failures, console, path.stem)
        bad = bad or any(each.faults for each in failures)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
