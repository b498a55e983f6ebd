"""Stacks of a cloud assembly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cdk_eks_cilium.doctor.readers.assembly import AssemblyError, read_stacks
from tests.unit.doctor.readers.assemblies import write


def test_stacks_come_after_those_that_they_need(tmp_path: Path) -> None:
    write(
        tmp_path, {"cluster": {"Resources": {}}, "network": {"Resources": {}}}, needs={"cluster": ["network"]}
    )
    assert [each.name for each in read_stacks(tmp_path)] == ["network", "cluster"]


def test_imports_are_found_anywhere_in_the_template(tmp_path: Path) -> None:
    part = {"Fn::Join": ["", [{"Fn::ImportValue": "network:Vpc"}, "x"]]}
    write(tmp_path, {"cluster": {"Resources": {"A": {"Properties": {"B": [part, part]}}}}})
    (stack,) = read_stacks(tmp_path)
    assert stack.imports == ("network:Vpc",)


def test_the_place_of_a_template_has_the_account_and_the_region(tmp_path: Path) -> None:
    write(
        tmp_path, {"network": {"Resources": {}}}, url="s3://assets-${AWS::AccountId}-${AWS::Region}/abc.json"
    )
    (stack,) = read_stacks(tmp_path)
    assert stack.bucket_and_key("111122223333", "eu-west-1") == ("assets-111122223333-eu-west-1", "abc.json")


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (None, "is not what 'cdk synth' wrote: no such file or directory"),
        ("{", "is not what 'cdk synth' wrote: its manifest has another form"),
        ("[]", "is not what 'cdk synth' wrote: its manifest has another form"),
        ('{"artifacts": {"A": {"type": "aws:cloudformation:stack"}}}', "its manifest has another form"),
        ('{"artifacts": {}}', "has no stack"),
    ],
)
def test_another_folder_is_refused_in_words(tmp_path: Path, manifest: Any, words: str) -> None:
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest, encoding="utf-8")
    with pytest.raises(AssemblyError) as found:
        read_stacks(tmp_path)
    assert words in str(found.value)
