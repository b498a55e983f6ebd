"""The guide to the doctor: its commands run against a small API, and its report has the shape of ours."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cdk_eks_cilium.cli import answer, main
from cdk_eks_cilium.cli.doctor import call
from cdk_eks_cilium.doctor.checks import all_checks
from cdk_eks_cilium.doctor.reports import as_json, report
from tests.docs.blocks import ROOT, blocks_of
from tests.docs.test_examples import ASKS_A_CLUSTER
from tests.unit.cli.doctor.small_clusters import SmallCluster
from tests.unit.doctor.reports.diagnoses import report as made

GUIDE = ROOT / "docs/doctor.md"


def block(info: str) -> str:
    (found,) = (each.text for each in blocks_of(GUIDE) if each.info == info)
    return found


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallCluster]:
    """A good cluster, for the one check that a small API can answer."""
    one = next(each for each in all_checks() if each.id == "aws-node-runs")
    monkeypatch.setattr(call, "all_checks", lambda: (one,))
    monkeypatch.setattr(call, "chosen", lambda checks, only, skip: checks)
    monkeypatch.setattr("cdk_eks_cilium.cli.doctor.waiting.time.sleep", lambda _: None)
    with SmallCluster().running(tmp_path, "prod") as made:
        monkeypatch.setenv("KUBECONFIG", str(made.kubeconfig))
        yield made


def steps() -> list[str]:
    workflow = yaml.safe_load(block("yaml pipeline"))
    return [step["run"] for step in workflow["jobs"]["doctor"]["steps"] if "run" in step]


@pytest.mark.parametrize(
    "line", [*ASKS_A_CLUSTER, *(line for line in steps() if line.startswith("cdk-eks-cilium "))]
)
def test_a_command_examines_a_cluster(
    line: str, cluster: SmallCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    words = shlex.split(line)[1:]
    if "--output" in words:
        place = words.index("--output") + 1
        words[place] = str(tmp_path / words[place])
    assert main(words) == 0
    assert cluster.asked[0] == "/version"


def test_checks_that_the_guide_names_exist() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    named = set(re.findall(r"--(?:only|skip) ([a-z_-]+)", text)) | set(
        re.findall(r'--ignore "([a-z-]+)=', text)
    )
    assert named <= {each.id for each in all_checks()} | {each.category for each in all_checks()}


def shape(value: Any) -> Any:
    """A value with the kinds of its parts in place of the parts."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def test_the_report_has_the_shape_of_ours() -> None:
    shown, ours = json.loads(block("json report")), json.loads(as_json.render(made()))
    shown["notes"], shown["checks"][0]["unknown"] = ["a note"], ["a reason"]
    assert shape(shown) == shape(ours)
    assert shown["version"] == as_json.VERSION


def test_the_exit_statuses_are_those_of_the_program() -> None:
    table = GUIDE.read_text(encoding="utf-8").split("| Status |")[1].split("\n\n")[0]
    listed = [int(each) for each in re.findall(r"^\| (\d+) \|", table, re.M)]
    assert listed == [
        report.GOOD,
        report.WRONG,
        answer.USAGE,
        answer.STOPPED,
        report.NOT_KNOWN,
        answer.INTERRUPTED,
    ]
