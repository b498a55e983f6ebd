from __future__ import annotations

import pytest

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.selectors import field_matcher, label_matcher, matches_label_selector

POD = {"metadata": {"name": "one", "labels": {"app": "web", "tier": "front"}}, "spec": {"nodeName": "n1"}}


@pytest.mark.parametrize(
    ("selector", "picked"),
    [
        ("", True),
        ("app=web", True),
        ("app==web,tier=front", True),
        ("app=web,tier=back", False),
        ("app!=web", False),
        ("missing!=x", True),
        ("tier in (front, back),app", True),
        ("tier notin (front)", False),
        ("missing notin (x)", True),
        ("app", True),
        ("!app", False),
        ("!missing", True),
    ],
)
def test_a_label_query_picks(selector: str, picked: bool) -> None:
    assert label_matcher(selector)(POD) is picked


@pytest.mark.parametrize(
    ("selector", "picked"),
    [
        ("metadata.name=one", True),
        ("metadata.name!=one", False),
        ("spec.nodeName==n1,metadata.name=one", True),
        ("spec.missing.deep=", True),
    ],
)
def test_a_field_query_picks(selector: str, picked: bool) -> None:
    assert field_matcher(selector)(POD) is picked


def test_a_query_that_cannot_be_read_is_a_bad_request() -> None:
    with pytest.raises(ApiError, match="unable to parse requirement"):
        label_matcher("a b c")
    with pytest.raises(ApiError, match=r"can't understand 'metadata.name'"):
        field_matcher("metadata.name")


def test_an_absent_selector_object_picks_nothing_and_an_empty_one_everything() -> None:
    assert not matches_label_selector(None, {"app": "web"})
    assert matches_label_selector({}, {"app": "web"})
    both = {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "Exists"}]}
    assert not matches_label_selector(both, {"app": "web"})
    assert matches_label_selector(both, {"app": "web", "tier": ""})
