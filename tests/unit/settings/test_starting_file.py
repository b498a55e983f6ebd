from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from cdk_eks_cilium.settings import Settings, json_schema, parse, starting_file
from cdk_eks_cilium.settings.starting_file import DECIDED


def descriptions(schema: Mapping[str, Any], part: Mapping[str, Any], depth: int) -> Iterator[str]:
    for field in part["properties"].values():
        yield field["description"]
        for name in re.findall(r"#/\$defs/(\w+)", str(field)) if depth else ():
            yield from descriptions(schema, schema["$defs"][name], depth - 1)


def prose(text: str) -> str:
    return " ".join(re.sub(r"^ *#", "", line).strip() for line in text.splitlines())


@pytest.mark.parametrize("every_key", [False, True])
def test_it_holds_the_defaults_and_nothing_else(every_key: bool) -> None:
    assert parse(yaml.safe_load(starting_file(every_key=every_key))) == Settings()


def test_it_begins_with_what_each_environment_decides() -> None:
    found = yaml.safe_load(starting_file())
    assert list(found) == [name for name in Settings.model_fields if name in DECIDED[Settings]]
    assert {name: list(value) for name, value in found.items() if isinstance(value, dict) and value} == {
        "endpoint_access": ["public_cidrs", "private_cidrs"],
        "network": ["vpc_cidr", "pod_cidr", "availability_zones"],
        "cilium": ["version", "egress"],
    }
    assert [list(group) for group in found["node_groups"]] == [
        ["name", "instance_types", "min_size", "max_size"]
    ]


def test_every_decided_key_is_a_key_of_its_part() -> None:
    assert {
        part.__name__: unknown
        for part, names in DECIDED.items()
        if (unknown := names - part.model_fields.keys())
    } == {}


def test_no_section_of_cilium_counts_as_given() -> None:
    """Some defaults follow from others, such as the operator's replicas from the number of nodes."""
    cilium = yaml.safe_load(starting_file(every_key=True))["cilium"]
    assert not [name for name, value in cilium.items() if isinstance(value, dict) and name != "overrides"]


def test_every_key_of_settings_and_of_their_parts_is_explained_in_the_words_of_the_model() -> None:
    schema = json_schema()
    text = prose(starting_file(every_key=True))
    assert [each for each in descriptions(schema, schema, 2) if " ".join(each.split()) not in text] == []


def test_every_top_level_key_is_there_on_request() -> None:
    assert list(yaml.safe_load(starting_file(every_key=True))) == list(Settings.model_fields)


def test_lines_fit_a_screen() -> None:
    assert max(map(len, starting_file(every_key=True).splitlines())) <= 115


def test_the_settings_of_this_repository_are_those_that_a_file_begins_with() -> None:
    """`cdk-eks-cilium settings init` writes them anew, once the file is deleted."""
    committed = Path(__file__).parents[3] / "settings.yaml"
    assert committed.read_text(encoding="utf-8") == starting_file()
