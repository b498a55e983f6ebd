from __future__ import annotations

import contextlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.label_selectors import parse
from rehearsal.kubernetes.resources import BUILT_IN
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


WORDS = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)
VALUES = st.lists(st.from_regex(r"[A-Za-z0-9]{1,5}", fullmatch=True), min_size=1, max_size=3, unique=True)


@given(WORDS, VALUES, st.sampled_from(["in", "notin"]), st.sampled_from(["", " ", "  "]))
def test_a_set_reads_the_same_with_any_spaces(key: str, values: list[str], word: str, space: str) -> None:
    assume(key not in ("in", "notin", "gt", "lt"))
    (expression,) = parse(f"{space}{key} {word} ({space}{f'{space},{space}'.join(values)}{space}){space}")
    operator = {"in": "In", "notin": "NotIn"}[word]
    assert expression == {"key": key, "operator": operator, "values": sorted(values)}


@given(st.text(alphabet="ab=!<>(), inot", max_size=12))
def test_a_selector_is_read_or_refused_and_nothing_else(selector: str) -> None:
    with contextlib.suppress(ApiError):
        parse(selector)


@pytest.mark.parametrize(
    ("kind", "selector", "problem"),
    [
        ("Pod", "spec.priority=1", "field label not supported: spec.priority"),
        ("ConfigMap", "data.a=1", '"data.a" is not a known field selector: only "metadata.name"'),
        ("Node", "spec.unschedulable=false", ""),
        ("Event", "involvedObject.name=x,reason!=y", ""),
        ("Deployment", "metadata.namespace=x", ""),
    ],
)
def test_a_type_says_which_fields_select(kind: str, selector: str, problem: str) -> None:
    resource = next(each for each in BUILT_IN if each.kind == kind)
    if not problem:
        field_matcher(selector, resource)
        return
    with pytest.raises(ApiError) as refused:
        field_matcher(selector, resource)
    assert refused.value.message.startswith(problem)


def test_a_flag_that_is_missing_is_false() -> None:
    node = next(each for each in BUILT_IN if each.kind == "Node")
    assert field_matcher("spec.unschedulable=false", node)({"spec": {}})
    assert not field_matcher("spec.unschedulable=false", node)({"spec": {"unschedulable": True}})
