"""Files that are broken, strange or hostile are named in notes, and never stop the rest."""

from __future__ import annotations

import json
import os
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.readings import Logs
from cdk_eks_cilium.doctor.readers.dump import DumpReader
from tests.unit.doctor.dumps import list_of, write, write_kubectl
from tests.unit.doctor.healthy import healthy

LOGS = Logs("kube-system", "io.cilium/app=operator", "cilium-operator", lines=2)


def nodes(folder: Path) -> tuple[int, str, tuple[str, ...]]:
    """The number of nodes, why others are missing, and the notes."""
    reader = DumpReader(folder)
    read = reader.read(kinds.NODES)
    assert read is not None
    return len(read.objects), read.partly, reader.notes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the list of three nodes."""
    write(tmp_path / "nodes.json", list_of(healthy().things[kinds.NODES]))
    return tmp_path


def test_a_file_that_is_cut_off_gives_what_is_before_and_says_that_the_rest_is_missing(folder: Path) -> None:
    path = folder / "nodes.json"
    path.write_text(path.read_text()[:-1500])
    count, partly, notes = nodes(folder)
    assert count == 2
    assert "not all nodes are in the dump (nodes.json: it is cut off after" in partly
    assert notes == (
        f"nodes.json: {partly.split('nodes.json: ')[1].split(');')[0]}, what is before that was read",
    )


def test_an_empty_file_and_one_of_an_unknown_kind_are_named(folder: Path) -> None:
    (folder / "pods.json").write_text("")
    (folder / "screenshot.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (folder / "notes.txt").write_text("we saw this on Monday\n")
    (folder / "values.json").write_text('{"replicas": 3, "cluster": {"name": "a", "id": 1}}')
    count, partly, notes = nodes(folder)
    assert (count, partly) == (3, "")
    assert notes == (
        "pods.json: is empty",
        "values.json: has nothing that a check reads",
        "not read, for what they hold is not known: notes.txt, screenshot.png",
    )


def test_objects_that_are_there_twice_count_once(folder: Path) -> None:
    write(folder / "again.json", list_of(healthy().things[kinds.NODES][:2]))
    count, _, notes = nodes(folder)
    assert count == 3
    assert notes == ("nodes.json: has 2 objects that another file has already",)


def test_output_that_powershell_redirected_is_read(tmp_path: Path) -> None:
    text = json.dumps(list_of(healthy().things[kinds.NODES]))
    (tmp_path / "nodes.json").write_text(text, encoding="utf-16")
    assert nodes(tmp_path) == (3, "", ())


def test_one_file_alone_is_a_dump(folder: Path) -> None:
    assert nodes(folder / "nodes.json") == (3, "", ())


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_the_right_to_read_it_is_named(folder: Path) -> None:
    (folder / "pods.json").write_text("{}")
    (folder / "pods.json").chmod(0)
    assert nodes(folder)[2] == ("pods.json: cannot be read (permission denied)",)


def test_a_pipe_in_a_folder_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pods.json")
    assert nodes(folder) == (3, "", ())


def test_a_member_that_is_packed_like_a_bomb_is_not_read(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "dump.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "nodes.json", "dump/nodes.json")
        with archive.open("dump/pods.json", "w") as member:
            for _ in range(20):
                member.write(b" " * 1024 * 1024)
    count, partly, notes = nodes(tmp_path / "dump.zip")
    assert (count, partly) == (3, "")
    assert notes == ("dump/pods.json: is not read, its 20,971,520 bytes are packed like a bomb",)


def test_a_member_that_is_broken_is_named(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "dump.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.write(folder / "nodes.json", "dump/nodes.json")
        archive.writestr("dump/services.json", json.dumps(list_of(healthy().things[kinds.SERVICES])))
    path.write_bytes(path.read_bytes().replace(b"hubble-peer", b"hubble-bear"))
    count, _, notes = nodes(path)
    assert count == 3
    assert "dump/services.json: the archive is broken here (Bad CRC-32" in " ".join(notes)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x1f\x8b\x08\x00" + b"x" * 300, "unpack it first: tar --extract --file"),
        (b"PK\x03\x04" + b"x" * 300, "must be a whole zip archive, and its end is missing"),
    ],
)
def test_archives_that_cannot_be_read_are_refused_with_what_to_do(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "dump"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        DumpReader(path)


def test_logs_of_several_pods_in_one_file_are_told_apart(tmp_path: Path) -> None:
    write_kubectl(tmp_path, healthy())
    lines = [f"[pod/cilium-operator-{number % 2}/cilium-operator] line {number}" for number in range(8)]
    (tmp_path / "operator.log").write_text("\n".join([*lines, "[pod/other/cilium-operator] x"]))
    read = DumpReader(tmp_path).read(LOGS)
    assert read is not None
    assert list(read.objects) == [
        {"pod": "cilium-operator-0", "lines": ["line 4", "line 6"]},
        {"pod": "cilium-operator-1", "lines": ["line 5", "line 7"]},
    ]


def test_logs_before_a_restart_and_of_other_containers_are_not_taken_for_it(tmp_path: Path) -> None:
    write_kubectl(tmp_path, healthy())
    for name in ("cilium-operator-0-init", "cilium-operator-0-cilium-operator-20261130-120000-prev"):
        (tmp_path / f"logs-{name}.log").write_text("wrong\n")
    (tmp_path / "logs-cilium-operator-1-cilium-operator-20261130-120000.log").write_text("right\n")
    read = DumpReader(tmp_path).read(LOGS)
    assert read is not None
    assert list(read.objects) == [{"pod": "cilium-operator-1", "lines": ["right"]}]


# The peaks are a chunk or two of a megabyte, and what checks look at. YAML takes long: there a quarter does.
@pytest.mark.parametrize(
    ("form", "rounds", "least_size", "most_peak"),
    [("json", 60, 18_000_000, 8_000_000), ("yaml", 15, 4_500_000, 2_000_000)],
)
def test_a_long_list_is_never_whole_in_memory(
    tmp_path: Path, form: str, rounds: int, least_size: int, most_peak: int
) -> None:
    pods = healthy().things[kinds.PODS]
    ballast = {"annotations": {str(number): "x" * 100 for number in range(200)}}
    many = [
        {**pod, "metadata": {**pod["metadata"], **ballast, "name": f"{pod['metadata']['name']}-{number}"}}
        for number in range(rounds)
        for pod in pods
    ]
    write(tmp_path / f"pods.{form}", list_of(many))
    size = (tmp_path / f"pods.{form}").stat().st_size
    reader = DumpReader(tmp_path)
    tracemalloc.start()
    try:
        read = reader.read(kinds.PODS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read is not None
    assert len(read.objects) == len(many)
    assert size > least_size
    assert peak < most_peak
