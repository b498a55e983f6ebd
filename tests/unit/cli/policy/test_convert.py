from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from cdk_eks_cilium.cli import main

POLICY = (
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web, namespace: shop}\n"
    "spec: {podSelector: {}, ingress: [{}]}\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policies.yaml"
    path.write_text(POLICY)
    return path


def test_policies_are_printed_under_their_remarks(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "convert", str(file)]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("# spec.ingress[0]: allows everything in Kubernetes")
    assert yaml.safe_load(captured.out)["spec"]["ingress"] == [{"fromEntities": ["all"]}]
    assert captured.err == ""


def test_what_is_left_out_is_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(POLICY + "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\n")
    assert main(["policy", "convert", str(file)]) == 0
    assert capsys.readouterr().err == (
        f"left out, because they are not policies to convert: {file} line 6: Service s\n"
    )


def test_policies_are_printed_as_json(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "convert", "--json", str(file)]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["policy"]["metadata"] == {"name": "web", "namespace": "shop"}
    assert len(found["remarks"]) == 1


def test_files_without_a_policy_are_refused(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("")
    assert main(["policy", "convert", str(file)]) == 1
    assert (
        "must contain a policy to convert, such as a NetworkPolicy of Kubernetes" in capsys.readouterr().err
    )


def test_the_release_may_be_given(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(POLICY.replace("[{}]", "[{ports: [{port: 80, endPort: 90}]}]"))
    assert main(["policy", "convert", "--cilium", "1.15.19", str(file)]) == 1
    assert "endPort: needs Cilium 1.16, and this is for 1.15.19" in capsys.readouterr().err


def test_a_network_policy_of_another_group_is_left_out(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(
        f"{POLICY}---\napiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {{name: c}}\n"
        "spec: {selector: all()}\n"
    )
    assert main(["policy", "convert", str(file)]) == 0
    assert capsys.readouterr().err == (
        "left out: 1 document of kind NetworkPolicy of Calico (projectcalico.org), which Cilium does not "
        f"read and nothing here converts, in {file}\n"
    )


ADMIN = """---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: guard}
spec:
  priority: 7
  subject: {namespaces: {}}
  ingress: [{action: Allow, from: [{namespaces: {}}]}]
---
apiVersion: networking.k8s.aws/v1alpha1
kind: ApplicationNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  egress: [{to: [{domainNames: [gitlab.com]}]}]
---
apiVersion: networking.k8s.aws/v1alpha1
kind: PolicyEndpoint
metadata: {name: web-abcde, namespace: shop}
"""


def test_policies_for_administrators_and_eks_s_own_are_converted_too(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(POLICY + ADMIN)
    assert main(["policy", "convert", "--cilium", "1.20.0", str(file)]) == 0
    captured = capsys.readouterr()
    made = [*yaml.safe_load_all(captured.out)]
    assert [(one["kind"], one["metadata"]["name"]) for one in made] == [
        ("CiliumNetworkPolicy", "web"),
        ("ClusterNetworkPolicy", "guard"),
        ("CiliumNetworkPolicy", "web"),
    ]
    assert captured.err == (
        "left out, because EKS's controller makes them of other policies: "
        f"{file} line 21: PolicyEndpoint web-abcde\n"
    )


def test_policies_of_calico_are_not_converted_and_named_with_their_group(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "calico.yaml"
    file.write_text(
        "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: a}\n---\n"
        "apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: a}\n"
    )

    assert main(["policy", "convert", str(file)]) == 1
    assert capsys.readouterr().err == (
        f"1 problem\n  {file}: must contain a policy to convert, such as a NetworkPolicy of Kubernetes, "
        "beside what was left out (2 documents of kinds NetworkPolicy, GlobalNetworkPolicy of Calico "
        f"(projectcalico.org), which Cilium does not read and nothing here converts, in {file}) [CEK7012]\n"
    )
