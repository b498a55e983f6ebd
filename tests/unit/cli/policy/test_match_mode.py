"""Ranges that mean nodes or pods, by an option or by the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main

WORLD = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec: {endpointSelector: {matchLabels: {app: web}}, egress: [{toCIDR: [10.0.0.0/16]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
---
apiVersion: v1
kind: Node
metadata: {name: one}
status: {addresses: [{type: InternalIP, address: 10.0.0.1}]}
"""


@pytest.fixture
def world(tmp_path: Path) -> str:
    path = tmp_path / "world.yaml"
    path.write_text(WORLD)
    return str(path)


def explain(*arguments: str) -> int:
    return main(["policy", "explain", "--from", "shop/web", "--to", *arguments])


def test_a_range_means_a_node_where_the_option_says_so(
    world: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain("entity:remote-node:10250", world) == 1
    assert explain("entity:remote-node:10250", "--cidr-match-mode", "nodes", world) == 0
    assert explain("entity:remote-node:10250", "--cidr-match-mode", "pods", world) == 1
    assert "a rule allows it" in capsys.readouterr().out


def test_the_settings_say_what_ranges_mean(world: str, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text(
        "name: demo\naccount: '111111111111'\nregion: eu-west-1\n"
        "network: {availability_zones: [eu-west-1a, eu-west-1b]}\n"
        "cilium: {overrides: {policyCIDRMatchMode: nodes}}\n"
    )

    assert explain("entity:remote-node:10250", "--settings", str(settings), world) == 0


def test_the_address_of_a_node_is_the_node(world: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("cidr:10.0.0.1:10250", world) == 1
    assert capsys.readouterr().out.startswith("denied: shop/web -> entity remote-node TCP 10250")
