from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main

WORLD = str(Path(__file__).with_name("world.yaml"))


def matrix(*options: str) -> int:
    return main(["policy", "matrix", *options, WORLD])


def test_pairs_are_listed_with_their_ports(capsys: pytest.CaptureFixture[str]) -> None:
    assert matrix("--also", "fqdn:gitlab.com", "--also", "entity:world") == 0
    out = capsys.readouterr().out
    title, head, *lines = out.splitlines()
    assert title == "Who may reach whom; pairs that are not listed may not"
    starts = [head.index(name) for name in ("From", "To", "Ports", "Denied")]
    rows = [[line[a:b].strip() for a, b in zip(starts, [*starts[1:], None], strict=True)] for line in lines]
    assert ["gitlab/runner", "kube-system/coredns", "TCP/UDP/SCTP 53 only for DNS *", ""] in rows
    assert ["", "fqdn gitlab.com", "TCP 443", ""] in rows
    assert ["entity world", "kube-system/coredns", "all ports", ""] in rows


def test_open_workloads_are_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert matrix() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-3:] == [
        "shop/web is open for egress: no policy isolates it",
        "kube-system/coredns is open for ingress and egress: no policy isolates it",
        "kube-system/cilium is on its node's network, where policies for pods do not hold",
    ]


def test_a_namespace_may_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert matrix("--namespace", "gitlab", "--also", "fqdn:gitlab.com", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [
        {
            "source": "gitlab/runner",
            "destination": "fqdn gitlab.com",
            "ports": "TCP 443",
            "limited": "",
            "limits": [],
            "denied": "",
            "unknown": "",
            "missing": [],
        }
    ]


def test_a_namespace_without_workloads_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert matrix("--namespace", "none") == 1
    assert "files: must contain workloads; workloads are in gitlab, kube-system, shop" in (
        capsys.readouterr().err
    )


def test_a_further_side_must_be_valid(capsys: pytest.CaptureFixture[str]) -> None:
    assert matrix("--also", "entity:moon") == 2
    assert "--also: must be an entity that can send or receive, got 'entity:moon'" in capsys.readouterr().err
