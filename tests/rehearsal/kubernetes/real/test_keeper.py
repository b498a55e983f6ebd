"""A program never outlives whoever started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lambda_.kubernetes_api.stand_ins import ROOT, script
from tests.lambda_.kubernetes_api.test_program import lives

_STARTER = """
import sys
from collections.abc import Callable
from pathlib import Path
from rehearsal.kubernetes.real.program import Program

folder = Path(sys.argv[1])
program = Program([str(folder / "etcd")], folder / "etcd.log", (folder / "ready").exists)
program.start(timeout=60)
print("started", flush=True)
sys.stdin.read()
"""


def starter(folder: Path) -> subprocess.Popen[str]:
    """A process that has started a program, and waits."""
    script(
        folder,
        "etcd",
        "import os, signal, time",
        "from pathlib import Path",
        f"here = Path({str(folder)!r})",
        "signal.signal(signal.SIGTERM, lambda *_: ((here / 'asked').touch(), os._exit(0)))",
        "child = os.fork()",
        "if child == 0: signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
        "(here / 'pids').write_text(f'{os.getpid()} {child}'); (here / 'ready').touch()",
        "time.sleep(600)",
    )
    process = subprocess.Popen(
        [sys.executable, "-c", _STARTER, str(folder)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name
)
def test_a_program_ends_with_its_starter_however_that_ends(tmp_path: Path, number: signal.Signals) -> None:
    process = starter(tmp_path)
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert all(map(lives, pids))
    process.send_signal(number)
    process.communicate()
    _wait_for(lambda: not any(map(lives, pids)))
    assert (tmp_path / "asked").exists()


def test_a_killed_keeper_takes_the_program_with_it(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells a process that its parent ended")
    process = starter(tmp_path)
    program = int((tmp_path / "pids").read_text().split()[0])
    keeper = int(Path(f"/proc/{program}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(keeper, signal.SIGKILL)
    _wait_for(lambda: not lives(program))
    os.killpg(keeper, signal.SIGKILL)
    process.kill()
    process.communicate()


def _wait_for(done: Callable[[], bool]) -> None:
    for _ in range(6000):
        if done():
            return
        time.sleep(0.01)
    raise AssertionError("it does not end")
