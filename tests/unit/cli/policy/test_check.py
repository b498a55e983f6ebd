from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main

POLICY = (
    "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: web, namespace: shop{more}}}\n"
    "spec:\n  endpointSelector: {{}}\n  egress:\n  - toFQDNs: [{{matchName: example.com}}]\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "web.yaml"
    path.write_text(POLICY.format(more=""))
    return path


def test_findings_are_printed_and_end_with_1(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", str(file)]) == 1
    captured = capsys.readouterr()
    assert "CiliumNetworkPolicy shop/web spec.egress[0]" in captured.out
    assert captured.err.startswith("1 policy: ")


def test_a_policy_with_nothing_to_find_ends_with_0(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: web, namespace: shop}\n"
        "spec: {endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {app: api}}]}]}\n"
    )
    assert main(["policy", "check", str(file)]) == 0
    assert capsys.readouterr().err == "1 policy: nothing found\n"


def test_what_the_release_refuses_is_a_finding(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(
        POLICY.format(more="").replace("  egress", "  enableDefaultDeny: {egress: true}\n  egress")
    )
    assert main(["policy", "check", "--cilium", "1.15.19", str(file)]) == 1
    assert "needs Cilium 1.16" in capsys.readouterr().out


def test_exceptions_are_kept_apart_with_their_reason(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", "--json", str(file)]) == 1
    found = {each["id"] for each in json.loads(capsys.readouterr().out)["findings"]}
    meant = "; ".join(f"{each}: meant so" for each in sorted(found))
    file.write_text(POLICY.format(more=f", annotations: {{cdk-eks-cilium/ignore: '{meant}'}}"))
    assert main(["policy", "check", "--json", str(file)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["findings"] == []
    assert {each["because"] for each in report["suppressed"]} == {"meant so"}
    assert main(["policy", "check", str(file)]) == 0
    assert capsys.readouterr().err.endswith("suppressed with a reason\n")


def test_files_without_a_policy_are_refused(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("")
    assert main(["policy", "check", str(file)]) == 1
    assert "must contain a policy of Cilium" in capsys.readouterr().err
