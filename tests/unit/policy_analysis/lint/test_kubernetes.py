"""NetworkPolicies of Kubernetes that Cilium takes for something else."""

from __future__ import annotations

from cdk_eks_cilium.policy.documents import read_text
from cdk_eks_cilium.policy_analysis.endpoint_view import endpoint_views
from cdk_eks_cilium.policy_analysis.lint import lint
from cdk_eks_cilium.versions.cilium import CiliumVersion


def found(spec: str, version: CiliumVersion | None = None) -> list[tuple[str, str]]:
    """What CNP037 finds in a NetworkPolicy, as place and text."""
    text = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web, namespace: shop}\n"
        f"spec: {{podSelector: {{}}, {spec}}}\n"
    )
    policies = endpoint_views(read_text(text, "x.yaml"), version)
    return [(str(one.where), one.text) for one in lint(policies, version=version) if one.id == "CNP037"]


def test_cnp037_rules_that_policy_types_do_not_name() -> None:
    assert found("policyTypes: [Egress], ingress: [{from: [{podSelector: {}}]}]") == [
        (
            "NetworkPolicy shop/web spec.ingress",
            "must have no rules while policyTypes does not name Ingress: Kubernetes leaves them out, and "
            "Cilium enforces them; remove them, or add Ingress to policyTypes",
        )
    ]


def test_cnp037_ends_of_ranges_before_1_16() -> None:
    spec = "ingress: [{ports: [{port: 80, endPort: 90}, {port: 99}]}]"
    assert found(spec, CiliumVersion.V1_16) == found(spec) == []
    assert found(spec, CiliumVersion.V1_15) == [
        (
            "NetworkPolicy shop/web spec.ingress[0].ports[0].endPort",
            "must not be there before Cilium 1.16 (this is for 1.15.19), which reads 80 alone; "
            "list the ports one by one",
        )
    ]


def test_cnp037_ranges_in_ingress_up_to_1_19_4() -> None:
    spec = "ingress: [{from: [{podSelector: {}}, {ipBlock: {cidr: 192.0.2.0/24}}]}]"
    assert found(spec, CiliumVersion.V1_19) == []
    assert found(spec, CiliumVersion.of("1.19.4")) == [
        (
            "NetworkPolicy shop/web spec.ingress[0].from[1].ipBlock",
            "must not be in ingress before Cilium 1.19.5, where it lets all pods of shop in, too; "
            "install 1.19.5 or later",
        )
    ]
