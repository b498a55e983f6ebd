from __future__ import annotations

import json
from typing import Any

import pytest

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.values.importing import Source, read_source
from cdk_eks_cilium.versions import CiliumVersion

VALUES: dict[str, Any] = {"eni": {"enabled": True}, "ipam": {"mode": "eni"}}
YAML = "eni: {enabled: true}\nipam: {mode: eni}\n"


def read(text: str) -> Source:
    return read_source(text.encode(), "values.yaml", CiliumVersion.V1_18)


@pytest.mark.parametrize(
    ("text", "computed"),
    [
        (YAML, False),
        (json.dumps(VALUES), False),
        (f"USER-SUPPLIED VALUES:\n{YAML}", False),
        (f"COMPUTED VALUES:\n{YAML}", True),
        (f"USER-SUPPLIED VALUES:\r\n{YAML}", False),
    ],
)
def test_values_are_read_as_helm_prints_them(text: str, computed: bool) -> None:
    found = read(text)
    assert (dict(found.values), found.computed, found.within) == (VALUES, computed, "")


@pytest.mark.parametrize("text", ["", "null\n", "USER-SUPPLIED VALUES:\nnull\n", "{}"])
def test_values_may_be_empty(text: str) -> None:
    assert dict(read(text).values) == {}


@pytest.mark.parametrize(
    ("whole", "within"),
    [
        ({"cilium": VALUES}, "cilium"),
        ({"spec": {"values": VALUES}}, "spec.values"),
        ({"spec": {"source": {"helm": {"values": YAML}}}}, "spec.source.helm.values"),
        ({"spec": {"source": {"helm": {"valuesObject": VALUES}}}}, "spec.source.helm.valuesObject"),
    ],
)
def test_values_are_found_where_other_tools_keep_them(whole: Any, within: str) -> None:
    found = read(json.dumps(whole))
    assert (dict(found.values), found.within) == (VALUES, within)


def test_what_holds_no_key_of_the_chart_is_taken_as_it_is() -> None:
    found = read("cilium: {image: {tag: x}, mine: 1}\neni: {enabled: true}\n")
    assert found.within == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", "values.yaml: must be the values of a chart, a mapping of keys to values, got ['a']"),
        ("eni: {1: a}\n", "values.yaml: eni: must have text as its keys, got 1; write the key in quotes"),
        ("eni: [\n", "values.yaml line 2: must be YAML"),
        ("eni: {}\neni: {}\n", "values.yaml line 2: must have each key once"),
    ],
)
def test_what_is_not_chart_values_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert str(caught.value.problems[0]).startswith(message)
