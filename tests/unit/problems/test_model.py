"""Typed data refuses invalid input with all its problems at once, at every depth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Self

import pytest
from pydantic import (
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    field_validator,
    model_validator,
)

from cdk_eks_cilium.problems import InputError, refusal
from cdk_eks_cilium.problems.model import Model
from cdk_eks_cilium.problems.wording import shown


class Wheel(Model):
    size: StrictInt = 16
    tyre: Literal["summer", "winter"] = "summer"
    code: StrictInt | StrictStr = 0
    spare: StrictBool = False

    @field_validator("size")
    @classmethod
    def _a_size(cls, size: int) -> int:
        if size > 99:
            raise refusal("must be a size", "measure it", id="CEK9001")
        return size

    @model_validator(mode="after")
    def _spares_are_small(self) -> Self:
        if self.spare and self.size > 20:
            raise refusal("must be small to be a spare", "leave spare out")
        return self


class Car(Model):
    name: StrictStr
    wheels: tuple[Wheel, ...] = ()
    labels: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    front: Wheel | None = None

    @field_validator("front")
    @classmethod
    def _as_the_others(cls, front: Wheel) -> Wheel:
        Wheel.read({"size": front.size, "spare": True}, "like.")
        return front


WRONG = {"nmae": "a", "wheels": [{"size": 100}, {"tyre": "wintre", "spar": 1}]}


def refusals(make: Callable[[], Any]) -> list[str]:
    with pytest.raises(InputError) as caught:
        make()
    assert caught.value.__suppress_context__, "pydantic's own words would only repeat it"
    return [str(problem) for problem in caught.value.problems]


def test_a_constructor_names_its_class_and_the_field() -> None:
    assert refusals(lambda: Wheel(size="big")) == ["Wheel.size: must be a whole number, got 'big'"]


def test_plain_data_from_elsewhere_is_named_by_its_reader() -> None:
    data = {"name": "a", "wheels": [{"size": 16}, {"size": "16"}]}
    message = "wheels[1].size: must be a whole number, got '16'; leave the quotes out"
    assert refusals(lambda: Car.read(data, "cars.yaml line 3: ")) == [f"cars.yaml line 3: {message}"]
    assert refusals(lambda: Car.model_validate(data)) == [f"Car.{message}"]
    assert refusals(lambda: Car.read(data)) == [message]


def test_everything_wrong_is_reported_at_once_at_every_depth() -> None:
    assert refusals(lambda: Car.model_validate(WRONG)) == [
        "Car.name: must be given",
        "Car.wheels[0].size: must be a size, got 100; measure it",
        "Car.wheels[1].tyre: must be 'summer' or 'winter', got 'wintre'; did you mean 'winter'?",
        "Car.wheels[1].spar: is not a field of wheels, got 1; did you mean 'spare'?",
        "Car.nmae: is not a field of Car, got 'a'; did you mean 'name'?",
    ]


def test_the_id_of_a_rule_reaches_the_error() -> None:
    with pytest.raises(InputError, match=r"Wheel\.size: must be a size, got 100; measure it \[CEK9001\]$"):
        Wheel(size=100)


def test_a_whole_section_that_breaks_a_rule_is_not_shown_again() -> None:
    assert refusals(lambda: Car(name="a", wheels=[{"spare": True, "size": 21}])) == [
        "Car.wheels[0]: must be small to be a spare; leave spare out"
    ]


def test_a_part_that_is_refused_inside_a_validator_keeps_its_place() -> None:
    assert refusals(lambda: Car(name="a", front={"size": 22})) == [
        "Car.front.like: must be small to be a spare; leave spare out"
    ]


def test_a_value_that_is_neither_a_number_nor_text_has_one_problem() -> None:
    assert refusals(lambda: Wheel(code=[])) == ["Wheel.code: must be a whole number or text, got []"]


@pytest.mark.parametrize("name", ["int", "str"])
def test_a_key_with_the_name_of_a_type_is_a_key(name: str) -> None:
    assert refusals(lambda: Car(name="a", labels={name: 1})) == [
        f"Car.labels.{name}: must be text, got 1; quote it: '1'"
    ]


def test_keys_named_as_types_are_blamed_one_by_one() -> None:
    assert len(refusals(lambda: Car(name="a", labels={"int": 1, "str": 2}))) == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "must be a mapping, got []"),
        ({1: 2}, "Car[1]: must have text as its name"),
        ({"name": None}, "Car.name: must be text, got None; leave the key out for its default"),
        ({"name": True}, "Car.name: must be text, got True; quote it: 'true'"),
        ({"name": "a", "wheels": {}}, "Car.wheels: must be a list, got {}; write '- ' before each item"),
        ({"name": "a", "wheels": "b"}, "Car.wheels: must be a list, got 'b'; write it as a list: [b]"),
        ({"name": "a", "wheels": [{"spare": "on"}]}, "must be true or false, got 'on'; leave the quotes out"),
        ({"name": "a", "labels": 1}, "Car.labels: must be a mapping of names to values, got 1"),
        ({"name": "a", "xyz": 1}, "got 1; known fields are name, wheels, labels, front"),
    ],
)
def test_the_wrong_form_comes_with_the_right_one(data: Any, message: str) -> None:
    assert message in "\n".join(refusals(lambda: Car.model_validate(data)))


def test_a_long_value_is_cut() -> None:
    assert repr(shown("a" * 200)) == f"'{'a' * 119}..."
    assert shown("a") == "a"


def test_a_number_that_python_does_not_print_is_described() -> None:
    assert repr(shown(10**5000)) == "a number of thousands of digits"


def test_a_value_object_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Wheel().size = 1  # type: ignore[misc]


def test_parts_of_a_whole_are_built_without_their_constructors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each constructor's own `InputError` would cost time, and is not needed inside a whole."""
    monkeypatch.setattr(Wheel, "__init__", None)
    assert Car(name="a", wheels=[{"size": 17}]).wheels[0].size == 17
