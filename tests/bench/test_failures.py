"""Letting every resource type fail: what is counted, and what ends badly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench.failures import Failure, changed, fail_all, report
from bench.machine import ROOT
from tests.rehearsal.assemblies import assembly_of

VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}


def note(value: str, **more: Any) -> dict[str, Any]:
    properties = {"Type": "String", "Value": value}
    return {"Type": "AWS::SSM::Parameter", "Properties": properties, "DependsOn": "Vpc", **more}


def test_each_type_fails_on_each_operation_that_touches_it(tmp_path: Path) -> None:
    before = assembly_of(tmp_path / "before", Vpc=VPC, Note=note("old"))
    after = assembly_of(tmp_path / "after", Vpc=VPC, Note=note("new"))

    ends = list(fail_all(before, after, lambda _: None))

    assert {(each.operation, each.type, each.states) for each in ends} == {
        ("create", "AWS::EC2::VPC", ("ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE")),
        ("create", "AWS::SSM::Parameter", ("ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE")),
        ("update", "AWS::SSM::Parameter", ("UPDATE_ROLLBACK_COMPLETE", "DELETE_COMPLETE")),
        ("delete", "AWS::EC2::VPC", ("DELETE_FAILED", "DELETE_COMPLETE")),
        ("delete", "AWS::SSM::Parameter", ("DELETE_FAILED", "DELETE_COMPLETE")),
    }
    assert not any(each.faults for each in ends)


def test_several_rehearsals_at_the_same_time_end_in_the_same_way(tmp_path: Path) -> None:
    before = assembly_of(tmp_path / "before", Vpc=VPC)
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from bench.failures import fail_all\n"
        "if __name__ == '__main__':\n"
        "    folder = Path(sys.argv[1])\n"
        "    print([each.operation for each in fail_all(folder, folder, str, workers=2)])\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)

    done = subprocess.run(
        [sys.executable, str(script), str(before)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "['create', 'delete']\n", done.stderr


def test_the_rehearsal_without_a_failure_must_succeed_first(tmp_path: Path) -> None:
    before = assembly_of(tmp_path / "before", Vpc=VPC, Note=note("old"))
    kept = assembly_of(tmp_path / "kept", Vpc=VPC, Note=note("new", DeletionPolicy="Retain"))

    with pytest.raises(RuntimeError, match="without a failure: nothing is left: parameter"):
        list(fail_all(before, kept, lambda _: None))


def test_the_table_names_bad_ends_and_untouched_types(capsys: pytest.CaptureFixture[str]) -> None:
    good = Failure("AWS::A::B", "create", ("ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE"), ())
    bad = Failure("AWS::A::B", "delete", ("DELETE_FAILED", "DELETE_FAILED"), ("nothing is left: VPC",))

    report([good, bad], Console(width=200), "default")

    out = capsys.readouterr().out
    row = next(line for line in out.splitlines() if "AWS::A::B" in line and "│" in line)
    assert [cell.strip() for cell in row.strip("│ ").split("│")] == [
        "AWS::A::B",
        "ROLLBACK_COMPLETE",
        "-",
        "WRONG DELETE_FAILED",
    ]
    assert "delete AWS::A::B: nothing is left: VPC" in out
    assert "2 failures, 1 of them end badly" in out


def test_the_change_does_not_replace_a_cluster_that_never_had_aws_node() -> None:
    assert changed({"name": "x", "aws_node": "never-install"})["aws_node"] == "never-install"


def test_the_change_touches_tags_the_chart_and_what_keeps_aws_node_off() -> None:
    settings = {"name": "x", "cilium": {"version": "1.19.6"}, "aws_node": "patch", "tags": {"team": "a"}}

    assert changed(settings) == {
        "name": "x",
        "cilium": {"version": "1.19.6", "overrides": {"debug": {"enabled": True}}},
        "aws_node": "remove",
        "tags": {"team": "a", "rehearsed": "again"},
    }
