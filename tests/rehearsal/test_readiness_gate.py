"""The readiness gate in a stack whose pod subnets have no free /28: nodes get single addresses for good.

`test_environments` has an environment whose gate opens.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.aws import cilium_operator
from rehearsal.aws.account import Account
from rehearsal.rehearse import rehearse
from rehearsal.report.outcome import RehearsalReport
from tests.rehearsal.assemblies import ROOT, synthesize

pytestmark = pytest.mark.slow

GATE = "PlatformCiliumReadinessGate"


def settings(folder: Path, **workers: Any) -> Path:
    """The default settings with the gate, and with more in the node group."""
    given = yaml.safe_load((ROOT / "settings.yaml").read_text())
    given["cilium"]["readiness_gate"] = True
    given["node_groups"][0].update(workers)
    path = folder / f"settings{len(workers)}.yaml"
    path.write_text(yaml.safe_dump(given))
    return path


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gate")
    return synthesize(settings(folder), folder / "out")


def use_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no pod subnet have a free /28 from now on."""
    monkeypatch.setattr(cilium_operator, "_assign_prefix", lambda *_: ())


def reason(report: RehearsalReport) -> str:
    (text,) = (text for where, text in report.failures.items() if GATE in where)
    return text


def test_a_create_fails_with_the_reason_and_goes_back_from_the_nodes_to_the_sweep(
    assembly: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_up(monkeypatch)

    report = rehearse(assembly)

    text = reason(report)
    assert "nodes-have-prefixes: 2 nodes of 2 without a prefix" in text
    assert "8 single addresses and no prefix, expected a /28 of subnet-" in text
    assert "Fix: Free a /28 in the pod subnets" in text
    order = ("PlatformCiliumNodeGroupsworkers", "PlatformCiliumChart", "PlatformCiliumEniSweep")
    ends = [report.position(each, "DELETE_COMPLETE") for each in order]
    assert ends == sorted(ends)
    assert [finding.detail for finding in report.findings if not finding.good] == []


def test_the_roll_back_of_an_update_goes_through_although_its_nodes_have_no_prefix_either(
    assembly: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = synthesize(settings(tmp_path, labels={"team": "shop"}), tmp_path / "out")

    def between(_: Account) -> None:
        use_up(monkeypatch)

    report = rehearse(assembly, update=changed, between=between)

    assert "nodes-have-prefixes" in reason(report)
    statuses = [event.status for event in report.events if event.type == "AWS::CloudFormation::Stack"]
    assert "UPDATE_ROLLBACK_COMPLETE" in statuses
    assert not any("ROLLBACK_FAILED" in status for status in statuses)
