"""A synth that ends before its end: one line, no traceback, nothing left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def synth(settings: Path, temporary: Path) -> subprocess.Popen[str]:
    """Starts app.py in a process group of its own, as a shell does."""
    return subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={
            **os.environ,
            "TMPDIR": str(temporary),
            "CDK_OUTDIR": str(temporary.parent / "out"),
            "CDK_CONTEXT_JSON": json.dumps({"settings": str(settings)}),
        },
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("whole_group", [True, False])
def test_a_signal_ends_a_synth_in_one_line_and_leaves_nothing(
    sent: signal.Signals, status: int, whole_group: bool, tmp_path: Path, temporary: Path
) -> None:
    settings = tmp_path / "settings.yaml"
    os.mkfifo(settings)
    with synth(settings, temporary) as process:
        with open(settings, "w"):  # returns when the app reads: Node.js runs by then
            (os.killpg if whole_group else os.kill)(process.pid, sent)
            _, told = process.communicate(timeout=60)

    assert (process.returncode, told) == (status, "interrupted\n")
    assert list(temporary.iterdir()) == []


def test_a_synth_leaves_nothing_in_the_temporary_folder(tmp_path: Path, temporary: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("name: prod\nrgion: x\n")
    with synth(settings, temporary) as process:
        _, told = process.communicate(timeout=120)

    assert process.returncode == 1
    assert "rgion: is not a setting" in told
    assert list(temporary.iterdir()) == []
