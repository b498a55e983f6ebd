"""Which values each setting accepts by itself, and how it refuses others."""

from __future__ import annotations

import pydantic
import pytest

from cdk_eks_cilium.settings import NodeGroupSettings, Settings, parse
from tests.unit.settings.refusals import refusal


def test_empty_settings_are_a_whole_environment() -> None:
    settings = parse({})
    assert settings == Settings()
    assert [each.name for each in settings.node_groups] == ["workers"]
    assert settings.network.availability_zones == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]


@pytest.mark.parametrize("field", ["name", "region"])
def test_settings_cannot_be_changed(field: str) -> None:
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        setattr(Settings(), field, "other")


def test_every_existing_version_is_valid() -> None:
    assert parse({"cilium": {"version": "1.18.12"}}).cilium.version == "1.18.12"


@pytest.mark.parametrize("block", ["203.0.113.7/32", "8.8.8.0/24", "192.0.2.0/24"])
def test_the_public_endpoint_takes_ranges_of_the_internet(block: str) -> None:
    settings = parse({"endpoint_access": {"public_cidrs": [block]}})
    assert settings.endpoint_access.public_cidrs == [block]


def test_an_empty_list_of_ranges_means_a_private_endpoint() -> None:
    assert parse({"endpoint_access": {"public_cidrs": []}}).endpoint_access.private_only
    assert not Settings().endpoint_access.private_only


def test_a_policy_is_an_access_policy_of_eks() -> None:
    settings = parse(
        {"access": [{"principal_arn": "arn:aws:iam::111122223333:user/jane", "policy": "cluster-admin"}]}
    )
    assert settings.access[0].policy_name == "AmazonEKSClusterAdminPolicy"


def test_overrides_hold_what_a_values_file_can() -> None:
    import datetime

    (message,) = refusal({"cilium": {"overrides": {"a": {"b": [datetime.date(2026, 1, 1)]}}}})
    assert message == (
        "cilium.overrides: must hold only text, numbers, true, false, lists and mappings, unlike "
        "a.b[0], got datetime.date(2026, 1, 1); quote it"
    )
    assert refusal({"cilium": {"overrides": {"a": float("inf")}}})[0].startswith(
        "cilium.overrides: must hold only"
    )
    assert refusal({"cilium": {"overrides": {"a": {1: 2}}}})[0].startswith("cilium.overrides: must hold only")


def test_a_group_begins_with_its_fewest_nodes_but_with_one_at_least() -> None:
    assert NodeGroupSettings(name="a", min_size=3).initial_size == 3
    assert NodeGroupSettings(name="a", min_size=0).initial_size == 1
    assert NodeGroupSettings(name="a", min_size=0, desired_size=0).initial_size == 0


def test_a_long_value_is_shown_by_its_beginning() -> None:
    (message,) = refusal({"name": "-" + "x" * 5000})
    assert len(message) < 600
    assert "xxx..." in message


def test_networks_with_a_route_to_the_vpc_may_reach_the_private_endpoint() -> None:
    given = ["10.8.0.0/16", "100.64.0.0/16", "198.51.100.0/24"]
    assert parse({"endpoint_access": {"private_cidrs": given}}).endpoint_access.private_cidrs == given
    assert Settings().endpoint_access.private_cidrs == []
