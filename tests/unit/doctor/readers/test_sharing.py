"""Equal texts of objects become one, and nothing else changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.doctor.readers.sharing import Sharing

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just("x" * 200),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=15,
)
OBJECTS = st.dictionaries(st.text(max_size=3), VALUES, max_size=4)


def texts(value: Any) -> Iterator[str]:
    """The values that are texts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


@given(st.lists(OBJECTS, max_size=4))
def test_objects_stay_equal_and_short_texts_are_one(given_objects: list[dict[str, Any]]) -> None:
    sharing = Sharing()
    # Each decoded by itself, as from pages of their own.
    found = [sharing.share(json.loads(json.dumps(each))) for each in given_objects]
    assert found == given_objects
    places: dict[str, set[int]] = {}
    for text in texts(found):
        places.setdefault(text, set()).add(id(text))
    assert all(len(ids) == 1 for text, ids in places.items() if len(text) < 128)
