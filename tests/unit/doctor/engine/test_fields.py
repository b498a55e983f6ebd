"""Ways to look into an object."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.doctor.engine.fields import at, condition, name_of, time_of, trim

KEYS = st.sampled_from(["spec", "status", "metadata", "name"])
OBJECTS: st.SearchStrategy[Any] = st.recursive(
    st.integers() | st.text(max_size=3) | st.none() | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
PATHS = st.lists(KEYS, min_size=1, max_size=3).map(".".join)


def test_a_missing_step_gives_the_default() -> None:
    assert at({"spec": {"nodeName": "a"}}, "spec.nodeName") == "a"
    assert at({"spec": None}, "spec.nodeName", "-") == "-"
    assert at({"spec": "text"}, "spec.nodeName", "-") == "-"


def test_a_name_has_its_namespace_if_there_is_one() -> None:
    assert name_of({"metadata": {"name": "a", "namespace": "b"}}) == "b/a"
    assert name_of({"metadata": {"name": "a"}}) == "a"
    assert name_of({}) == ""


def test_a_condition_is_found_by_its_type() -> None:
    node = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    assert condition(node, "Ready")["status"] == "True"
    assert condition(node, "Other") == {}


def test_a_time_of_another_form_is_not_known() -> None:
    found = time_of("2026-11-30T12:00:00Z")
    assert found is not None
    assert found.isoformat() == "2026-11-30T12:00:00+00:00"
    assert time_of("yesterday") is None
    assert time_of(None) is None


@given(OBJECTS.filter(lambda found: isinstance(found, dict)), st.lists(PATHS, min_size=1, max_size=4))
def test_trimming_keeps_the_fields_and_only_them(found: dict[str, Any], paths: list[str]) -> None:
    trimmed = trim(found, tuple(paths))
    for path in paths:
        assert at(trimmed, path) == at(found, path)
    whole = {path.split(".")[0] for path in paths}
    assert set(trimmed) <= whole
    assert trim(trimmed, tuple(paths)) == trimmed


def test_without_fields_all_is_kept() -> None:
    found = {"spec": {"a": 1}}
    assert trim(found, ()) is found
