"""How the catalogue of chart keys is made."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts import chart_keys
from scripts.chart_values import packaged, states

DATA = chart_keys.DATA

reference = pytest.mark.skipif(
    "CILIUM_REFERENCE" not in os.environ,
    reason="CILIUM_REFERENCE names no folder with charts/VERSION/values.yaml of Cilium's charts",
)
charts = pytest.mark.skipif(
    "CILIUM_CHARTS" not in os.environ,
    reason="CILIUM_CHARTS names no folder with Cilium's charts, packaged as cilium-VERSION.tgz",
)


def package(folder: Path, number: str, values: Mapping[str, Any], template: str, schema: Any = None) -> Path:
    """A chart of *values* with one template."""
    files = {
        "Chart.yaml": yaml.safe_dump({"name": "cilium", "version": number}),
        "values.yaml": yaml.safe_dump(dict(values)),
        "templates/all.yaml": template,
        "templates/NOTES.txt": "{{ .Values.onlySpoken }}",
    }
    if schema is not None:
        files["values.schema.json"] = json.dumps(schema)
    archive = folder / f"cilium-{number}.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"cilium/{name}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return archive


def of(folder: Path, values: Mapping[str, Any], template: str, schema: Any = None) -> dict[str, str]:
    return states(packaged(package(folder, "1.19.0", values, template, schema)))


def test_a_default_tells_the_type(tmp_path: Path) -> None:
    values: dict[str, Any] = {"a": True, "b": 1, "c": 0.5, "d": "x", "e": [], "f": {"g": {}}}
    template = "{{ toYaml .Values.f.g }}" + "".join(f"{{{{ .Values.{name} }}}}" for name in "abcde")
    assert of(tmp_path, values, template) == {
        "a": "bool true",
        "b": "int 1",
        "c": "number 0.5",
        "d": 'string "x"',
        "e": "list []",
        "f": "map",
        "f.g": "map* {}",
    }


def test_a_schema_tells_it_better(tmp_path: Path) -> None:
    schema = {
        "properties": {
            "a": {"type": ["null", "integer"]},
            "b": {"items": {"anyOf": [{"type": "string"}]}, "type": "array"},
            "c": {"enum": ["x", "y"]},
            "d": {"oneOf": [{"type": "null"}, {"enum": ["z"]}]},
            "e": {"maximum": 255, "minimum": 0, "type": ["null", "integer"]},
        }
    }
    values: dict[str, Any] = {"a": None, "b": [], "c": "x", "d": None, "e": None}
    template = "".join(f"{{{{ .Values.{name} }}}}" for name in values)
    assert of(tmp_path, values, template, schema) == {
        "a": "int|null null",
        "b": "list<string> []",
        "c": '=["x","y"] "x"',
        "d": 'null|=["z"] null',
        "e": "int<0..255>|null null",
    }


def test_templates_add_the_keys_that_the_values_lack(tmp_path: Path) -> None:
    template = (
        "{{ .Values.a.b }}{{ .Values.c | quote }}{{ toYaml .Values.d }}{{ range .Values.e }}{{ .x }}{{ end }}"
    )
    assert of(tmp_path, {"a": {"z": 1}}, template + "{{ .Values.a.z }}") == {
        "a": "map",
        "a.b": "bool|int|number|string",
        "a.z": "int 1",
        "c": "bool|int|number|string",
        "d": "any",
        "e": "any",
    }


def test_a_key_that_no_template_reads_is_marked(tmp_path: Path) -> None:
    values = {"a": 1, "b": {"c": 1}, "onlySpoken": "x"}
    assert of(tmp_path, values, "{{ .Values.b.c }}") == {
        "a": "int! 1",
        "b": "map",
        "b.c": "int 1",
        "onlySpoken": 'string! "x"',
    }


def test_a_section_of_named_keys_is_closed_and_one_that_is_copied_is_open(tmp_path: Path) -> None:
    values: dict[str, Any] = {"a": {}, "b": {"x": 1}, "c": {"example.com/x": "y"}}
    template = "{{ .Values.a.k }}{{ toYaml .Values.b }}{{ with .Values.c }}{{ toYaml . }}{{ end }}"
    assert of(tmp_path, values, template) == {
        "a": "map {}",
        "a.k": "bool|int|number|string",
        "b": "map*",
        "b.x": "int 1",
        "c": 'map* {"example.com/x":"y"}',
    }


def test_tags_and_digests_are_masked(tmp_path: Path) -> None:
    values = {"image": {"tag": "v1", "digest": "sha256:1", "useDigest": True}}
    assert of(tmp_path, values, "{{ toYaml .Values.image }}") == {
        "image": "map*",
        "image.tag": "string ~",
        "image.digest": "string ~",
        "image.useDigest": "bool true",
    }


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, output: Path, *arguments: str) -> int:
    monkeypatch.setenv("CILIUM_CHARTS", str(folder))
    return chart_keys.main([*arguments, "--output", str(output)])


def data_lines(output: Path) -> list[str]:
    return [line for line in output.read_text().splitlines() if not line.startswith("# Ev")][1:]


def test_the_file_tells_where_a_key_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "keys.tsv"
    reading = "{{ .Values.a }}{{ .Values.b }}"
    package(tmp_path, "1.18.0", {"a": 1, "b": "x"}, reading)
    package(tmp_path, "1.18.1", {"a": 1, "b": "y"}, reading)
    package(tmp_path, "1.19.0", {"a": 1}, "{{ .Values.a }}")
    package(tmp_path, "1.20.0-rc.1", {"a": 1}, "{{ .Values.a }}")

    assert run(monkeypatch, tmp_path, output) == 0

    assert data_lines(output) == [
        "# 1.18: 0-1",
        "# 1.19: 0",
        "a\t1.18.0 int 1",
        'b\t1.18.0 string "x"\t1.18.1 string "y"\t1.19.0 -',
    ]
    assert "keys.tsv: 3 charts, 1 keys in 1.19.0" in capsys.readouterr().out


def test_a_new_chart_is_added_to_what_is_known_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output, old, new = tmp_path / "keys.tsv", tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    package(old, "1.18.0", {"a": 1, "b": 1}, "{{ .Values.a }}{{ .Values.b }}")
    run(monkeypatch, old, output)
    package(new, "1.19.0", {"a": 2, "c": 1}, "{{ .Values.a }}{{ .Values.c }}")
    capsys.readouterr()

    run(monkeypatch, new, output)

    assert data_lines(output) == [
        "# 1.18: 0",
        "# 1.19: 0",
        "a\t1.18.0 int 1\t1.19.0 int 2",
        "b\t1.18.0 int 1\t1.19.0 -",
        "c\t1.19.0 int 1",
    ]
    assert capsys.readouterr().out.splitlines() == [
        "1.19.0: new, 2 keys; since 1.18.0:",
        "  ~ a: int 1 -> int 2",
        "  - b: was int 1",
        "  + c: int 1",
        "keys.tsv: 2 charts, 2 keys in 1.19.0",
    ]


def test_a_pre_release_is_reported_and_not_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "keys.tsv"
    package(tmp_path, "1.19.0-pre.2", {"old": 1}, "{{ .Values.old }}")
    package(tmp_path, "1.20.0", {"a": 1}, "{{ .Values.a }}")
    package(tmp_path, "1.21.0-pre.0", {"b": 1}, "{{ .Values.b }}")

    assert run(monkeypatch, tmp_path, output) == 0

    assert data_lines(output) == ["# 1.20: 0", "a\t1.20.0 int 1"]
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "1.21.0-pre.0: a pre-release, not recorded, 1 keys; since 1.20.0:",
        "  - a: was int 1",
        "  + b: int 1",
        "keys.tsv: 1 charts, 1 keys in 1.20.0",
    ]


def test_a_check_writes_nothing_and_fails_when_something_would_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "keys.tsv"
    package(tmp_path, "1.18.0", {"a": 1}, "{{ .Values.a }}")
    assert run(monkeypatch, tmp_path, output, "--check") == 1
    assert not output.exists()
    run(monkeypatch, tmp_path, output)
    assert run(monkeypatch, tmp_path, output, "--check") == 0


def test_without_charts_there_is_nothing_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CILIUM_CHARTS", raising=False)
    with pytest.raises(SystemExit):
        chart_keys.main([])
    assert "CILIUM_CHARTS must name a folder with cilium-VERSION.tgz" in capsys.readouterr().err


def test_the_file_at_hand_reads_back_as_it_is_written() -> None:
    text = DATA.read_text()
    assert chart_keys.rendered(chart_keys.recorded(text)) == text


def references(folder: Path, values: Mapping[str, Any]) -> Path:
    place = folder / "charts/1.18.0"
    place.mkdir(parents=True)
    (place / "values.yaml").write_text(yaml.safe_dump(dict(values)))
    return folder


def test_the_reference_shows_a_missing_key_and_another_default(tmp_path: Path) -> None:
    held: chart_keys.States = {(1, 18, 0): {"a": "int 1"}}
    faults = list(chart_keys.reference_faults(references(tmp_path, {"a": 2, "b": 1}), held))
    assert faults == ["1.18.0: a is 'int 1', its values file says 'int 2'", "1.18.0: b is missing"]


def test_the_reference_shows_a_release_that_is_not_held(tmp_path: Path) -> None:
    assert list(chart_keys.reference_faults(references(tmp_path, {"a": 2}), {})) == [
        "1.18.0: not in the data file"
    ]


@reference
def test_the_data_agrees_with_the_values_files_of_the_charts() -> None:
    held = chart_keys.recorded(DATA.read_text())
    assert list(chart_keys.reference_faults(Path(os.environ["CILIUM_REFERENCE"]), held)) == []


@charts
@pytest.mark.parametrize(
    "number", ["1.12.0", "1.12.19", "1.13.4", "1.15.19", "1.16.19", "1.17.6", "1.18.12", "1.19.6", "1.20.0"]
)
def test_the_data_is_what_the_chart_shows(number: str) -> None:
    held = chart_keys.recorded(DATA.read_text())
    shown = states(packaged(Path(os.environ["CILIUM_CHARTS"]) / f"cilium-{number}.tgz"))
    assert held[chart_keys.release(number)] == shown
