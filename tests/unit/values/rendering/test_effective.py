"""What templates see: written values over the chart's defaults, and what a null takes away."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values import CiliumValues
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.versions import CiliumVersion


def effective(number: str = "1.19.6", /, **overrides: Any) -> EffectiveValues:
    return EffectiveValues.of(CiliumValues(overrides=overrides), CiliumVersion.of(number))


def test_a_value_that_nobody_writes_is_the_default_of_the_release() -> None:
    assert effective("1.18.12").get("authentication.enabled") is True
    assert effective("1.19.6").get("authentication.enabled") is False


def test_an_override_wins_over_the_default_and_over_the_typed_values() -> None:
    assert effective(debug={"enabled": True}).get("debug.enabled") is True
    assert effective().get("hubble.relay.enabled") is True


@pytest.mark.parametrize(
    ("overrides", "path"),
    [
        ({"debug": {"enabled": None}}, "debug.enabled"),
        ({"debug": None}, "debug.enabled"),
        ({"debug": 7}, "debug.enabled"),
        ({}, "no.such.key"),
        ({}, "image.tag"),
        ({}, "bpf.events"),
    ],
    ids=["null", "null above", "plain above", "unknown", "changing", "section"],
)
def test_templates_find_nothing(overrides: dict[str, Any], path: str) -> None:
    assert effective(**overrides).get(path) is MISSING


@pytest.mark.parametrize(
    ("value", "taken"), [(True, True), ("x", True), (0, False), ("", False), ([], False)]
)
def test_an_if_of_a_template_takes_what_is_not_empty(value: Any, taken: bool) -> None:
    assert effective(extraEnv=value).on("extraEnv") is taken


def test_a_section_is_true_until_it_is_null() -> None:
    assert effective().on("bandwidthManager")
    assert effective(bandwidthManager={"bbr": True}).on("bandwidthManager")
    assert not effective(bandwidthManager=None).on("bandwidthManager")


@pytest.mark.parametrize(
    ("overrides", "path", "clears"),
    [
        ({"debug": None}, "debug", True),
        ({"envoy": {"log": None}}, "envoy.log", True),
        ({"extraConfig": None}, "extraConfig", True),
        ({}, "debug", False),
        ({"debug": {}}, "debug", False),
        ({"debug": None}, "debug.enabled", False),
        ({"upgradeCompatibility": None}, "upgradeCompatibility", False),
    ],
)
def test_a_null_clears_only_where_the_chart_has_a_default(
    overrides: dict[str, Any], path: str, clears: bool
) -> None:
    assert effective(**overrides).clears(path) is clears


def test_a_null_section_of_the_templates_alone_is_told_apart() -> None:
    assert list(effective("1.12.19", hostServices=None, debug=None).null_sections()) == ["hostServices"]
