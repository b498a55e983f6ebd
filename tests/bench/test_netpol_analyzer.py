"""The contest with netpol-analyzer, with a stand-in for its program."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from bench import netpol_analyzer
from bench.contest import BenchmarkError
from bench.netpol_analyzer import TESTS, cluster, largest, measure

NO_PODS = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}]


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """A folder of tests: few pods, more pods, and one without pods."""
    for name, documents in {"few": list(cluster(2)), "more": list(cluster(3)), "none": NO_PODS}.items():
        write(tmp_path / "tests" / name, documents)
    (tmp_path / "tests" / "broken").mkdir()
    (tmp_path / "tests" / "broken" / "a.yaml").write_text("a: [")
    return tmp_path / "tests"


def write(folder: Path, documents: Iterable[object]) -> None:
    """A folder with one file."""
    folder.mkdir(parents=True)
    (folder / "cluster.yaml").write_text(yaml.safe_dump_all(documents))


def stand_in(tmp_path: Path, output: str) -> dict[str, str]:
    """An environment whose netpol-analyzer logs its arguments and prints something."""
    program = tmp_path / "bin" / "netpol-analyzer"
    program.parent.mkdir()
    log = f"open({str(tmp_path / 'log')!r}, 'a').write(' '.join(sys.argv[1:]))"
    program.write_text(f"#!{sys.executable}\nimport sys\n{log}\nprint({output!r})\n")
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}


def test_a_missing_program_is_one_line() -> None:
    found = measure(environment={"PATH": "/nonexistent"})

    assert found.pairings == ()
    assert found.lines() == [
        "netpol-analyzer is not in this comparison: it is not on PATH. It is a Go program, which neither "
        "PyPI nor npm has, and its policies are Kubernetes' own"
    ]


def test_the_largest_folder_has_the_most_pods_times_policies(folders: Path) -> None:
    assert largest(folders) == (
        folders / "more",
        "more, its largest (3 pods and makers of pods with 3 NetworkPolicies)",
    )


def test_a_folder_without_tests_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError) as caught:
        largest(tmp_path)

    assert str(caught.value) == (
        f"NETPOL_ANALYZER_TESTS: must name a folder whose folders have pods and policies, got {tmp_path}"
    )


def test_both_run_in_turns_and_their_words_are_compared(
    tmp_path: Path, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(netpol_analyzer, "PODS", 2)
    said = [
        {"src": f"team-{one}/pod-{one}[Pod]", "dst": f"team-{other}/pod-{other}[Pod]", "conn": "TCP 8001"}
        for one, other in ((0, 1), (1, 0))
    ]
    environment = stand_in(tmp_path, json.dumps(said))

    found = measure(1, environment=environment)
    (pairing,) = found.pairings

    assert [(len(pairing.ours), len(pairing.theirs)) for pairing in found.pairings] == [(1, 1)]
    assert pairing.ours[0].seconds > pairing.theirs[0].seconds > 0
    assert pairing.ours[0].mib > pairing.theirs[0].mib > 1
    assert (tmp_path / "log").read_text().count("list --quiet --output json --dirpath ") == 2
    assert pairing.differences == (
        "team-0/pod-0 -> team-1/pod-1: ours nothing, theirs TCP 8001",
        "team-1/pod-1 -> team-0/pod-0: ours nothing, theirs TCP 8001",
    )
    assert found.lines()[0].endswith(
        f"{pairing.ratio:.2f}; 2 pairs differ of 2: {'; '.join(pairing.differences)}"
    )
    assert found.lines()[1] == (
        "its own largest folder is not in this comparison: NETPOL_ANALYZER_TESTS does not name its tests"
    )
    assert found.as_json()["folders"][0]["differences"] == list(pairing.differences)


def test_a_program_that_fails_stops_the_contest(tmp_path: Path, folders: Path) -> None:
    environment = {**stand_in(tmp_path, "[]"), TESTS: str(folders)}
    (tmp_path / "bin" / "netpol-analyzer").write_text(
        f"#!{sys.executable}\nraise SystemExit('no such thing')\n"
    )

    with pytest.raises(BenchmarkError, match=r"^netpol-analyzer: exit 1\nno such thing"):
        measure(1, environment=environment)
