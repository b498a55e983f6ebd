from __future__ import annotations

from typing import Any

import pytest
import yaml

from cdk_eks_cilium.policy.documents import read_text
from cdk_eks_cilium.policy_analysis.conversion import as_yaml
from cdk_eks_cilium.policy_analysis.convert import convert, convert_documents
from cdk_eks_cilium.policy_analysis.kubernetes import network_policy
from cdk_eks_cilium.problems import InputError


def written(spec: str, name: str = "web") -> str:
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: "
        f"shop}}\n"
        f"spec: {{{spec}}}\n"
    )


def rule(spec: str) -> dict[str, Any]:
    (document,) = read_text(written(spec), "x.yaml")
    found: dict[str, Any] = convert(network_policy(document)).policy.manifest()["spec"]
    return found


def test_more_ports_than_a_list_takes_become_two_lists() -> None:
    ports = ", ".join(f"{{port: {number}}}" for number in range(1, 42))
    (item,) = rule(f"podSelector: {{}}, ingress: [{{ports: [{ports}]}}]")["ingress"]
    assert [len(each["ports"]) for each in item["toPorts"]] == [40, 1]


def test_names_labels_and_own_annotations_stay() -> None:
    text = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        "metadata:\n  name: web\n  labels: {a: b}\n  uid: x\n"
        "  annotations: {c: d, kubectl.kubernetes.io/last-applied-configuration: '{}'}\n"
        "spec: {podSelector: {}}\n"
    )
    (conversion,) = convert_documents(read_text(text, "x.yaml"))
    assert conversion.policy.manifest()["metadata"] == {
        "name": "web",
        "labels": {"a": "b"},
        "annotations": {"c": "d"},
    }


def test_other_kinds_are_left_alone() -> None:
    text = written("podSelector: {}") + "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\n"
    assert len(convert_documents(read_text(text, "x.yaml"))) == 1


def test_remarks_stand_above_the_policy_as_comments() -> None:
    found = convert_documents(
        read_text(
            written("podSelector: {}, ingress: [{}]") + "---\n" + written("podSelector: {}", "db"), "x.yaml"
        )
    )
    text = as_yaml(found)
    assert text.startswith("# spec.ingress[0]: allows everything in Kubernetes")
    assert [each["metadata"]["name"] for each in yaml.safe_load_all(text)] == ["web", "db"]


def test_an_unknown_field_beside_spec_is_refused() -> None:
    text = written("podSelector: {}") + "sepc: {}\n"
    with pytest.raises(InputError, match="sepc: is not a field of NetworkPolicy; did you mean 'spec'"):
        convert_documents(read_text(text, "x.yaml"))
