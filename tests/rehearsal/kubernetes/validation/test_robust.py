"""Whatever JSON a client sends, validation answers and never fails."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal.kubernetes.resources import BUILT_IN, ResourceType
from rehearsal.kubernetes.validation import Release, field_errors
from tests.rehearsal.kubernetes.validation.suite import areas, cases_of

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_GOOD = {
    (case.body["apiVersion"], case.body["kind"]): case.body for area in areas() for case in cases_of(area)
}


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(value, dict):
        found += [deeper for key, inner in value.items() for deeper in _paths(inner, (*path, key))]
    if isinstance(value, list):
        found += [deeper for key, inner in enumerate(value) for deeper in _paths(inner, (*path, key))]
    return found


def _replaced(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    step, *rest = path
    if isinstance(value, dict):
        return {key: _replaced(v, tuple(rest), other) if key == step else v for key, v in value.items()}
    return [_replaced(v, tuple(rest), other) if index == step else v for index, v in enumerate(value)]


@pytest.mark.parametrize("resource", BUILT_IN, ids=lambda resource: f"{resource.group}/{resource.kind}")
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_any_field_may_have_any_value(resource: ResourceType, data: st.DataObject) -> None:
    good = _GOOD.get((resource.group_version, resource.kind), {"metadata": {"name": "a"}, "spec": {}})
    paths = [path for path in _paths(good) if path]
    body = _replaced(good, data.draw(st.sampled_from(paths)), data.draw(_JSON))
    old = data.draw(st.sampled_from([None, good]))
    release = Release(data.draw(st.sampled_from([29, 35, 36])))
    errors = field_errors(resource, body, old, release)
    assert all(str(error).startswith(f"{error.field}: ") for error in errors)
