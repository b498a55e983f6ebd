from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cdk_eks_cilium.cli.answer import Answer, Heading, Table, Target
from cdk_eks_cilium.cli.output import give, write
from cdk_eks_cilium.problems import InputError


def test_a_file_is_written_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write("--svg", tmp_path / "a.svg", "one\n")
    write("--svg", tmp_path / "a.svg", "two\n")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("a.svg", b"two\n")]


def test_a_link_stays_and_its_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "link.svg").symlink_to(tmp_path / "real.svg")
    write("--svg", tmp_path / "link.svg", "text")
    assert (tmp_path / "link.svg").is_symlink()
    assert (tmp_path / "real.svg").read_text() == "text"


def test_a_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write("--svg", pipe, "text")
    reader.join()
    assert read == ["text"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must be a file that can be written: is a directory"):
        write("--svg", tmp_path, "text")


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r": no such file or directory, got '.*a\.svg'; name another"):
        write("--svg", tmp_path / "nowhere" / "a.svg", "text")


def test_standard_output_is_a_file_that_may_be_named(tmp_path: Path) -> None:
    code = "from cdk_eks_cilium.cli.output import *; write('--svg', Path('/dev/stdout'), 'text')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("text", "")


ANSWER = Answer(
    {"a": 1},
    [
        "text",
        Heading("A [part]"),
        Table(("name", "count"), [("one [b]", "1"), ("x" * 200, "1,000")], numbers=1),
    ],
    notes=["a note"],
)


def test_an_answer_is_printed_in_lines_that_no_pipe_folds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    give(ANSWER, as_json=False)
    out, err = capsys.readouterr()
    assert [line.rstrip() for line in out.splitlines()] == [
        "text",
        "",
        "A [part]",
        f"{'name':200}  count",
        f"{'one [b]':200}      1",
        f"{'x' * 200}  1,000",
    ]
    assert err == "a note\n"


def test_data_is_printed_without_what_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    give(ANSWER, as_json=True)
    assert capsys.readouterr() == ('{\n  "a": 1\n}\n', "a note\n")


def test_what_goes_to_a_file_is_not_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    give(Answer(shown=["picture\n"], target=Target("--svg", tmp_path / "a.svg")), as_json=False)
    assert capsys.readouterr() == ("", "")
    assert (tmp_path / "a.svg").read_text() == "picture\n"
