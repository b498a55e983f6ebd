"""Every command says what it left out, and what it took for granted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdk_eks_cilium.cli import main

GOOD = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: own, namespace: shop}
spec: {endpointSelector: {}, ingress: [{fromEndpoints: [{}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, image: x}]}
"""
BROKEN = (
    "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: bad, namespace: shop}\n"
    "spec: {endpointSelector: {}, ingres: []}\n"
)
SEEN = {
    "flow": {
        "time": "2026-01-02T03:04:05Z",
        "verdict": "FORWARDED",
        "IP": {"source": "10.0.0.1", "destination": "10.0.0.2", "ipVersion": "IPv4"},
        "l4": {"TCP": {"source_port": 40000, "destination_port": 80, "flags": {"SYN": True}}},
        "source": {"namespace": "shop", "labels": ["k8s:app=web"], "pod_name": "web"},
        "destination": {"namespace": "shop", "labels": ["k8s:app=web"], "pod_name": "web-2"},
        "Type": "L3_L4",
        "event_type": {"type": 4},
        "traffic_direction": "INGRESS",
        "is_reply": False,
    }
}
EXPECTATIONS = 'expectations: [{name: own, from: shop/web, to: "shop/web:80", expect: allowed}]\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (
        ("good.yaml", GOOD),
        ("new/good.yaml", GOOD),
        ("new/broken.yaml", BROKEN),
        ("wanted.yml", EXPECTATIONS),
        ("flows.json", json.dumps(SEEN) + "\n"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    "call",
    [
        "explain --from shop/web --to shop/web:80 new",
        "matrix new",
        "draw new",
        "check new",
        "exposure shop/web new",
        "test wanted.yml new",
        "diff good.yaml new",
        "replay flows.json new",
        "suggest flows.json new",
    ],
)
def test_a_broken_policy_is_named_and_the_command_ends_with_1(
    call: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", *call.split()]) == 1
    printed = capsys.readouterr()
    assert (
        "left out, answers may differ: new/broken.yaml line 1: CiliumNetworkPolicy bad: spec.ingres: "
        "is not a field of spec; did you mean 'ingress'? [CEK0007]"
    ) in printed.out + printed.err


@pytest.mark.parametrize(
    ("call", "place"),
    [
        ("explain --from shop/web --to shop/web:80 --json new", lambda data: data),
        ("exposure --json shop/web new", lambda data: data),
        ("test --json wanted.yml new", lambda data: data),
        ("diff --json good.yaml new", lambda data: data["new"]),
        ("replay --json flows.json new", lambda data: data),
        ("suggest --json flows.json new", lambda data: data),
    ],
)
def test_json_has_what_was_left_out(
    call: str, place: Callable[[Any], Any], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", *call.split()]) == 1
    (left_out,) = place(json.loads(capsys.readouterr().out))["leftOut"]
    assert left_out["where"].startswith("new/broken.yaml line 1")


def test_a_matrix_without_workloads_says_which_files_were_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = GOOD.partition("---")[0]
    (folder / "policy.yaml").write_text(policy)
    assert main(["policy", "matrix", "policy.yaml", "new/broken.yaml"]) == 1
    assert capsys.readouterr().err == (
        "2 problems\n"
        "  new/broken.yaml line 1: CiliumNetworkPolicy bad: spec.ingres: is not a field of spec; "
        "did you mean 'ingress'? [CEK0007]\n"
        "  files: must contain workloads; also name files with pods, or with what makes pods [CEK7017]\n"
    )


GUARD = """\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: guard}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}
  ingress: [{action: Deny, from: [{namespaces: {}}]}]
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {containers: [{name: c, image: x}]}
---
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: tools}
spec: {containers: [{name: c, image: x}]}
"""


def test_a_workload_that_a_tier_keeps_others_out_of_is_open_to_nobody_of_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "guard.yaml").write_text(GUARD)
    assert main(["policy", "exposure", "shop/web", "guard.yaml", "--cilium", "1.20.0"]) == 0
    printed = capsys.readouterr()
    assert "open to everyone" not in printed.out
    assert "tools" not in printed.out
    assert "taken as enforced: ClusterNetworkPolicy guard" in printed.err
    assert main(["policy", "matrix", "guard.yaml", "--cilium", "1.20.0"]) == 0
    assert (
        "shop/web is open for ingress and egress, but for what rules deny: no policy isolates it\n"
    ) in capsys.readouterr().out
