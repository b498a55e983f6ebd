"""A VPC that another account shares: the app does not extend it, and its owner is in the ARNs."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from cfnlint.api import lint_all

from app import build, context
from cdk_eks_cilium.settings import load
from tests.small_apps import TEMPLATES_ONLY, Synthesized
from tests.stacks.conftest import SETTINGS


@pytest.fixture(scope="module")
def shared() -> tuple[Synthesized, Synthesized]:
    """The network's and the cluster's stack."""
    app = cdk.App(context={**context(), **TEMPLATES_ONLY}, builtin_cloud_formation_validation=False)
    network, cluster, _ = build(app, load(SETTINGS["shared-vpc"]))
    return Synthesized(network), Synthesized(cluster)


def test_nothing_is_made_in_the_shared_vpc(shared: tuple[Synthesized, Synthesized]) -> None:
    kinds = [each["Type"] for each in shared[0].template["Resources"].values()]

    assert kinds == ["AWS::CloudFormation::WaitConditionHandle"]


def test_every_arn_of_a_subnet_or_the_vpc_has_its_owner(shared: tuple[Synthesized, Synthesized]) -> None:
    found = [arn for arn in _texts(shared[1].template) if ":subnet/" in arn or ":vpc/" in arn]

    assert len(found) == 4
    assert all(arn.startswith("arn:aws:ec2:eu-west-1:444455556666:") for arn in found)


def test_interfaces_and_groups_are_the_account_s_own(shared: tuple[Synthesized, Synthesized]) -> None:
    made = (":network-interface/", ":security-group/", ":instance/")
    found = [arn for arn in _texts(shared[1].template) if any(kind in arn for kind in made)]

    assert found
    assert all(arn.startswith("arn:aws:ec2:eu-west-1:111122223333:") for arn in found)


def test_the_only_warnings_are_about_tags_that_the_owner_sets(
    shared: tuple[Synthesized, Synthesized],
) -> None:
    network, cluster = shared

    assert network.messages == []
    assert all("Could not auto-tag private subnet" in text for text in cluster.messages)


def test_both_templates_are_clean(shared: tuple[Synthesized, Synthesized]) -> None:
    # W3005: CDK writes dependencies that a reference already implies.
    found = [match for stack in shared for match in lint_all(json.dumps(stack.template))]

    assert [str(match) for match in found if match.rule.id != "W3005"] == []


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in _texts(part)]
