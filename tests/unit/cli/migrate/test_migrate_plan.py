"""``migrate plan`` prints the commands of the phase ``move``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main

LABELS = "{io.cilium.migration/cilium-default: 'true'}"
NEW = f"{{kind: Node, apiVersion: v1, metadata: {{name: new, labels: {LABELS}}}}}"
OLD = "{kind: Node, apiVersion: v1, metadata: {name: a1, labels: {eks.amazonaws.com/nodegroup: old}}}"
ALONE = "{kind: Pod, apiVersion: v1, metadata: {name: x, namespace: shop}, spec: {nodeName: a1}}"


def plan(tmp_path: Path, *objects: str, more: tuple[str, ...] = ()) -> int:
    file = tmp_path / "cluster.yaml"
    file.write_text("\n---\n".join(objects))
    return main(["migrate", "plan", str(file), "--cluster-name", "shop", *more])


def test_the_commands_are_listed_in_their_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert plan(tmp_path, NEW, OLD) == 0
    out = capsys.readouterr().out
    places = [
        out.index(word)
        for word in ("kubectl cordon", "coredns", "kubectl drain", "aws eks delete", "4. deploy")
    ]
    assert places == sorted(places)


def test_what_stops_a_drain_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert plan(tmp_path, NEW, OLD, ALONE) == 1
    assert "pod shop/x: no controller makes it anew" in capsys.readouterr().out


def test_without_new_nodes_it_says_which_phase_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan(tmp_path, OLD) == 1
    assert "no node has Cilium yet: deploy the phase 'move' first" in capsys.readouterr().out


def test_without_old_nodes_the_end_is_near(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert plan(tmp_path, NEW) == 0
    assert capsys.readouterr().out == "no old nodes are left: deploy the phase 'finish'\n"


def test_the_plan_as_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert plan(tmp_path, NEW, OLD, more=("--json",)) == 0
    assert json.loads(capsys.readouterr().out)["newNodes"] == 1
