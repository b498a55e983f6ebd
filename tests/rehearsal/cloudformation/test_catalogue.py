from __future__ import annotations

import pytest

from rehearsal.aws.handler import ResourceError
from rehearsal.cloudformation import catalogue
from rehearsal.cloudformation.catalogue import find, handler_for, handlers, traits


def test_every_type_says_where_its_duration_is_from() -> None:
    assert {"AWS::EC2::VPC", "AWS::Lambda::Function", "Custom::"} <= handlers().keys()
    assert [name for name, handler in handlers().items() if not handler.duration.source] == []


def test_a_custom_resource_without_a_handler_of_its_own_is_played_as_any() -> None:
    assert find("Custom::Thing") is handlers()["Custom::"]
    assert find("Custom::AWSCDK-EKS-HelmChart") is not handlers()["Custom::"]


def test_an_unknown_type_has_no_traits_and_is_refused_when_it_is_made() -> None:
    assert (traits("AWS::Quantum::Computer").adversary, traits("AWS::Quantum::Computer").notable) == (
        None,
        False,
    )
    with pytest.raises(ResourceError, match="does not know AWS::Quantum::Computer; add a handler in"):
        handler_for("AWS::Quantum::Computer")


def test_two_handlers_of_one_type_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    (first, *_) = catalogue._FOLDERS
    monkeypatch.setattr(catalogue, "_FOLDERS", (first, first))
    with pytest.raises(TypeError, match=r"AWS::\S+ has two handlers"):
        handlers.__wrapped__()


def test_a_function_in_a_vpc_takes_longer() -> None:
    function = traits("AWS::Lambda::Function")
    inside = function.duration_for({"VpcConfig": {"SubnetIds": ["subnet-1"]}})
    assert inside.seconds > function.duration_for({}).seconds
