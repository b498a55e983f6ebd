"""The table of actions, beside the copy of AWS's Service Authorization Reference that cfn-lint carries."""

from __future__ import annotations

import importlib.resources
import json
from functools import cache
from typing import Any

import pytest

from rehearsal.aws.iam.reference import ACTION_OF, ACTIONS, CREATED

OF_REQUESTS = {"aws:RequestTag", "aws:TagKeys", "ec2:CreateAction"}
"""Keys of the request rather than of a resource, of which cfn-lint's copy has a part only."""


@cache
def reference() -> dict[str, Any]:
    text = importlib.resources.files("cfnlint.data.AdditionalSpecs").joinpath("Policies.json").read_text()
    found: dict[str, Any] = json.loads(text)
    return found


def resources_of(action: str) -> set[str]:
    service, name = action.split(":")
    return set(reference()[service]["Actions"][name.lower()].get("Resources", ()))


def keys_of(service: str, resource_type: str) -> set[str]:
    keys = reference()[service]["Resources"][resource_type].get("ConditionKeys", ())
    return {key.split("/")[0] for key in keys}


@pytest.mark.parametrize("action", sorted({*ACTIONS, *ACTION_OF.values()}))
def test_aws_knows_the_action_with_these_types_of_resources(action: str) -> None:
    assert set(ACTIONS[action]) <= resources_of(action)
    assert bool(ACTIONS[action]) == bool(resources_of(action))


@pytest.mark.parametrize(
    ("action", "resource_type"), [(action, kind) for action, kinds in ACTIONS.items() for kind in kinds]
)
def test_aws_knows_the_condition_keys_of_the_resource(action: str, resource_type: str) -> None:
    own = ACTIONS[action][resource_type] - OF_REQUESTS
    assert own <= keys_of(action.split(":")[0], resource_type)


@pytest.mark.parametrize("action", CREATED)
def test_what_an_action_makes_is_a_resource_of_it(action: str) -> None:
    assert CREATED[action] in resources_of(action)
