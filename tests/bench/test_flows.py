from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import flows, report
from cdk_eks_cilium.policy_analysis.flows import LineReader, Recording


def test_a_replay_is_timed_beside_bare_parsing() -> None:
    found = flows.measure(1, lines=60, few=20)
    assert len(found.replay) == len(found.parsing) == 1
    assert set(found.mib) == {20, 60}
    assert set(found.as_json()["ratios"]) == {"replay / json.loads", "memory, 60 / 20 lines"}


def test_the_recording_is_one_that_hubble_could_write(tmp_path: Path) -> None:
    file = tmp_path / "flows.jsonpb"
    flows.write(file, 200)
    recording = Recording(LineReader([file]))
    records = sum(tally.records for batch in recording.batches() for tally in batch)
    assert recording.reader.bad == 0
    assert recording.reasons.keys() == {"an answer, which passes with its connection"}
    assert records + sum(tally.records for tally in recording.reasons.values()) == 200
    assert all(json.loads(line)["time"] for line in file.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize(("seconds", "verdict"), [(0.5, "within"), (2.0, "below")])
def test_the_speed_stands_beside_its_goal(seconds: float, verdict: str) -> None:
    speed = flows.FlowSpeed(flows.GOAL, (seconds,), (1.0,), {1: 1.0, 2: 7.0})
    assert f"a second on one core, {verdict} the 100,000; peak 7 MiB" in report.replayed(speed)
