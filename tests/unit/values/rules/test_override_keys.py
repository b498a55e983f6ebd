"""Any key of any chart among the overrides, compared with the charts' own values and schemas."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values import CiliumValues, Egress, Encryption, References, helm_values
from cdk_eks_cilium.values.rules.override_rules import key_problems, unread_warnings
from cdk_eks_cilium.versions import Catalogue, CiliumVersion, Key, known_versions, minors
from tests.reference_charts import defaults_of, reference, schema_of
from tests.releases import NUMBERS, since
from tests.wireguard import startable


def nested(path: str, value: Any) -> dict[str, Any]:
    for name in reversed(path.split(".")):
        value = {name: value}
    return dict(value)


# Hypothesis hashes all choices of a strategy that it has not met: each must be made once.
@cache
def keys_of(minor: str) -> st.SearchStrategy[Key]:
    return st.sampled_from(tuple(Catalogue.of(minor)))


PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "bool": st.booleans(),
    "int": st.integers(0, 255),
    "number": st.integers(0, 255) | st.floats(0, 1),
    "string": st.text(max_size=8),
    "list": st.just([]),
    "map": st.just({}),
    "null": st.none(),
    "any": st.sampled_from([True, 1, 0.5, "a", [], {}, None]),
}


@st.composite
def keys_with_values(draw: st.DrawFn, numbers: list[str]) -> tuple[str, Key, Any]:
    """A key of a chart, and a value of one of its types."""
    number = draw(st.sampled_from(numbers))
    key = draw(keys_of(CiliumVersion.of(number).minor))
    kinds: list[st.SearchStrategy[Any]] = [PLAIN[kind] for kind in sorted(key.types)]
    if key.items:
        kinds.append(st.lists(st.one_of(*(PLAIN[kind] for kind in sorted(key.items))), max_size=3))
    if key.choices:
        kinds.append(st.sampled_from(key.choices))
    return number, key, draw(st.one_of(*kinds))


@settings(max_examples=300, deadline=None)
@given(drawn=keys_with_values([CiliumVersion.newest_of(minor).number for minor in minors()]))
def test_any_key_of_a_chart_takes_a_value_of_its_type(drawn: tuple[str, Key, Any]) -> None:
    number, key, value = drawn
    assert key_problems(nested(key.path, value), CiliumVersion.of(number), "overrides") == []


@settings(max_examples=300, deadline=None)
@given(drawn=keys_with_values([CiliumVersion.newest_of(minor).number for minor in minors()]), data=st.data())
def test_a_changed_name_is_refused_unless_it_is_one_too(
    drawn: tuple[str, Key, Any], data: st.DataObject
) -> None:
    number, key, value = drawn
    catalogue = Catalogue.of(CiliumVersion.of(number))
    above, _, name = key.path.rpartition(".")
    section = catalogue.find(above)
    assume(not (section and section.open))
    at = data.draw(st.integers(0, len(name) - 1))
    changed = name[:at] + data.draw(st.sampled_from(["", "x", name[at].swapcase()])) + name[at + 1 :]
    assume(changed)
    path = f"{above}.{changed}" if above else changed
    found = key_problems(nested(path, value), CiliumVersion.of(number), "overrides")
    if catalogue.find(path) is None:
        (problem,) = found
        assert problem.where == f"overrides.{path}"
        assert problem.got is MISSING if isinstance(value, list | dict) else problem.got == value
    else:
        assert all("is not a value" not in problem.rule for problem in found)


@pytest.mark.parametrize("version", known_versions(), ids=str)
def test_what_we_set_ourselves_are_keys_that_the_chart_takes_and_reads(
    version: CiliumVersion, refs: References
) -> None:
    plenty = CiliumValues(
        egress=Egress.pod(),
        kube_proxy_replacement=True,
        encryption=Encryption(),
        image_registry="registry.example.com" if version.at_least("1.18") else None,
    )
    for values in (CiliumValues(), startable(plenty, version)):
        rendered = helm_values(values, version, refs)
        assert key_problems(rendered, version, "values") == []
        assert unread_warnings(rendered, version) == []


def test_what_the_article_sets_are_keys_that_its_chart_takes(refs: References) -> None:
    rendered = helm_values(CiliumValues(profile="article"), CiliumVersion.ARTICLE, refs)
    assert key_problems(rendered, CiliumVersion.ARTICLE, "values") == []


@reference
@pytest.mark.parametrize("number", NUMBERS)
def test_the_chart_s_own_values_are_fine(number: str) -> None:
    assert key_problems(defaults_of(number), CiliumVersion.of(number), "values") == []


@reference
@settings(max_examples=500, deadline=None)
@given(drawn=keys_with_values(since("1.16")))
def test_the_schema_of_the_chart_takes_what_is_fine_here(drawn: tuple[str, Key, Any]) -> None:
    number, key, value = drawn
    # Helm drops a null from the values before it looks at the schema.
    assume(value is not None)
    errors = schema_of(number).iter_errors(nested(key.path, value))
    assert [error.message for error in errors] == []
