"""NetworkPolicies of Kubernetes as Cilium enforces them."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.policy.documents import read_text
from cdk_eks_cilium.policy_analysis.endpoint_view import EndpointView, endpoint_views
from cdk_eks_cilium.problems import InputError


def written(spec: str, name: str = "web") -> str:
    return (
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        f"metadata: {{name: {name}, namespace: shop}}\n"
        f"spec: {{podSelector: {{matchLabels: {{app: web}}}}, {spec}}}\n"
    )


def only(spec: str) -> EndpointView:
    (policy,) = endpoint_views(read_text(written(spec), "x.yaml"))
    return policy


FROM_SHOP = "ingress: [{from: [{podSelector: {}}]}]"


def test_everything_wrong_is_reported_at_once() -> None:
    text = written("ingress: [{ports: [{port: 0}]}]") + written("egres: []", "db")
    with pytest.raises(InputError) as caught:
        endpoint_views(read_text(text, "x.yaml"))
    assert len(caught.value.problems) == 2


def test_other_documents_are_left_alone() -> None:
    documents = read_text(
        written(FROM_SHOP) + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", "x.yaml"
    )
    assert len(endpoint_views(documents)) == 1


def test_deviations_are_not_written() -> None:
    policy = only(f"policyTypes: [Egress], {FROM_SHOP}")
    assert set(policy.manifest()) == {"apiVersion", "kind", "metadata", "spec"}
    assert policy.written_as == "converted NetworkPolicy"
