"""EKS's ApplicationNetworkPolicies as CiliumNetworkPolicies."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy.documents import Document
from cdk_eks_cilium.policy_analysis.admin_policies.application import convert_application
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Flow
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.versions.cilium import CiliumVersion


def application(**spec: Any) -> Document:
    return Document(
        "f",
        1,
        {
            "apiVersion": "networking.k8s.aws/v1alpha1",
            "kind": "ApplicationNetworkPolicy",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"podSelector": {"matchLabels": {"app": "web"}}, **spec},
        },
    )


NAMED = application(
    policyTypes=["Egress"],
    egress=[
        {"to": [{"podSelector": {"matchLabels": {"app": "db"}}}], "ports": [{"port": 5432}]},
        {
            "to": [{"domainNames": ["*.amazonaws.com", "gitlab.com"]}, {"ipBlock": {"cidr": "192.0.2.0/24"}}],
            "ports": [{"port": 443}],
        },
    ],
)


def test_names_become_fqdns_with_a_rule_for_their_questions() -> None:
    found = convert_application(NAMED)
    egress = found.policy.manifest()["spec"]["egress"]
    assert [next(key for key in item if key != "toPorts") for item in egress] == [
        "toEndpoints",
        "toCIDRSet",
        "toEndpoints",
        "toFQDNs",
    ]
    names = [{"matchPattern": "**.amazonaws.com"}, {"matchName": "gitlab.com"}]
    assert egress[2]["toPorts"][0]["rules"] == {"dns": names}
    assert egress[3] == {
        "toFQDNs": names,
        "toPorts": [{"ports": [{"port": "443", "protocol": "TCP"}]}],
    }
    assert found.remarks[-1] == (
        "spec.egress[1].to: became toFQDNs, with a rule that lets Cilium read the DNS answers for the names: "
        "other names still need a rule for port 53"
    )


@pytest.mark.parametrize(
    ("name", "port", "allowed"),
    [
        ("s3.eu-west-1.amazonaws.com", 443, True),
        ("amazonaws.com", 443, False),
        ("gitlab.com", 443, True),
        ("gitlab.com", 80, False),
        ("example.com", 443, False),
    ],
)
def test_the_names_mean_what_they_meant(name: str, port: int, allowed: bool) -> None:
    pod = Workload("shop", "web", {"app": "web"})
    dns = Workload("kube-system", "coredns", {"k8s-app": "kube-dns"})
    world = Evaluation([convert_application(NAMED).policy], Inventory((pod, dns)))
    assert world.explain(Flow(Endpoint.pod(pod), Endpoint.fqdn(name), port)).allowed is allowed


def test_without_names_it_is_a_network_policy() -> None:
    plain = application(ingress=[{"from": [{"podSelector": {}}]}])
    assert [*convert_application(plain).policy.manifest()["spec"]] == ["endpointSelector", "ingress"]


def test_wildcards_need_a_release_whose_patterns_span_labels() -> None:
    with pytest.raises(InputError) as caught:
        convert_application(NAMED, CiliumVersion.of("1.18.12"))
    assert str(caught.value.problems[0]) == (
        "f line 1: ApplicationNetworkPolicy web: spec.egress: needs Cilium 1.19, where '**.' is every name "
        "below, and this is for 1.18.12, got '*.amazonaws.com'; name a newer release with --cilium, or list "
        "the names"
    )


def test_a_wrong_name_is_refused_in_its_place() -> None:
    wrong = application(egress=[{"to": [{"domainNames": ["*.*.com"]}]}])
    with pytest.raises(InputError, match=r"spec\.egress\[0\]\.to\[0\]: domainNames\[0\]: must be a DNS name"):
        convert_application(wrong)
