"""``settings check`` and ``values`` with a chart at hand, or without Helm."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main
from tests.unit.helm.chart import packaged

REFUSED = """\
cilium:
  overrides:
    debug: {enabled: true}
    envoy: {log: {path: /tmp/envoy.log}}
"""
WORDS = (
    "Cilium's chart 1.19.6 refuses it: execution error at (cilium/templates/config.yaml:2:4): debug goes with"
)


@pytest.fixture(autouse=True)
def charts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (folder := tmp_path / "charts").mkdir()
    monkeypatch.setenv("CILIUM_CHARTS", str(folder))
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "prod.yaml"


def check(*words: str | Path) -> int:
    return main(["settings", "check", *map(str, words)])


def test_what_the_chart_refuses_fails_the_check_with_its_setting(
    file: Path, charts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packaged(charts)
    file.write_text(REFUSED)
    assert check(file) == 1
    *_, head, problem = capsys.readouterr().err.splitlines()
    assert head == "prod.yaml: 1 problem"
    assert problem.startswith(f"  cilium.overrides.debug.enabled: {WORDS}")
    assert problem.endswith("change it, or cilium.overrides.envoy.log.path [CEK2250]")


def test_data_say_which_chart_was_rendered(
    file: Path, charts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("name: prod\n")
    assert check(file, "--json") == 0
    without = json.loads(capsys.readouterr().out)["rendered"]
    assert without == {"chart": None, "why": "the chart of Cilium 1.19.6 is not at hand; --online fetches it"}
    chart = packaged(charts)
    assert check(file, "--json") == 0
    assert json.loads(capsys.readouterr().out)["rendered"] == {"chart": str(chart)}


def test_a_machine_that_cannot_run_helm_is_a_note(
    file: Path, charts: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chart = packaged(charts)
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    file.write_text(REFUSED)
    assert check(file) == 0
    assert f"Helm did not render {chart}: the Helm of CDK's layers runs on" in capsys.readouterr().err


def test_values_are_printed_and_what_the_chart_refuses_is_noted(
    file: Path, charts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packaged(charts)
    file.write_text(REFUSED)
    assert main(["values", "--settings", str(file)]) == 1
    shown = capsys.readouterr()
    assert "path: /tmp/envoy.log" in shown.out
    assert WORDS in shown.err
    file.write_text("name: prod\n")
    assert main(["values", "--settings", str(file)]) == 0


def test_another_version_is_rendered_with_its_own_chart(file: Path, charts: Path) -> None:
    packaged(charts, "1.18.12", template="{{ fail `never` }}")
    file.write_text("name: prod\n")
    assert main(["values", "--settings", str(file)]) == 0
    assert main(["values", "--settings", str(file), "--cilium", "1.18.12"]) == 1
