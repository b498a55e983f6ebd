"""The input that other packages get from the settings."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.settings import (
    NodeGroupSettings,
    Settings,
    cilium_values,
    cilium_version,
    egress_interface,
    parse,
    primary_interface,
)
from cdk_eks_cilium.values import CiliumValues, Egress, Encryption, Eni, Hubble
from cdk_eks_cilium.versions.cilium import CiliumVersion


def test_the_defaults_are_those_of_the_library() -> None:
    assert cilium_values(Settings()) == CiliumValues()
    assert cilium_version(Settings()) == CiliumVersion.DEFAULT


def test_every_choice_reaches_the_values() -> None:
    settings = parse(
        {
            "aws_node": "never-install",
            "tags": {"team": "platform"},
            "cilium": {
                "version": "1.20.0",
                "egress": "pod",
                "hubble": {"relay": True, "ui": False},
                "kube_proxy_replacement": True,
                "encryption": "wireguard",
                "overrides": {"bpf": {"mapDynamicSizeRatio": 0.005}},
            },
        }
    )
    assert cilium_values(settings) == CiliumValues(
        egress=Egress.pod(),
        hubble=Hubble(relay=True, ui=False),
        kube_proxy_replacement=True,
        encryption=Encryption(),
        eni=Eni(tags={"team": "platform"}),
        overrides={"bpf": {"mapDynamicSizeRatio": 0.005}},
    )
    assert cilium_version(settings).number == "1.20.0"


@pytest.mark.parametrize(
    ("group", "name"),
    [
        (NodeGroupSettings(name="a"), "eth0"),
        (NodeGroupSettings(name="a", image="al2"), "eth0"),
        (NodeGroupSettings(name="a", image="al2023"), None),
        (NodeGroupSettings(name="a", image="al2023", primary_interface="ens34"), "ens34"),
    ],
)
def test_the_image_decides_how_the_first_interface_is_called(
    group: NodeGroupSettings, name: str | None
) -> None:
    assert primary_interface(group) == name


def test_the_egress_interface_is_the_interface_of_the_nodes() -> None:
    group = {"name": "a", "image": "al2023", "primary_interface": "ens5"}
    settings = parse({"node_groups": [group]})
    assert egress_interface(settings) == "ens5"
    assert cilium_values(settings).egress == Egress.node("ens5")


def test_one_guaranteed_node_gets_one_operator() -> None:
    """Two operators never share a node, and the second would stay pending."""
    alone = parse({"node_groups": [{"name": "a", "min_size": 1}]})
    assert cilium_values(alone).operator.replicas == 1
    pair = parse({"node_groups": [{"name": "a", "min_size": 1}, {"name": "b", "min_size": 1}]})
    assert cilium_values(pair).operator.replicas == 2


def test_the_article_keeps_its_two_operators() -> None:
    settings = parse(
        {"cilium": {"profile": "article", "version": "1.12.1"}, "node_groups": [{"name": "a", "min_size": 1}]}
    )
    assert cilium_values(settings) == CiliumValues(profile="article")
