"""The frame of a custom resource, around a function that does nothing but say what it was asked."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from tests.lambda_.conftest import FakeContext

PROPERTIES = {"Name": "web", "Place": "here"}


class Function:
    """Keeps what it is asked; knows one property, ``Name``."""

    def __init__(self, code: SimpleNamespace, **more: Any) -> None:
        self.asked: list[tuple[str, str]] = []
        self.seconds = 0.0
        self._code = code
        self.resource = code.custom_resource.CustomResource(
            "thing",
            read=self._read,
            create=self._serve,
            update=self._serve,
            delete=self._serve,
            identity={"Place": "nowhere", "Name": "unknown"},
            **more,
        )

    def _read(self, raw: object) -> str:
        reader = self._code.readers.matching(re.compile("[a-z]+"), "must be a name", "pass one")
        return str(self._code.readers.read_all(raw, {"Name": reader})["Name"])

    def _serve(self, request: Any, name: str) -> dict[str, str] | None:
        self.asked.append((request.type, name))
        self.seconds = request.deadline(at_most=100).remaining
        return None if request.type == "Delete" else {"Name": name}

    def call(self, request_type: str, seconds: float = 60, **event: Any) -> dict[str, Any]:
        event = {"RequestType": request_type, "ResourceProperties": PROPERTIES, **event}
        result: dict[str, Any] = self.resource.handler(event, FakeContext(seconds))
        return result


@pytest.fixture
def function(code: SimpleNamespace) -> Function:
    return Function(code)


def test_each_type_of_request_is_served_with_the_properties_that_were_read(function: Function) -> None:
    for request_type in ("Create", "Update", "Delete"):
        function.call(request_type)
    assert function.asked == [("Create", "web"), ("Update", "web"), ("Delete", "web")]


def test_the_answer_has_the_attributes_if_there_are_some(function: Function) -> None:
    assert function.call("Create") == {"PhysicalResourceId": "thing/here/web", "Data": {"Name": "web"}}
    assert function.call("Delete", PhysicalResourceId="x") == {"PhysicalResourceId": "x"}


@pytest.mark.parametrize("event", [{"RequestType": "Read"}, {"RequestType": None}, {}])
def test_another_type_of_request_is_refused(
    event: dict[str, Any], function: Function, code: SimpleNamespace
) -> None:
    with pytest.raises(code.errors.PermanentError) as caught:
        function.resource.handler(event, FakeContext(60))
    assert str(caught.value) == (
        f"RequestType: must be Create, Update or Delete, got {event.get('RequestType')!r}"
    )


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_a_function_without_time_says_so(
    request_type: str, function: Function, code: SimpleNamespace
) -> None:
    with pytest.raises(code.errors.PermanentError) as caught:
        function.call(request_type, seconds=15)
    assert str(caught.value) == "function timeout: must be over 15 s, got 15.0 s; give it some minutes"


def test_the_deadline_leaves_the_reserve(code: SimpleNamespace) -> None:
    function = Function(code, reserve=25.0)
    function.call("Create", seconds=60)
    assert 34 < function.seconds <= 35


def test_a_function_may_take_a_part_of_the_time_only(function: Function) -> None:
    function.call("Create", seconds=900)
    assert 99 < function.seconds <= 100


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_wrong_properties_are_refused(request_type: str, function: Function, code: SimpleNamespace) -> None:
    with pytest.raises(code.errors.PermanentError) as caught:
        function.call(request_type, ResourceProperties={"Name": "1"})
    assert str(caught.value) == "Name: must be a name, got '1'; pass one"
    assert function.asked == []


@pytest.mark.parametrize("properties", [None, "text", {}, {"Name": 1}])
def test_a_delete_with_wrong_properties_does_nothing_and_succeeds_even_without_time(
    properties: object, function: Function, caplog: pytest.LogCaptureFixture
) -> None:
    event = {"ResourceProperties": properties, "PhysicalResourceId": "failed/odd id"}
    assert function.call("Delete", seconds=1, **event) == {"PhysicalResourceId": "failed/odd id"}
    assert function.asked == []
    assert "Name: must be a name, got" in caplog.text


def test_the_id_is_made_of_name_and_properties_in_their_order(function: Function) -> None:
    assert function.call("Create")["PhysicalResourceId"] == "thing/here/web"
    assert function.call("Create", ResourceProperties={"Name": "web"})["PhysicalResourceId"] == (
        "thing/nowhere/web"
    )


def test_the_known_id_stays_whatever_changes(function: Function) -> None:
    old = {"Name": "former", "Place": "there"}
    answer = function.call("Update", PhysicalResourceId="an-older-one", OldResourceProperties=old)
    assert answer["PhysicalResourceId"] == "an-older-one"


@pytest.mark.parametrize(
    ("old", "id"),
    [
        ({"Name": "former", "Place": "here"}, "an-older-one"),
        ({"Name": "web", "Place": "there"}, "thing/here/web"),
        ({"Name": "web"}, "thing/here/web"),
        (None, "an-older-one"),
    ],
)
def test_a_property_that_makes_another_resource_makes_another_id(
    old: object, id: str, code: SimpleNamespace
) -> None:
    function = Function(code, replaced_by=("Place",))
    answer = function.call("Update", PhysicalResourceId="an-older-one", OldResourceProperties=old)
    assert answer["PhysicalResourceId"] == id


def test_the_presigned_answer_url_is_in_no_request(code: SimpleNamespace) -> None:
    event = {"RequestType": "Create", "ResponseURL": "https://secret"}
    request = code.request.Request.of(event, FakeContext(60), 15, code.deadline.Clock())
    assert "secret" not in repr(request)
