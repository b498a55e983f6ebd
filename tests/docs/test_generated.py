"""The generated parts of the documentation are what the code says now."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from cdk_eks_cilium.checks.rules import RULES
from cdk_eks_cilium.settings import Settings, parse
from scripts import deploy_order, pictures, reference, synthesis
from scripts.architecture import draw
from scripts.pictures import ROOT

FILES = {
    "docs/addresses.svg",
    "docs/addressing.md",
    "docs/architecture.svg",
    "docs/beliefs.md",
    "docs/cli.md",
    "docs/costs.md",
    "docs/decisions.md",
    "docs/doctor-checks.md",
    "docs/doctor-transcripts.md",
    "docs/from-the-article.md",
    "docs/order.md",
    "docs/policies-1.svg",
    "docs/policies-2.svg",
    "docs/policies-3.svg",
    "docs/policies-4.svg",
    "docs/policies-5.svg",
    "docs/policies.md",
    "docs/command-line.md",
    "docs/rehearsal.md",
    "docs/preflight.md",
    "docs/problems.md",
    "docs/problems.tsv",
    "docs/settings.md",
    "docs/troubleshooting.md",
    "docs/upgrade-example.md",
    "docs/values-fields.md",
    "docs/values.md",
    "docs/versions.md",
    "docs/ways-in.md",
}


@cache
def generated() -> dict[str, str]:
    return {str(path.relative_to(ROOT)): text for path, text in pictures.generated().items()}


def test_these_files_have_generated_parts() -> None:
    assert set(generated()) == FILES


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_committed_file_is_the_generated_one(name: str) -> None:
    committed = (ROOT / name).read_text(encoding="utf-8")
    assert committed == generated()[name], f"{name} is not current; run `make docs` and commit it"


def test_the_script_writes_what_has_changed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    current, stale = tmp_path / "current.md", tmp_path / "stale.md"
    current.write_text("same")
    stale.write_text("old")
    before = current.stat().st_mtime_ns
    monkeypatch.setattr(pictures, "generated", lambda: {current: "same", stale: "new"})
    monkeypatch.setattr(pictures, "ROOT", tmp_path)
    assert pictures.main() == 0
    assert (stale.read_text(), current.stat().st_mtime_ns) == ("new", before)
    assert capsys.readouterr().out == "wrote stale.md\n"


def test_a_part_that_nothing_makes_is_an_error() -> None:
    with pytest.raises(KeyError, match="weather"):
        pictures.filled("<!-- generated: weather -->\n<!-- end -->\n")


def test_the_picture_is_made_of_the_settings() -> None:
    settings = parse({"name": "other", "network": {"pod_cidr": "100.65.0.0/16"}})
    text = draw(settings, synthesis.synthesize(settings))
    assert "100.65.64.0/18" in text
    assert "100.64." not in text


def test_the_picture_is_valid_svg_without_external_references() -> None:
    root = ET.fromstring(generated()["docs/architecture.svg"])
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    names = {name.rsplit("}", 1)[-1] for element in root.iter() for name in element.attrib}
    assert not names & {"href", "src", "style", "onclick"}
    assert not [element.tag for element in root.iter() if element.tag.endswith(("image", "script", "style"))]


def test_text_in_the_picture_is_inside_it_and_on_no_other_text() -> None:
    root = ET.fromstring(generated()["docs/architecture.svg"])
    _, _, width, height = (float(part) for part in root.attrib["viewBox"].split())
    spans: list[tuple[float, float, float, str]] = []
    for element in root.iter("{http://www.w3.org/2000/svg}text"):
        text, size = element.text or "", float(element.attrib["font-size"])
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        # A wide guess: the widest of the named fonts takes 0.6 em a letter on average.
        length = len(text) * size * (0.61 if "font-family" in element.attrib else 0.58)
        left = x - length / 2 if element.attrib.get("text-anchor") == "middle" else x
        assert 0 < left < left + length < width, text
        assert size < y < height, text
        for other_left, other_right, other_y, other in spans:
            apart = left > other_right or left + length < other_left or abs(y - other_y) >= size
            assert apart, f"{text!r} is on {other!r}"
        spans.append((left, left + length, y, text))
    assert len(spans) > 60


@pytest.mark.parametrize("given", ['{"cilium": {"egress": "pod"}}'])
def test_the_picture_is_of_one_kind_of_settings_only(given: str) -> None:
    settings = parse(json.loads(given))
    with pytest.raises(ValueError, match="the picture is of a new VPC with egress 'node'"):
        draw(settings, synthesis.variant(given))


def test_an_order_that_the_templates_do_not_keep_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(deploy_order.EDGES[0], later="removal", earlier="nodes")
    monkeypatch.setattr(deploy_order, "EDGES", (wrong,))
    with pytest.raises(ValueError, match="do not make 'removal' wait for 'nodes'"):
        deploy_order.check()


def test_a_step_without_resources_is_an_error() -> None:
    step = replace(deploy_order.STEPS["block"], title="nothing", resources={"AWS::EC2::Volume": ""})
    with pytest.raises(ValueError, match="has nothing of the step 'nothing'"):
        deploy_order.resources(synthesis.variant("{}"), step)


def test_every_rule_is_explained_and_every_explained_rule_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(f"| `{rule.id}` | {rule.reason} |" in reference.rules_table() for rule in RULES)
    monkeypatch.setattr(reference, "RULES", RULES[:-1])
    with pytest.raises(ValueError, match=RULES[-1].id):
        reference.rules_table()


def test_every_setting_is_in_the_table_with_its_default() -> None:
    table = reference.settings_table()
    for name, field in Settings.model_fields.items():
        assert f"| `{name}` |" in table, name
        assert str(field.description) in table, name
    assert '| `cilium.version` | text | `"1.19.6"` |' in table
    assert "| `node_groups[].name` | text | required |" in table


def test_the_sections_of_cilium_have_their_fields_on_another_page() -> None:
    table = reference.settings_table()
    assert "| `cilium.eni` | [mapping](values-fields.md#eni) | as there |" in table
    assert "`cilium.eni." not in table
    assert (
        "| `cilium.encryption` | `wireguard` or `ipsec` or [mapping](values-fields.md#encryption) or null |"
        in table
    )
