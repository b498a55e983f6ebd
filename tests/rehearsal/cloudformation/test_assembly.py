from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.cloudformation.assembly import Assembly, AssemblyError


def write(folder: Path, artifacts: dict[str, Any], **files: Any) -> Path:
    (folder / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": artifacts}))
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def stack(file: str, *dependencies: str, environment: str = "aws://111122223333/eu-west-1") -> dict[str, Any]:
    return {
        "type": "aws:cloudformation:stack",
        "environment": environment,
        "properties": {"templateFile": f"{file}.json"},
        "dependencies": list(dependencies),
    }


def test_stacks_come_in_the_order_of_their_dependencies(tmp_path: Path) -> None:
    write(tmp_path, {"app": stack("t", "net"), "net": stack("t")}, t={"Resources": {}})
    assert [s.name for s in Assembly.load(tmp_path).stacks] == ["net", "app"]


def test_an_agnostic_environment_gets_placeholders(tmp_path: Path) -> None:
    write(tmp_path, {"app": stack("t", environment="aws://unknown-account/unknown-region")}, t={})
    environment = Assembly.load(tmp_path).environment
    assert (environment.account, environment.region) == ("123456789012", "eu-west-1")


def test_a_release_has_the_crds_that_its_stack_tells_even_from_a_nested_stack(tmp_path: Path) -> None:
    told = [{"release": "Chart", "groups": ["cert-manager.io"]}, {"release": "Other", "groups": ["x.io"]}]
    template = {"Resources": {}, "Metadata": {"cdk-eks-cilium:existing-crds": told}}
    loaded = Assembly.load(write(tmp_path, {"app": stack("t"), "net": stack("u")}, t=template, u={}))
    assert loaded.existing_crds("app", "Chart") == ("cert-manager.io",)
    assert loaded.existing_crds("app", "NestedOther") == ("x.io",)
    assert loaded.existing_crds("app", "Topic") == loaded.existing_crds("net", "Chart") == ()


def test_an_asset_is_found_by_its_key(tmp_path: Path) -> None:
    assets = {
        "files": {
            "abc": {
                "source": {"path": "asset.abc", "packaging": "zip"},
                "destinations": {"here": {"objectKey": "abc.zip"}},
            }
        }
    }
    artifacts = {
        "app": stack("t"),
        "app.assets": {"type": "cdk:asset-manifest", "properties": {"file": "assets.json"}},
    }
    loaded = Assembly.load(write(tmp_path, artifacts, t={}, assets=assets))
    assert loaded.asset("abc.zip") == tmp_path / "asset.abc"
    with pytest.raises(AssemblyError, match=r"asset other\.zip is not in the assembly"):
        loaded.asset("other.zip")


def test_assets_of_a_folder_named_relatively_are_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        tmp_path,
        {"app": stack("t"), "app.assets": {"type": "cdk:asset-manifest", "properties": {"file": "a.json"}}},
        t={},
        a={"files": {"h": {"source": {"path": "asset.h"}, "destinations": {"d": {"objectKey": "h.zip"}}}}},
    )
    (tmp_path / "asset.h").mkdir()
    monkeypatch.chdir(tmp_path)

    assembly = Assembly.load(Path("."))

    assert assembly.assets
    assert assembly.directory.is_absolute()
    assert all(path.is_absolute() for path in assembly.assets.values())


def test_a_folder_that_is_not_an_assembly_is_refused_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(AssemblyError, match=r"no manifest\.json; run `cdk synth -o"):
        Assembly.load(tmp_path)


def test_missing_context_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"missing": [{"key": "zones"}], "artifacts": {}}))
    with pytest.raises(AssemblyError, match=r"lacks looked-up context \(zones\)"):
        Assembly.load(tmp_path)


ZONES = {"key": "zones", "provider": "availability-zones"}


def test_zones_that_were_looked_up_for_nothing_are_not_needed(tmp_path: Path) -> None:
    write(tmp_path, {"app": stack("t")})
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "missing": [ZONES]}))
    (tmp_path / "t.json").write_text("{}")
    (tmp_path / "Stack.template.json").write_text('{"AvailabilityZone": "eu-west-1a"}')

    assert [each.name for each in Assembly.load(tmp_path).stacks] == ["app"]


def test_zones_that_the_templates_lack_are_needed(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"missing": [ZONES], "artifacts": {}}))
    (tmp_path / "Stack.template.json").write_text('{"AvailabilityZone": "dummy1a"}')
    with pytest.raises(AssemblyError, match=r"lacks looked-up context \(zones\)"):
        Assembly.load(tmp_path)


def test_stacks_in_a_circle_are_refused(tmp_path: Path) -> None:
    write(tmp_path, {"a": stack("t", "b"), "b": stack("t", "a")}, t={})
    with pytest.raises(AssemblyError, match="depend on each other in a circle"):
        Assembly.load(tmp_path)


def test_several_environments_are_refused(tmp_path: Path) -> None:
    artifacts = {"a": stack("t"), "b": stack("t", environment="aws://111122223333/us-east-1")}
    with pytest.raises(AssemblyError, match="stacks in several environments"):
        _ = Assembly.load(write(tmp_path, artifacts, t={})).environment
