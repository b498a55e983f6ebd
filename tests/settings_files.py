"""Settings files as tests load them: one that names a chart gets the rehearsal's stand-in beside it."""

from __future__ import annotations

from pathlib import Path

from rehearsal.charts.repository import stand_in
from tests.quick_yaml import read


def with_chart(path: Path, folder: Path) -> Path:
    """The file, or where it names a chart a copy in *folder* with that chart.

    Args:
        path: A settings file.
        folder: An empty folder of the test's own.
    """
    text = path.read_text(encoding="utf-8")
    cilium = (read(text) or {}).get("cilium") or {}
    if cilium.get("chart") is None:
        return path
    (folder / cilium["chart"]).write_bytes(stand_in(cilium.get("version", "1.19.6")))
    copy = folder / path.name
    copy.write_text(text, encoding="utf-8")
    return copy
