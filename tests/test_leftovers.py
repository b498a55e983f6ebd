"""The guard of the whole suite sees what tests leave behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.leftovers import files, processes, without_kept


def test_a_process_is_seen_while_it_runs_and_until_it_was_waited_for() -> None:
    before = processes()
    command = [sys.executable, "-c", "print('here', flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"here\n"
        new = processes().keys() - before.keys()
        assert new == {str(child.pid)}
        assert "print('here', flush=True)" in processes()[str(child.pid)]
        child.communicate(b"\n")
    assert processes().keys() <= before.keys()


def test_files_are_seen_in_both_places_but_not_the_caches_of_tools(tmp_path: Path) -> None:
    root, temporary = tmp_path / "root", tmp_path / "temporary"
    for folder in (root / "docs", root / "node_modules/x", root / "a/__pycache__", temporary / "deep/down"):
        folder.mkdir(parents=True)
    (root / "docs/new.md").touch()
    assert files(root, temporary) == {
        str(path) for path in (root / "docs", root / "docs/new.md", root / "a", temporary / "deep")
    }


def test_what_stays_until_python_ends_is_kept_and_the_rest_is_named(tmp_path: Path) -> None:
    kernel = tmp_path / "tmp1"
    warm = "python -P /rehearsal/functions/warm_server.py sdk 17"
    commands = {"1": f"node {kernel}/bin/jsii-runtime.js", "2": "sleep 600", "3": warm}
    paths = {str(path) for path in (kernel, tmp_path / "cdk.out1", tmp_path / "tmp2")}
    found = sorted([str(tmp_path / "tmp2"), "sleep 600"])
    assert without_kept(commands, frozenset(paths)) == found
    assert without_kept(commands, frozenset(paths), at_the_end=True) == sorted([*found, warm])
