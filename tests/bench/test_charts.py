"""Rendering every chart of a folder: what is counted, and what fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import charts
from rehearsal.charts.repository import stand_in


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CILIUM_CHARTS", raising=False)
    monkeypatch.setenv("COLUMNS", "300")


def rows(text: str) -> list[list[str]]:
    """The cells of the report's rows without the seconds."""
    lines = [line.strip("│ ").split("│") for line in text.splitlines() if ", Helm " in line and "│" in line]
    return [[cell.strip() for cell in cells[:3]] for cells in lines]


def test_every_stable_chart_is_rendered_with_both_values_by_both_helms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in ("1.18.12", "1.19.6"):
        (tmp_path / f"cilium-{number}.tgz").write_bytes(stand_in(number))
    (tmp_path / "cilium-1.20.0-rc.1.tgz").write_bytes(b"no chart of ours")
    assert charts.main(["--charts", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("2 charts")
    assert rows(out) == [
        ["defaults, Helm 3", "2", "0"],
        ["defaults, Helm 4", "2", "0"],
        ["egress 'pod', Helm 3", "2", "0"],
        ["egress 'pod', Helm 4", "2", "0"],
    ]


def test_a_chart_that_fails_is_named_with_helm_s_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cilium-1.19.6.tgz").write_bytes(b"broken")
    monkeypatch.setenv("CILIUM_CHARTS", str(tmp_path))
    assert charts.main([]) == 1
    out = capsys.readouterr().out
    assert rows(out)[0] == ["defaults, Helm 3", "1", "1"]
    assert "1.19.6, defaults, Helm 3: Error: " in out
    assert out.count("Error: ") == 4


def test_a_folder_without_charts_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert charts.main(["--charts", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("no charts: ")
    assert charts.main([]) == 2
