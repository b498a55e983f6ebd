"""The clock that stands still while this machine keeps the rehearsal from working."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.pace import STANDSTILL, TICK, Census, Look, Pace

_SECONDS = st.floats(min_value=0, max_value=1e4)


class Told(Census):
    """Looks at nothing: it was told what to see."""

    def __init__(self, *looks: Look) -> None:
        super().__init__()
        self._looks = iter(looks)

    def look(self) -> Look:
        return next(self._looks)


def counted(*looks: Look, seconds: float = TICK) -> Pace:
    """A clock after some looks, each so many seconds of the wall clock after the one before."""
    pace = Pace(Told(*looks))
    for _ in looks:
        pace.count(seconds)
    return pace


def test_a_second_counts_in_full_while_all_processes_sleep() -> None:
    assert counted(Look(), Look()).now() == pytest.approx(2 * TICK)


def test_a_second_counts_in_full_while_processes_have_the_cores_they_ask_for() -> None:
    assert counted(Look(ran=2 * TICK)).now() == pytest.approx(TICK)


def test_a_second_counts_by_half_while_processes_get_half_of_what_they_ask_for() -> None:
    pace = counted(Look(ran=TICK, waited=TICK))
    assert pace.now() == pytest.approx(TICK / 2)
    assert pace.lag() == pytest.approx(TICK / 2)


def test_processes_that_ask_for_little_do_not_slow_the_clock_much() -> None:
    assert counted(Look(ran=0.001, waited=0.001)).now() == pytest.approx(TICK, rel=0.01)


@pytest.mark.parametrize("look", [Look(stopped=True), Look(blocked=True), Look(waited=TICK)])
def test_no_second_counts_while_a_process_is_kept_from_everything(look: Look) -> None:
    pace = counted(look)
    assert (pace.now(), pace.quiet()) == (0.0, 0.0)
    assert pace.lag() == pytest.approx(TICK)


def test_what_this_process_missed_while_it_was_stopped_does_not_count() -> None:
    assert counted(Look(), seconds=3600.0).now() <= 2 * TICK


@given(_SECONDS, _SECONDS, st.booleans(), st.floats(min_value=0.001, max_value=1e4))
def test_the_clock_never_goes_back_nor_faster_than_the_wall_clock(
    ran: float, waited: float, stopped: bool, seconds: float
) -> None:
    pace = counted(Look(ran, waited, stopped), seconds=seconds)
    assert 0.0 <= pace.now() <= seconds * 1.000001
    assert pace.now() + pace.lag() == pytest.approx(seconds)
    assert 0.0 <= pace.quiet() <= seconds * 1.000001


def test_a_long_time_without_work_is_told_once() -> None:
    told: list[float] = []
    looks = [Look()] * (int(STANDSTILL / TICK) * 3)
    pace = Pace(Told(*looks), on_standstill=told.append)
    for _ in looks:
        pace.count(TICK)
    assert len(told) == 1
    assert told[0] >= STANDSTILL


@pytest.mark.parametrize("look", [Look(ran=TICK), Look(stopped=True)])
def test_work_and_a_stopped_process_are_not_a_standstill(look: Look) -> None:
    told: list[float] = []
    looks = [*[Look()] * int(STANDSTILL / TICK / 2), look] * 4
    pace = Pace(Told(*looks), on_standstill=told.append)
    for _ in looks:
        pace.count(TICK)
    assert told == []


def test_another_process_reads_the_lag_from_the_file() -> None:
    pace = counted(Look(stopped=True))
    if not pace.file:
        pytest.skip("this system has no files without a name")
    code = "import struct, sys; print(struct.unpack('<d', open(sys.argv[1], 'rb').read())[0])"
    found = subprocess.run(
        [sys.executable, "-c", code, pace.file], capture_output=True, text=True, check=True
    )
    assert float(found.stdout) == pytest.approx(pace.lag())


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that sleeps."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


def test_a_stopped_child_is_seen(child: subprocess.Popen[bytes]) -> None:
    census = Census()
    child.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
    assert census.look().stopped
    child.send_signal(signal.SIGCONT)
    os.waitid(os.P_PID, child.pid, os.WCONTINUED | os.WNOWAIT)
    assert not census.look().stopped


def test_what_threads_of_this_process_compute_is_seen() -> None:
    census = Census()
    census.look()
    until = time.thread_time() + 0.2
    while time.thread_time() < until:
        pass
    assert census.look().ran >= 0.15


def test_what_a_grandchild_computes_is_seen(tmp_path: Path) -> None:
    note = tmp_path / "note"
    burn = (
        f"import pathlib, time\nwhile time.process_time() < 0.3: pass\npathlib.Path({str(note)!r}).touch()\n"
    )
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn + 'time.sleep(600)'!r}])"
    census = Census()
    census.look()
    with subprocess.Popen([sys.executable, "-c", code], start_new_session=True) as middle:
        while not note.exists():
            time.sleep(0.01)
        ran = census.look().ran
        os.killpg(middle.pid, signal.SIGKILL)
    assert ran >= 0.25


def test_without_the_kernels_files_the_wall_clock_counts(tmp_path: Path) -> None:
    pace = Pace(Census(tmp_path))
    pace.count(TICK)
    assert pace.now() == pytest.approx(TICK)


def test_a_stopped_process_does_not_use_up_its_time(child: subprocess.Popen[bytes]) -> None:
    """It is stopped for longer than its limit, and continued as soon as the wall clock is past the limit."""
    pace = Pace()
    limit = 3 * TICK
    with pace.running():
        child.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
        before = pace.now()
        while pace.lag() < 2 * limit:
            time.sleep(0.05)
        assert pace.now() - before < limit
        child.send_signal(signal.SIGCONT)
        with pytest.raises(subprocess.TimeoutExpired):
            pace.wait(child, limit)


def test_the_clock_stands_still_while_nobody_holds_it() -> None:
    pace = Pace()
    with pace.running():
        began = pace.now()
        while pace.now() == began:
            time.sleep(0.01)
        thread = pace._thread
    assert thread is not None
    thread.join(60)
    assert not thread.is_alive()
