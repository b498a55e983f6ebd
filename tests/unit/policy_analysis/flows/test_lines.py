from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdk_eks_cilium.policy_analysis.flows import LineReader, input_files
from cdk_eks_cilium.policy_analysis.flows.lines import LONGEST_LINE
from cdk_eks_cilium.problems import CallError
from tests.refusals import worded

DASH = Path("-")


@pytest.fixture
def standard_input(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The end to write to of a pipe that is standard input."""
    reading, writing = os.pipe()
    with open(reading, encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdin", stream)
        yield writing


def test_lines_of_several_files_come_in_order(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"1\n\n2\n")
    (tmp_path / "b.log").write_bytes(b"3")
    reader = LineReader(input_files(tmp_path))
    assert list(reader) == [b"1\n", b"2\n", b"3"]


def test_a_compressed_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    file = tmp_path / "flows"
    file.write_bytes(gzip.compress(b"1\n2\n"))
    assert list(LineReader([file])) == [b"1\n", b"2\n"]


def test_a_compressed_file_that_is_cut_gives_what_it_has(tmp_path: Path) -> None:
    file = tmp_path / "flows.gz"
    file.write_bytes(gzip.compress(b"1\n" * 100_000)[:-8])
    reader = LineReader([file])
    assert len(list(reader)) == 100_000
    assert reader.cut == [
        f"{file} ends after line 100000: Compressed file ended before the end-of-stream marker was reached"
    ]


def test_standard_input_may_be_compressed(standard_input: int) -> None:
    os.write(standard_input, gzip.compress(b"1\n2\n"))
    os.close(standard_input)
    assert list(LineReader([DASH])) == [b"1\n", b"2\n"]


def test_empty_standard_input_has_no_line(standard_input: int) -> None:
    os.close(standard_input)
    assert list(LineReader([DASH])) == []


def test_a_line_without_an_end_is_not_kept_in_memory(tmp_path: Path) -> None:
    file = tmp_path / "flows"
    file.write_bytes(b"x" * (2 * LONGEST_LINE + 5) + b"\n2\n")
    reader = LineReader([file])
    assert list(reader) == [b"2\n"]
    assert (reader.lines, reader.bad) == (2, 1)
    assert reader.named == [f"{file} line 1: it is longer than 1,048,576 bytes"]


def test_only_the_first_bad_lines_are_named(tmp_path: Path) -> None:
    file = tmp_path / "flows"
    file.write_bytes(b"x\n" * 9)
    reader = LineReader([file])
    for _ in reader:
        reader.refuse("it is bad")
    assert reader.bad == 9
    assert reader.named == [f"{file} line {number}: it is bad" for number in range(1, 6)]


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CallError) as refused:
        list(LineReader([tmp_path / "none"]))
    assert (
        worded(refused.value.problems[0])
        == f"{tmp_path / 'none'}: must be a readable file (no such file or directory)"
    )


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CallError) as refused:
        input_files(tmp_path)
    assert worded(refused.value.problems[0]) == (
        f"{tmp_path}: must contain recorded flows; "
        "their names end with .json, .jsonl, .jsonpb, .ndjson, .log, .gz"
    )
