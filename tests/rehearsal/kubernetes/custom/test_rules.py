"""The rules of schemas, by CEL."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.kubernetes.custom import cel
from rehearsal.kubernetes.custom.rules import problems
from rehearsal.kubernetes.model import Object


def judged(schema: Object, value: Any, old: Any = None) -> list[str]:
    """What the rules say about an object whose only field is the value."""
    whole = {"type": "object", "properties": {"a": schema}}
    before = None if old is None else {"a": old}
    return [str(problem) for problem in problems({"a": value}, whole, before)]


def ruled(kind: str, rule: str, **more: Any) -> Object:
    return {"type": kind, "x-kubernetes-validations": [{"rule": rule} | more]}


def test_a_broken_rule_is_told_by_its_message_or_by_itself() -> None:
    assert judged(ruled("integer", "self < 3", message="too much"), 5) == ["a: Invalid value: 5: too much"]
    assert judged(ruled("integer", "self < 3"), 5) == ["a: Invalid value: 5: failed rule: self < 3"]
    assert judged(ruled("integer", "self < 3"), 2) == []


def test_an_object_is_not_shown() -> None:
    schema = ruled("object", "self.x <= self.y", message="x is more than y")
    schema["properties"] = {"x": {"type": "integer"}, "y": {"type": "integer"}}
    assert judged(schema, {"x": 2, "y": 1}) == ["a: Invalid value: x is more than y"]
    assert judged(schema, {"x": 2}) == [
        'a: Invalid value: "object": no such key: y evaluating rule: x is more than y'
    ]


def test_a_message_may_be_an_expression() -> None:
    schema = ruled("integer", "self < 3", messageExpression="'got ' + string(self)", message="too much")
    assert judged(schema, 5) == ["a: Invalid value: 5: got 5"]


def test_a_rule_names_another_reason_and_field() -> None:
    schema = ruled(
        "object", "has(self.x)", message="x is missing", reason="FieldValueRequired", fieldPath=".x"
    )
    assert judged(schema, {}) == ["a.x: Required value: x is missing"]


def test_rules_are_asked_of_every_item_and_value() -> None:
    item = ruled("string", "self.startsWith('a')", message="no a")
    assert judged({"type": "array", "items": item}, ["ab", "b"]) == ['a[1]: Invalid value: "b": no a']
    assert judged({"type": "object", "additionalProperties": item}, {"k": "b"}) == [
        'a.k: Invalid value: "b": no a'
    ]


def test_a_rule_about_a_change_is_not_asked_of_what_is_new() -> None:
    schema = ruled("string", "self == oldSelf", message="never changes")
    assert judged(schema, "x") == []
    assert judged(schema, "x", "x") == []
    assert judged(schema, "y", "x") == ['a: Invalid value: "y": never changes']


def test_items_are_compared_with_the_ones_of_the_same_key() -> None:
    item = ruled("object", "self.v == oldSelf.v", message="v never changes")
    item["properties"] = {"k": {"type": "string"}, "v": {"type": "integer"}}
    keyed = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}
    schema = {"type": "array", "items": item} | keyed
    old = [{"k": "a", "v": 1}, {"k": "b", "v": 2}]
    assert judged(schema, [{"k": "b", "v": 2}, {"k": "c", "v": 3}], old) == []
    assert judged(schema, [{"k": "b", "v": 1}], old) == ["a[0]: Invalid value: v never changes"]


def test_names_that_the_language_reserves_are_escaped() -> None:
    schema = ruled("object", "self.__namespace__ == 'x' && self.a__dash__b == 'y'")
    schema["properties"] = {"namespace": {"type": "string"}, "a-b": {"type": "string"}}
    assert judged(schema, {"namespace": "x", "a-b": "y"}) == []


def test_a_number_is_a_double_and_a_time_is_a_time() -> None:
    assert judged(ruled("number", "self == 2.0"), 2) == []
    time = ruled("string", "self > timestamp('2020-01-01T00:00:00Z')") | {"format": "date-time"}
    assert judged(time, "2026-01-01T00:00:00Z") == []
    assert len(judged(time, "2019-01-01T00:00:00Z")) == 1
    day = ruled("string", "self.getFullYear() == 2026") | {"format": "date"}
    assert judged(day, "2026-01-01") == []
    assert judged(ruled("string", "self == b'a'") | {"format": "byte"}, "YQ==") == []


def test_a_time_inside_of_an_object_is_not_judged() -> None:
    schema = ruled("object", "self.at > timestamp('2020-01-01T00:00:00Z')")
    schema["properties"] = {"at": {"type": "string", "format": "date-time"}}
    assert judged(schema, {"at": "2019-01-01T00:00:00Z"}) == []


@pytest.mark.parametrize(
    ("kind", "rule", "value"),
    [
        ("string", "self.find('[0-9]+') == '12' && self.find('x') == ''", "a12b3"),
        ("string", "self.findAll('[0-9]') == ['1', '2'] && self.findAll('[0-9]', 1) == ['1']", "a1b2"),
        ("string", "self.split(',').size() == 2 && self.indexOf('b') == 2", "a,b"),
        ("array", "self.isSorted() && self.sum() == 6 && self.min() == 1 && self.max() == 3", [1, 2, 3]),
        ("array", "self.indexOf(2) == 1 && self.lastIndexOf(2) == 2 && self.indexOf(9) == -1", [1, 2, 2]),
        ("array", "sets.contains(self, [1]) && sets.intersects(self, [2, 9])", [1, 2]),
        ("array", "sets.equivalent(self, [2, 1, 1])", [1, 2]),
        ("string", "isURL(self) && !isIP(self) && !isCIDR(self)", "https://example.org"),
        ("string", "isCIDR(self) && !isQuantity(self)", "10.0.0.0/8"),
        ("string", "isQuantity(self)", "1Gi"),
        ("object", "self.?x.orValue('y') == 'y'", {}),
    ],
)
def test_functions_of_kubernetes_are_there(kind: str, rule: str, value: Any) -> None:
    assert judged(ruled(kind, rule), value) == []
    assert judged(ruled(kind, f"!({rule})"), value) != []


def test_a_rule_with_a_function_that_is_missing_is_not_judged() -> None:
    assert cel.program("quantity(self).isGreaterThan(quantity('1'))", "string") is None
    assert judged(ruled("string", "url(self).getHost() == 'x'"), "https://y") == []


def test_a_rule_that_asks_for_an_optional_old_value_is_not_judged() -> None:
    schema = ruled("string", "oldSelf.orValue('x') == 'x'", optionalOldSelf=True)
    assert judged(schema, "y") == []
