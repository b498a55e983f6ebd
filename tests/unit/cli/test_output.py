from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from cdk_eks_cilium.cli.output import write
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
    reader.join(10)
    assert read == ["text"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must be a file that can be written, and is a directory"):
        write("--svg", tmp_path, "text")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"and no such file or directory, got '.*a\.svg'; name another"):
        write("--svg", tmp_path / "nowhere" / "a.svg", "text")
