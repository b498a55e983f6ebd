"""``migrate check`` lists what opens and closes while pods move."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main
from tests.docs.blocks import ROOT

SHOP = str(ROOT / "examples/03-migration/policies")


def check(*arguments: str) -> int:
    return main(["migrate", "check", *arguments])


def test_what_only_opens_is_good(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(SHOP, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [(each["from"], each["opens"], each["closes"]) for each in found] == [
        ("batch/report", [["old", "new"]], []),
        ("kube-system/coredns", [["old", "new"]], []),
    ]


def test_what_closes_is_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(SHOP, "--old-pods-stay-out") == 1
    title, head, *rows = capsys.readouterr().out.splitlines()
    assert title == "2 of 9 connections are others while pods move, or after it"
    assert head.split("  ")[0] == "Connection"
    assert [row.split() for row in rows] == [
        ["shop/web", "->", "shop/db", "TCP", "5432", "yes", "closes", "closes"],
        ["shop/web", "->", "kube-system/coredns", "UDP", "53", "yes", "closes"],
    ]


def test_another_verdict_after_the_move_is_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(SHOP, "--aws-node-is-open", "--json") == 1
    assert [each["closes"] for each in json.loads(capsys.readouterr().out)] == [[["new", "new"]]] * 2


def test_a_cluster_without_policies_stays_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pods = [text for text in Path(SHOP, "shop.yaml").read_text().split("---") if "NetworkPolicy" not in text]
    (tmp_path / "pods.yaml").write_text("---".join(pods))
    assert check(str(tmp_path)) == 0
    assert capsys.readouterr().out == "all 9 connections stay as they are while pods move, and after it\n"


def test_files_without_ports_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "none.yaml").write_text("{apiVersion: v1, kind: Namespace, metadata: {name: a}}")
    assert check(str(tmp_path)) == 1
    assert "files: must contain workloads with ports; also name files with pods" in capsys.readouterr().err
