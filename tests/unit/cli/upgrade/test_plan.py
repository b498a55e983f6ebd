"""The command ``upgrade plan``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main

SETTINGS = Path(__file__).resolve().parents[4] / "settings.yaml"
RUNS = ("--deployed-cilium", "1.18.12", "--deployed-kubernetes", "1.33")


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["upgrade", "plan", "--settings", str(SETTINGS), *words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.fixture(autouse=True)
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CILIUM_CHARTS", raising=False)


def test_the_steps_are_listed_before_they_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(capsys, *RUNS, "--to", "1.20.0", "--kubernetes", "1.34")
    assert status == 0
    assert out.splitlines()[:4] == [
        "Cilium 1.18.12, Kubernetes 1.33 -> Cilium 1.20.0, Kubernetes 1.34: 3 steps",
        "  1. Cilium 1.18.12 -> 1.19.6",
        "  2. Cilium 1.19.6 -> 1.20.0",
        "  3. Kubernetes 1.33 -> 1.34",
    ]
    assert '  kubernetes_version: "1.34"' in out
    assert "aws eks list-insights --cluster-name platform" in out


def test_by_default_the_settings_are_the_goal(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, *RUNS, "--json")
    assert json.loads(out)["goal"] == {"cilium": "1.19.6", "kubernetes": "1.35"}


def test_what_runs_already_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(capsys, "--deployed-cilium", "1.19.6", "--deployed-kubernetes", "1.35")
    assert (status, out) == (0, "Cilium 1.19.6, Kubernetes 1.35 is what runs: there is nothing to do\n")


def test_a_goal_that_nothing_leads_to_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = call(capsys, *RUNS, "--kubernetes", "1.32")
    assert status == 2
    assert "--kubernetes: must not be older than what runs, 1.33, got '1.32'" in err


def test_an_unknown_release_names_its_option(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = call(capsys, *RUNS, "--to", "1.19.99.1")
    assert status == 2
    assert "--to: must be" in err
