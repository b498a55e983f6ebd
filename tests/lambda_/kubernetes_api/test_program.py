"""Programs that run beside the tests: what comes of good ones, bad ones and stubborn ones."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from rehearsal.kubernetes.real.program import Program, StartError
from tests.lambda_.kubernetes_api.stand_ins import ROOT, script


def program(folder: Path, *lines: str) -> Program:
    """A program that is ready when it has written the file `ready`."""
    path = script(folder, "etcd", "from pathlib import Path", f"here = Path({str(folder)!r})", *lines)
    return Program([str(path)], folder / "etcd.log", (folder / "ready").exists)


def lives(pid: int) -> bool:
    """Whether a process runs; one that ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_start_returns_when_the_program_is_ready(tmp_path: Path) -> None:
    made = program(tmp_path, "import time", "time.sleep(0.1)", "(here / 'ready').touch()", "time.sleep(60)")
    made.start(timeout=120)
    assert (tmp_path / "ready").exists()
    made.stop()


def test_an_early_end_is_reported_with_the_last_lines_of_the_output(tmp_path: Path) -> None:
    made = program(tmp_path, "for n in range(100): print('line', n)", "raise SystemExit('unknown flag')")
    with pytest.raises(StartError) as caught:
        made.start(timeout=120)
    first, *rest = str(caught.value).splitlines()
    assert (
        first == f"etcd ended with status 1 before it was ready; its output in {tmp_path}/etcd.log ends with"
    )
    assert rest == [*[f"line {n}" for n in range(71, 100)], "unknown flag"]


def test_a_program_that_does_not_get_ready_is_ended_and_reported(tmp_path: Path) -> None:
    path = script(tmp_path, "etcd", "import os, time", "print(os.getpid(), flush=True)", "time.sleep(60)")
    log = tmp_path / "etcd.log"

    def never() -> bool:
        while not log.read_text().endswith("\n"):
            time.sleep(0.01)
        return False

    with pytest.raises(StartError, match=r"etcd was not ready after 0.1 s; its output in .*\n\d+$"):
        Program([str(path)], log, never).start(timeout=0.1)
    assert not lives(int(log.read_text()))


def test_a_missing_program_is_reported(tmp_path: Path) -> None:
    made = Program([str(tmp_path / "etcd")], tmp_path / "etcd.log", lambda: True)
    with pytest.raises(StartError, match=r"etcd: must be a program that runs here, got .*No such file"):
        made.start(timeout=120)


def test_a_program_for_another_machine_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "etcd"
    path.write_bytes(b"\x7fELF of another kind")
    path.chmod(0o755)
    with pytest.raises(StartError, match=r"must be a program that runs here, got .*Exec format error"):
        Program([str(path)], tmp_path / "etcd.log", lambda: True).start(timeout=120)


def test_stop_lets_the_program_end_by_itself(tmp_path: Path) -> None:
    made = program(
        tmp_path,
        "import signal, sys, time",
        "signal.signal(signal.SIGTERM, lambda *_: ((here / 'tidy').touch(), sys.exit()))",
        "(here / 'ready').touch()",
        "time.sleep(60)",
    )
    made.start(timeout=120)
    made.stop()
    assert (tmp_path / "tidy").exists()


def test_stop_kills_a_program_that_does_not_end_and_all_that_it_started(tmp_path: Path) -> None:
    made = program(
        tmp_path,
        "import os, signal, time",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "child = os.fork()",
        "if child: (here / 'pids').write_text(f'{os.getpid()} {child}'); (here / 'ready').touch()",
        "time.sleep(60)",
    )
    made.start(timeout=120)
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert all(map(lives, pids))
    made.stop(timeout=0.2)
    for _ in range(6000):
        if not any(map(lives, pids)):
            break
        time.sleep(0.01)
    assert not any(map(lives, pids))


def test_a_program_ends_with_whoever_started_it(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        "program",
        "import os, time",
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()) + '.')",
        "time.sleep(60)",
    )
    starter = script(
        tmp_path,
        "starter",
        "import sys, time",
        f"sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'constructs')!r}]",
        "from pathlib import Path",
        "from rehearsal.kubernetes.real.program import Program",
        f"here = Path({str(tmp_path)!r})",
        f"Program([{str(path)!r}], here / 'log', (here / 'pid').exists).start(timeout=120)",
        "print('started', flush=True)",
        "time.sleep(60)",
    )
    with subprocess.Popen([starter], stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == b"started\n"
        while not (pid := (tmp_path / "pid").read_text()).endswith("."):
            continue
        assert lives(int(pid[:-1]))
        started.kill()
    while lives(int(pid[:-1])):
        time.sleep(0.01)


def test_a_program_that_ended_by_itself_can_be_stopped(tmp_path: Path) -> None:
    made = program(tmp_path, "(here / 'ready').touch()")
    made.start(timeout=120)
    made.stop()
    made.stop()
    assert made.tail() == "(no output)"
