"""Templates of an app, read from its cloud assembly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cdk_eks_cilium.checks.app_templates import StackTemplate, read_app

NESTED = "AWS::CloudFormation::Stack"
EMPTY: dict[str, Any] = {"Resources": {}}


def write(folder: Path, **files: Any) -> list[str]:
    """An assembly; ``x_template`` is x.template.json. Returns the paths of its stacks' templates."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / (name.replace("_", ".") + ".json")).write_text(json.dumps(content), encoding="utf-8")
    return [str(folder / f"{name.replace('_', '.')}.json") for name in files if name.endswith("_template")]


def artifact(name: str, *dependencies: str, **given: Any) -> dict[str, Any]:
    return {
        "type": "aws:cloudformation:stack",
        "environment": "aws://111122223333/eu-west-1",
        "properties": {"templateFile": f"{name}.template.json"},
        "dependencies": list(dependencies),
        "displayName": name,
        **given,
    }


def manifest(*artifacts: dict[str, Any]) -> dict[str, Any]:
    found = {each["properties"]["templateFile"].split(".")[0]: each for each in artifacts}
    return {"artifacts": {**found, "x.assets": {"type": "cdk:asset-manifest", "properties": {}}}}


def test_a_stack_has_its_place_in_the_app(tmp_path: Path) -> None:
    two = artifact("two", "one", "x.assets", displayName="Prod/two (shop-two)")
    two["properties"]["stackName"] = "shop-two"
    paths = write(tmp_path, manifest=manifest(artifact("one"), two), one_template=EMPTY, two_template=EMPTY)

    place = f"{tmp_path} aws://111122223333/eu-west-1"
    assert read_app(paths) == [
        StackTemplate("one", EMPTY, paths[0], place, "one"),
        StackTemplate("Prod/two", EMPTY, paths[1], place, "shop-two", frozenset({"one"})),
    ]


def test_stages_are_told_apart(tmp_path: Path) -> None:
    paths = [
        path
        for name in ("dev", "prod")
        for path in write(tmp_path / name, manifest=manifest(artifact("one")), one_template=EMPTY)
    ]

    dev, prod = read_app(paths)
    assert dev.environment != prod.environment


def test_a_template_without_a_manifest_is_read_too(tmp_path: Path) -> None:
    (only,) = read_app(write(tmp_path, one_template=EMPTY))

    assert (only.name, only.template, only.after) == ("one", EMPTY, frozenset())


def nested(**properties: Any) -> dict[str, Any]:
    return {"Resources": {"Inner": {"Type": NESTED, **properties}}}


URL = {
    "Fn::Join": [
        "",
        ["https://s3.", {"Ref": "AWS::Region"}, "/", {"Fn::Sub": "cdk-${AWS::AccountId}"}, "/some/abc.json"],
    ]
}


def assets(key: str, path: str) -> dict[str, Any]:
    return {"files": {"abc": {"source": {"path": path}, "destinations": {"here": {"objectKey": key}}}}}


def test_a_nested_template_is_found_by_its_key_in_the_bucket(tmp_path: Path) -> None:
    deeper = nested(Properties={"TemplateURL": "https://b/def.json"})
    both = {"files": {**assets("some/abc.json", "i.json")["files"]}}
    both["files"]["def"] = assets("def.json", "d.json")["files"]["abc"]
    paths = write(
        tmp_path, one_template=nested(Properties={"TemplateURL": URL}), i=deeper, d=EMPTY, one_assets=both
    )

    found = read_app(paths)
    assert [(each.name, each.parent, each.resource) for each in found] == [
        ("one", "", ""),
        ("one/Inner", "one", "Inner"),
        ("one/Inner/Inner", "one/Inner", "Inner"),
    ]
    assert found[2].path == str(tmp_path / "d.json")


def test_a_nested_template_is_found_by_cdks_metadata(tmp_path: Path) -> None:
    given = nested(Metadata={"aws:asset:path": "i.json"}, Properties={"TemplateURL": {"Ref": "Bucket"}})
    paths = write(tmp_path, one_template=given, i={"Resources": {"Group": {"Type": "T"}}})

    assert [each.name for each in read_app(paths)] == ["one", "one/Inner"]


@pytest.mark.parametrize("content", ["Resources: {}\n", "[]"], ids=["yaml", "a list"])
def test_a_nested_template_that_is_something_else_is_left_out(content: str, tmp_path: Path) -> None:
    paths = write(
        tmp_path,
        one_template=nested(Properties={"TemplateURL": URL}),
        one_assets=assets("some/abc.json", "inner.yaml"),
    )
    (tmp_path / "inner.yaml").write_text(content, encoding="utf-8")

    assert [each.name for each in read_app(paths)] == ["one"]


def test_a_nested_template_from_elsewhere_is_left_out(tmp_path: Path) -> None:
    given = nested(Properties={"TemplateURL": "https://example.com/their.json"})

    assert [each.name for each in read_app(write(tmp_path, one_template=given))] == ["one"]
