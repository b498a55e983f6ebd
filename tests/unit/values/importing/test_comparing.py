from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.importing import (
    ConfigDifference,
    config_differences,
    config_in,
    effective_differences,
)
from cdk_eks_cilium.versions import CiliumVersion

ENI: dict[str, Any] = {"eni": {"enabled": True}}


def differences(
    theirs: dict[str, Any], ours: dict[str, Any], number: str = "1.19.6"
) -> list[ConfigDifference]:
    return effective_differences({**ENI, **theirs}, {**ENI, **ours}, CiliumVersion.of(number))


def test_a_value_is_compared_with_the_default_of_the_chart() -> None:
    assert differences({"debug": {"enabled": False}}, {}) == []
    assert differences({"debug": {"enabled": True}}, {}) == [ConfigDifference("debug.enabled", True, False)]


@pytest.mark.parametrize(
    "theirs",
    [
        {"ipam": {"mode": "eni"}, "routingMode": "native"},
        {"cluster": {"name": "shop"}},
        {"rollOutCiliumPods": True},
        {"kubeProxyReplacement": "false"},
        {"egressMasqueradeInterfaces": "eth0"},
        {"mine": 1},
    ],
)
def test_what_means_the_same_or_is_not_configuration_does_not_differ(theirs: dict[str, Any]) -> None:
    assert differences(theirs, {}) == []


def test_masquerading_that_the_chart_turns_off_differs_from_what_is_written() -> None:
    assert differences({}, {"enableIPv4Masquerade": True}, "1.18.12") == [
        ConfigDifference("enableIPv4Masquerade", False, True)
    ]
    assert differences({}, {"enableIPv4Masquerade": True}, "1.17.18") == []


def test_two_config_maps_are_compared_key_by_key() -> None:
    assert config_differences({"a": "1", "b": "2"}, {"b": "3", "c": "4"}) == [
        ConfigDifference("a", "1", MISSING),
        ConfigDifference("b", "2", "3"),
        ConfigDifference("c", MISSING, "4"),
    ]


def test_the_config_map_of_the_agents_is_found_among_the_manifests() -> None:
    text = "---\n---\nkind: ConfigMap\nmetadata: {name: cilium-config}\ndata: {ipam: eni}\n"
    assert config_in(text) == {"ipam": "eni"}
    assert config_in("kind: Secret\nmetadata: {name: cilium-config}\n") == {}
