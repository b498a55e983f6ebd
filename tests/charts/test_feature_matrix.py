"""Each feature by itself, in each chart that takes it, by both Helms: what the manifests mean then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cdk_eks_cilium.values import CiliumValues
from cdk_eks_cilium.values.model.typed_fields import FIRST, is_used
from tests.charts.matrix import CASES
from tests.charts.matrix.case import Case
from tests.charts.rendered import Rendered, other_than_text
from tests.charts.versions import Render, both_helms, charts_or_skip

charts_or_skip()


def each_case(that: Callable[[Case], Any] = lambda case: True) -> pytest.MarkDecorator:
    """Every case for which *that* returns true, with every chart that has its expectations."""
    return pytest.mark.parametrize(
        ("case", "number"),
        [
            pytest.param(case, number, id=f"{case.title}-{number}")
            for case in CASES
            if that(case)
            for number in case.numbers
        ],
    )


def with_and_without(case: Case, number: str, helm: int, render: Render) -> tuple[Rendered, Rendered]:
    return (
        render(number, case.with_feature(number), helm, case.apis),
        render(number, case.without_feature(number), helm, case.apis),
    )


@both_helms
@each_case(lambda case: case.config)
def test_agent_and_operator_read_what_the_model_says(
    case: Case, number: str, helm: int, render: Render
) -> None:
    with_it, without = (each.config for each in with_and_without(case, number, helm, render))
    assert {key: with_it.get(key) for key in case.config} == case.config
    assert [key for key in case.config if without.get(key) == with_it.get(key)] == []


@both_helms
@each_case(lambda case: case.fields)
def test_objects_are_as_the_model_says(case: Case, number: str, helm: int, render: Render) -> None:
    with_it, without = with_and_without(case, number, helm, render)
    assert {place: with_it.at(place) for place in case.fields} == case.fields
    assert [place for place in case.fields if without.at(place) == with_it.at(place)] == []


@both_helms
@each_case(lambda case: case.appear or case.vanish)
def test_objects_appear_and_vanish_with_the_feature(
    case: Case, number: str, helm: int, render: Render
) -> None:
    with_it, without = with_and_without(case, number, helm, render)
    assert {name for name in case.appear | case.vanish if with_it.has(name)} == case.appear
    assert {name for name in case.appear | case.vanish if without.has(name)} == case.vanish


@each_case()
def test_both_helms_agree(case: Case, number: str, render: Render) -> None:
    helm_3, helm_4 = (render(number, case.with_feature(number), helm, case.apis) for helm in (3, 4))
    assert helm_3.comparable == helm_4.comparable


@each_case()
def test_every_value_of_a_config_map_is_text(case: Case, number: str, render: Render) -> None:
    """The API server refuses any other; Helm does not."""
    rendered = render(number, case.with_feature(number), 4, case.apis)
    assert other_than_text(rendered) == []


def test_every_typed_value_has_a_case() -> None:
    """All but the profile, which is the whole article, and raw values; the registry is tested apart."""
    used = {name for case in CASES for name in CiliumValues.model_fields if is_used(case.model, name)}
    assert CiliumValues.model_fields.keys() - used == {"profile", "image_registry", "overrides"}
    assert [path for path in FIRST if not any(is_used(case.model, path) for case in CASES)] == []
