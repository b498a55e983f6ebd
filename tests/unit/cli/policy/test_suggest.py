from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cdk_eks_cilium.cli import main
from cdk_eks_cilium.policy import load_policies, read_text
from tests.hubble_flows import DROPPED, LEAVING, WORLD, flow, lines, pod

WEB, API = pod("web"), pod("api")


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    addresses = {"source": "100.64.0.1", "destination": "203.0.113.7"}
    records = [
        flow(WEB, API, 8443),
        flow(WEB, API, 80, **DROPPED),
        flow(WEB, WORLD, 443, destination_names=["pay.example.com"], IP=addresses, **LEAVING),
    ]
    file = tmp_path / "flows.jsonpb"
    file.write_text(lines(records), encoding="utf-8")
    return file


def suggest(flows: Path, *more: object) -> int:
    return main(["policy", "suggest", str(flows), *map(str, more)])


def test_policies_are_printed_as_yaml_with_the_proof_beside(
    flows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert suggest(flows) == 0
    out, err = capsys.readouterr()
    assert [one.name for one in load_policies(read_text(out, "output"))] == ["api", "web"]
    assert out.startswith("# No flow was seen in egress, which is shut\napiVersion: cilium.io/v2\n")
    assert (
        "---\n"
        "# Wider than what was seen: DNS servers k8s-app=kube-dns in kube-system, because no other was seen\n"
        "# Wider than what was seen: DNS questions for any name, because no question was recorded\n"
        "# No flow was seen in ingress, which is shut\n"
    ) in out
    assert err.splitlines() == [
        "conversations left out, which policies refused: 1; --dropped allows them",
        "proof: conversations that pass: 2, that do not: 0",
        "proof: pairs probed at every port: 16, open though not seen: 0",
    ]


def test_policies_are_printed_as_python(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert suggest(flows, "--python") == 0
    made: dict[str, Any] = {}
    exec(capsys.readouterr().out, made)
    assert suggest(flows) == 0
    assert made["policies"] == load_policies(read_text(capsys.readouterr().out, "output"))


def test_policies_are_printed_as_json(flows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert suggest(flows, "--json", "--namespace", "shop", "--dropped") == 0
    data = json.loads(capsys.readouterr().out)
    assert [each["policy"]["metadata"]["name"] for each in data["policies"]] == ["api", "web"]
    assert (data["proof"]["passing"], data["proof"]["failing"]) == (3, [])


def test_a_proof_that_fails_ends_with_1(
    flows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    denial = tmp_path / "denial.yaml"
    denial.write_text(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: denial, namespace: shop}\n"
        "spec: {endpointSelector: {}, ingressDeny: [{fromEntities: [all]}]}\n",
        encoding="utf-8",
    )
    assert suggest(flows, denial) == 1
    assert (
        "proof: conversations that pass: 1, that do not: 1\n"
        "  shop/web -> shop/api TCP 8443: denied in ingress: a rule denies it, and a denial wins over every "
        "allow\n"
    ) in capsys.readouterr().err


def test_flows_that_say_nothing_give_no_policy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "flows"
    file.write_text(lines([flow(WEB, API, is_reply=True)]), encoding="utf-8")
    assert suggest(file) == 0
    assert capsys.readouterr().out == ""
    assert suggest(file, "--python") == 0
    assert "policies = []" in capsys.readouterr().out


def test_input_without_flows_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "flows"
    file.write_text("apiVersion: v1\n", encoding="utf-8")
    assert suggest(file) == 1
    assert "must contain flows, one JSON object a line" in capsys.readouterr().err
