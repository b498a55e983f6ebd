from __future__ import annotations

import io
import tarfile
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml

from rehearsal.charts import ChartRepository


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=600) as answer:
        content: bytes = answer.read()
    return content


def listed(repository: ChartRepository) -> list[str]:
    index = yaml.safe_load(fetch(f"{repository.url}/index.yaml"))
    return [entry["version"] for entry in index["entries"]["cilium"]]


def test_without_a_folder_every_known_release_is_the_stand_in_under_its_number() -> None:
    with ChartRepository() as repository:
        assert {"1.12.1", "1.19.6", "1.20.0"} <= set(listed(repository))
        assert not repository.has_official("1.19.6")
        content = io.BytesIO(fetch(f"{repository.url}/cilium-1.19.6.tgz"))
    with tarfile.open(fileobj=content) as archive:
        member = archive.extractfile("cilium/Chart.yaml")
        assert member is not None
        chart = yaml.safe_load(member.read())
    assert (chart["name"], chart["version"], chart["appVersion"]) == ("cilium", "1.19.6", "1.19.6")
    assert "stand-in" in chart["description"]


def test_the_folder_wins_and_may_hold_what_nobody_knows(tmp_path: Path) -> None:
    (tmp_path / "cilium-1.19.6.tgz").write_bytes(b"official")
    (tmp_path / "cilium-1.99.0-pre.1.tgz").write_bytes(b"preview")
    (tmp_path / "notes.txt").write_text("not a chart")
    with ChartRepository(tmp_path) as repository:
        assert repository.has_official("1.19.6")
        assert not repository.has_official("1.20.0")
        assert listed(repository)[0] == "1.99.0-pre.1"
        assert fetch(f"{repository.url}/cilium-1.19.6.tgz") == b"official"
        assert fetch(f"{repository.url}/cilium-1.20.0.tgz") != b"official"


def test_an_unknown_release_is_missing_until_it_is_offered() -> None:
    with ChartRepository() as repository:
        with pytest.raises(urllib.error.HTTPError, match="404"):
            fetch(f"{repository.url}/cilium-1.19.99.tgz")
        repository.offer("1.19.99")
        assert "1.19.99" in listed(repository)
        assert fetch(f"{repository.url}/cilium-1.19.99.tgz")
