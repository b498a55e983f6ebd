"""Readings of all checks, a few at a time; what nobody asked for is skipped."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from cdk_eks_cilium.doctor.engine.examine import examine, look
from cdk_eks_cilium.doctor.engine.finding import Fine, Outcome
from cdk_eks_cilium.doctor.engine.reader import Read, UnreadError
from cdk_eks_cilium.doctor.engine.readings import Objects, Reading
from cdk_eks_cilium.doctor.engine.seen import Seen

READINGS = tuple(Objects(f"Kind{number}", f"kinds{number}") for number in range(12))


def check(*reads: Reading) -> Check:
    def judge(seen: Seen) -> Iterator[Outcome]:
        """Counts."""
        yield Fine(str(sum(len(seen.list(reading)) for reading in reads)))

    judge.__module__ = "checks.nodes.counts"
    return Check("counts", "all can be counted", reads, "nothing", judge)


class Source:
    """Gives one object for each reading, and tells how many asked at once."""

    def __init__(self, answer: Read | Exception | None = None, seconds: float = 0.0) -> None:
        self.answer, self.seconds = answer, seconds
        self.asking = self.most = 0
        self._lock = threading.Lock()

    def read(self, reading: Reading) -> Read | None:
        with self._lock:
            self.asking += 1
            self.most = max(self.most, self.asking)
        time.sleep(self.seconds)
        with self._lock:
            self.asking -= 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_each_reading_is_read_once_and_four_at_a_time() -> None:
    heard: list[Reading] = []
    source = Source(Read(({},)), seconds=0.02)
    counts = check(*READINGS)
    seen = look([counts, counts], source, heard=heard.append)
    (result,) = examine([counts], seen).results
    assert (result.verdict, result.detail) == (Verdict.OK, "12")
    assert sorted(map(str, heard)) == sorted(map(str, READINGS))
    assert source.most == 4


def test_what_no_source_has_is_skipped_and_not_unknown() -> None:
    counts = check(READINGS[0])
    diagnosis = examine([counts], look([counts], Source(None)))
    (result,) = diagnosis.results
    assert (result.verdict, result.detail) == (
        Verdict.SKIPPED,
        "kinds0 is not among what is read here",
    )
    assert not diagnosis.has_unknown


def test_what_cannot_be_read_is_unknown() -> None:
    counts = check(READINGS[0])
    (result,) = examine([counts], look([counts], Source(UnreadError("broken")))).results
    assert (result.verdict, result.unknown) == (Verdict.UNKNOWN, ("broken",))


def test_a_fault_of_a_reader_costs_only_its_reading() -> None:
    counts = check(READINGS[0])
    (result,) = examine([counts], look([counts], Source(KeyError("items")))).results
    assert result.unknown == ("the reader itself failed: KeyError: 'items'",)


def test_without_checks_nothing_is_read() -> None:
    source = Source(Read())
    look([], source)
    assert source.most == 0
