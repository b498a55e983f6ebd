from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.policy_analysis.suggestion.templates import MOST_NAMES, MOST_PATHS, names, paths

UUID = "6f8b1c9e-1234-4abc-8def-0123456789ab"


@pytest.mark.parametrize(
    ("seen", "texts"),
    [
        (["/"], ["/"]),
        (["/healthz", "/cart"], ["/cart", "/healthz"]),
        (["/items/7", "/items/8"], ["/items/[0-9]+"]),
        ([f"/u/{UUID}/x"], ["/u/[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}/x"]),
        (["/blob/5f2b9c1e77ab0d3c"], ["/blob/[0-9a-fA-F]{12,}"]),
        (["/deadbeef"], ["/deadbeef"]),
        (["/v1/a.b", "/a+b", "/x(y)"], [r"/a\+b", r"/v1/a\.b", r"/x\(y\)"]),
        (["/find?q=1", "/find?q=2"], [r"/find(\?.*)?"]),
        (["/find", "/find?q=2"], [r"/find(\?.*)?"]),
    ],
)
def test_paths_become_expressions(seen: list[str], texts: list[str]) -> None:
    assert list(paths(seen).texts) == texts


def test_ids_and_queries_are_named_as_wider() -> None:
    assert paths(["/items/7?x=1"]).wider == (
        "/items/[0-9]+ for ids in paths",
        "any query after /items/[0-9]+",
    )
    assert paths(["/cart"]).wider == ()


def test_many_paths_become_a_segment() -> None:
    found = paths(f"/users/{'x' * number}/profile" for number in range(1, MOST_PATHS + 2))
    assert found.texts == ("/users/[^/?]+/profile",)
    assert found.wider == (f"/users/[^/?]+/profile for {MOST_PATHS + 1} paths",)


def test_paths_that_have_nothing_in_common_become_any_path() -> None:
    found = paths("/" + "/".join("abc"[number % 3] for _ in range(number)) for number in range(1, 40))
    assert found.texts == ("/.*",)


SEGMENTS = st.one_of(
    st.sampled_from(["a", "b", "7", UUID, "x.y", "$(z)"]), st.text(st.characters(codec="ascii"))
)
PATHS = st.lists(SEGMENTS.filter(lambda text: not set(text) & set("/?\n\r")), max_size=4).map(
    lambda parts: "/" + "/".join(parts)
)


@given(st.lists(st.tuples(PATHS, st.sampled_from(["", "?", "?a=/b"])).map("".join), min_size=1, max_size=60))
def test_every_path_that_was_seen_is_meant_by_few_expressions(seen: list[str]) -> None:
    found = paths(seen)
    assert len(found.texts) <= MOST_PATHS
    for path in seen:
        assert any(re.fullmatch(text, path) for text in found.texts), path
    assert paths(reversed(seen)) == found


def test_names_stay_names() -> None:
    assert names(["b.example.com", "a.example.com"]).texts == ("a.example.com", "b.example.com")


def test_many_names_of_a_domain_become_a_pattern() -> None:
    found = names(["other.test", *(f"n{number}.example.com" for number in range(MOST_NAMES + 1))])
    assert found.texts == ("*.example.com", "other.test")
    assert found.wider == (f"*.example.com for {MOST_NAMES + 1} names",)


def test_a_whole_top_level_domain_is_not_a_pattern() -> None:
    found = names(f"n{number}.com" for number in range(MOST_NAMES + 1))
    assert found.texts == ("*",)
    assert found.wider == (f"any name: {MOST_NAMES + 1} names are right below com",)
