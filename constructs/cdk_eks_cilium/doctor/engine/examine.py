"""Runs checks. Nothing hides the rest: a reading or a check that fails costs its own verdict alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from types import MappingProxyType
from typing import Any, Final

from .check import Check
from .diagnosis import Diagnosis, Result, Verdict
from .finding import Finding, Fine, Outcome, Severity, Skip, Unknown
from .ignoring import Ignored
from .plan import NOTHING, Plan
from .reader import NotAskedError, Read, Reader, UnreadError
from .readings import Reading
from .seen import NotPlannedError, Seen, read_one

_AT_ONCE: Final = 4
"""Readings at the same time: kind to the API, and enough for a slow one not to hold up the rest."""


def look(
    checks: Iterable[Check],
    reader: Reader,
    plan: Plan = NOTHING,
    heard: Callable[[Reading], None] = lambda _: None,
) -> Seen:
    """Read everything that the checks declare.

    Args:
        checks: The checks.
        reader: Where readings come from.
        plan: What the cluster should be.
        heard: Called after each reading, in any thread, to show progress.
    """
    wanted = list(dict.fromkeys(reading for each in checks for reading in each.reads))

    def fetch(reading: Reading) -> Read | UnreadError:
        found = read_one(reader, reading)
        heard(reading)
        return found

    return Seen(reader, plan, read=dict(zip(wanted, _at_once(fetch, wanted), strict=True)))


def _at_once(fetch: Callable[[Reading], Read | UnreadError], wanted: Sequence[Reading]) -> list[Any]:
    """What *fetch* gives for each reading, a few at a time.

    Python waits for the threads of a pool when it ends. These it leaves behind, so that Ctrl-C ends at once.
    """
    todo: SimpleQueue[int] = SimpleQueue()
    found: list[Any] = [None] * len(wanted)

    def work() -> None:
        with suppress(Empty):
            while True:
                number = todo.get_nowait()
                try:
                    found[number] = fetch(wanted[number])
                except Exception as error:  # a fault of a reader costs its own reading
                    found[number] = UnreadError(f"the reader itself failed: {type(error).__name__}: {error}")

    for number in range(len(wanted)):
        todo.put(number)
    threads = [Thread(target=work, daemon=True) for _ in range(min(_AT_ONCE, len(wanted)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def examine(
    checks: Sequence[Check],
    seen: Seen,
    ignored: Iterable[Ignored] = (),
    untold: Mapping[str, str] = MappingProxyType({}),
) -> Diagnosis:
    """Run the checks over what was read.

    Args:
        checks: The checks, in the order of the results.
        seen: What was read.
        ignored: Findings that are accepted. An entry past its day accepts nothing, with a note, and so does
            one of an unknown check.
        untold: Checks that what was read cannot answer, by id, with the reason: they are skipped.
    """
    today = seen.now.date()
    known = {each.id for each in checks}
    accepted, notes = {}, []
    for each in ignored:
        if each.id not in known:
            notes.append(f"{each.id}: not a check that ran, so nothing is ignored")
        elif not each.holds(today):
            notes.append(f"{each.id}: no longer ignored, it was until {each.until}: {each.reason}")
        else:
            accepted[each.id] = each
    results = [
        Result(each, Verdict.SKIPPED, detail=untold[each.id])
        if each.id in untold
        else _accept(_run(each, seen), accepted.get(each.id))
        for each in checks
    ]
    notes += [
        f"{result.check.id}: is ignored, and finds nothing"
        for result in results
        if result.check.id in accepted and result.verdict is Verdict.OK
    ]
    return Diagnosis(results, tuple(notes))


def _run(check: Check, seen: Seen) -> Result:
    outcomes: list[Outcome] = []
    seen.allow(check.reads)
    try:
        outcomes.extend(check.judge(seen))
    except NotAskedError as error:
        outcomes.append(Skip(str(error)))
    except UnreadError as error:
        outcomes.append(Unknown(str(error)))
    except NotPlannedError as error:
        outcomes.append(Skip(f"needs settings that say: {str(error).replace('_', ' ')}"))
    except Exception as error:
        # An object of a form that nobody thought of must not hide what the other checks find.
        outcomes.append(Unknown(f"the check itself failed: {type(error).__name__}: {error}"))
    finally:
        seen.allow(None)
    return _summed(check, outcomes)


def _summed(check: Check, outcomes: Sequence[Outcome]) -> Result:
    findings = tuple(each for each in outcomes if isinstance(each, Finding))
    unknown = tuple(each.reason for each in outcomes if isinstance(each, Unknown))
    fine = "; ".join(each.detail for each in outcomes if isinstance(each, Fine))
    skipped = "; ".join(each.reason for each in outcomes if isinstance(each, Skip))
    if findings:
        errors = any(each.severity is Severity.ERROR for each in findings)
        return Result(check, Verdict.ERROR if errors else Verdict.WARNING, findings, fine, unknown)
    if unknown:
        return Result(check, Verdict.UNKNOWN, (), fine, unknown)
    if skipped and not fine:
        return Result(check, Verdict.SKIPPED, (), skipped)
    return Result(check, Verdict.OK, (), fine)


def _accept(result: Result, accepted: Ignored | None) -> Result:
    if accepted is None or not result.verdict.is_finding:
        return result
    # What could not be judged stays to be seen: nobody accepted that.
    verdict = Verdict.UNKNOWN if result.unknown else Verdict.SKIPPED
    return Result(result.check, verdict, (), str(accepted), result.unknown)
