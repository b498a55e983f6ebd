"""Where a rehearsal's time goes. Tests do not measure its speed."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench import rehearsal_probe, sampler
from bench.contest import BenchmarkError
from bench.report import rehearsed, within
from bench.sampler import Sampler, kind
from bench.where import EVERYONE, OWN, WAITING, Cost, Where, measure, where


def sample(at: float, *there: str, **used: float) -> dict[str, Any]:
    return {
        "at": at,
        "used": {name.replace("_", " "): cpu for name, cpu in used.items()},
        "there": list(there),
    }


def test_each_kind_of_process_is_known_by_its_command(tmp_path: Path) -> None:
    handler, function = tmp_path / "handler", tmp_path / "function"
    (handler / "helm").mkdir(parents=True)
    function.mkdir()
    python = "/usr/bin/python3"
    assert kind(["/opt/helm/helm", "upgrade"], handler) == sampler.HELM
    assert kind(["kubectl", "apply"], handler) == sampler.KUBECTL
    assert kind([python, "-P", "/x/warm_server.py", "aws-cli", "5"], tmp_path) == sampler.AWS_CLI
    assert kind([python, "-I", "-S", "/x/warm_command.py", "/tmp/socket"], handler) == sampler.AWS_CLI
    assert kind([python, "-P", "/x/warm_server.py", "sdk", "5"], handler) == sampler.HANDLERS
    assert kind([python, "-P", "/x/warm_server.py", "sdk", "5"], function) == sampler.FUNCTIONS
    assert kind(["/venv/bin/node", "/x/lambda_bootstrap.js"], function) == sampler.HANDLERS
    assert kind([python, "-I", "-S", "/x/guardian.py", "token"], tmp_path) == sampler.CLEANING


def test_the_time_of_a_phase_is_added_up_by_kind() -> None:
    samples = [
        sample(0.0),
        sample(1.0, "helm", helm=0.5, rehearsal=0.5),
        sample(2.0, "helm", helm=0.0, rehearsal=0.0),
        sample(3.0, rehearsal=1.0),
    ]
    spans = [("moto", 0.2, 0.6, 0.25), ("moto", 0.5, 0.8, 0.25), ("moto", 2.4, 2.9, 0.5)]
    found = where([("create", 0.0, 2.5), ("destroy", 2.5, 4.0)], spans, samples)
    create, destroy = found.costs["create"], found.costs["destroy"]
    assert create["helm"] == Cost(2.0, 0.5)
    assert create["moto"].wall == pytest.approx(0.6)
    assert create["moto"].cpu == 0.5
    assert (create[OWN].cpu, create[WAITING]) == (0.0, Cost(1.0, 0.0))
    assert (destroy["moto"].cpu, destroy[OWN].cpu) == (0.5, 0.5)
    assert found.wall == 4.0
    assert found.total("moto").cpu == 1.0


def test_a_server_that_waits_uses_cpu_and_is_not_there() -> None:
    samples = [sample(0.0), sample(1.0, AWS_CLI=0.2)]
    samples[1]["used"] = {sampler.AWS_CLI: 0.2}
    found = where([("create", 0.0, 2.0)], [], samples)
    assert found.costs["create"][sampler.AWS_CLI] == Cost(0.0, 0.2)


def test_the_table_has_a_row_for_everyone_and_the_sum() -> None:
    found = Where(3.0, {"create": 3.0}, {"create": {OWN: Cost(3.0, 1.25), WAITING: Cost(1.0, 0.0)}})
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(rehearsed(found))
    text = console.export_text()
    for who in (*EVERYONE, "all"):
        assert f" {who} " in text
    assert "3.00 / 1.25" in text
    assert within(found) == "  default rehearsal: 3.0 s, within the 30 s for two idle cores"
    assert within(Where(31.0, {}, {})) == "  default rehearsal: 31.0 s, over the 30 s for two idle cores"
    assert json.loads(json.dumps(found.as_json()))["costs"]["create"][OWN] == {"wall": 3.0, "cpu": 1.25}


def test_calls_within_a_call_are_counted_once() -> None:
    spans = rehearsal_probe.Spans()
    inner = spans.of("inner", lambda: time.thread_time())
    outer = spans.of("outer", lambda: inner())
    outer()
    assert [who for who, *_ in spans.found] == ["outer"]


def test_a_call_that_fails_is_counted_too() -> None:
    spans = rehearsal_probe.Spans()

    def fail() -> None:
        raise ValueError("no such thing")

    with pytest.raises(ValueError, match="no such thing"):
        spans.of("moto", fail)()
    assert len(spans.found) == 1


def test_the_sampler_sees_what_a_child_computes(tmp_path: Path) -> None:
    note = tmp_path / "note"
    code = (
        "import pathlib, time\nwhile time.process_time() < 0.3: pass\n"
        f"pathlib.Path({str(note)!r}).touch()\ntime.sleep(600)"
    )
    watching = Sampler(os.getpid())
    watching.sample()
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path) as child:
        while not note.exists():
            time.sleep(0.01)
        used, there = watching.sample()
        child.kill()
    assert used[sampler.FUNCTIONS] >= 0.25
    assert sampler.FUNCTIONS in there


@pytest.mark.slow
def test_a_rehearsal_is_measured_from_its_load_to_its_end(tmp_path: Path) -> None:
    artifact = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://123456789012/eu-west-1",
        "properties": {"templateFile": "t.json"},
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"app": artifact}}))
    vpc = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
    (tmp_path / "t.json").write_text(json.dumps({"Resources": {"Vpc": vpc}}))
    found = measure(tmp_path)
    assert list(found.phases) == ["load", "start", "create", "destroy", "end"]
    assert sum(found.phases.values()) == pytest.approx(found.wall, rel=0.01)
    assert found.total(rehearsal_probe.MOTO).cpu > 0
    assert found.costs["load"][OWN].cpu > 0


def test_a_rehearsal_that_cannot_be_played_stops_the_benchmark(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match=r"(?s)^the rehearsal: exit 1\n.*no manifest\.json"):
        measure(tmp_path)
