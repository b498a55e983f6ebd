"""AdminNetworkPolicies and EKS's own ClusterNetworkPolicies as ClusterNetworkPolicies of Kubernetes."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy.documents import Document, parse
from cdk_eks_cilium.policy_analysis.admin_policies import convert_admin, is_generated
from cdk_eks_cilium.policy_analysis.conversion import Conversion
from cdk_eks_cilium.policy_analysis.converting import is_convertible
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.versions.cilium import CiliumVersion

PODS = {"pods": {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "web"}}}}
NAMESPACES = {"namespaces": {"matchLabels": {"team": "one"}}}
PORTS = [
    {"portNumber": {"port": 80}},
    {"portNumber": {"protocol": "UDP", "port": 53}},
    {"portRange": {"protocol": "SCTP", "start": 1, "end": 9}},
    {"portRange": {"start": 7, "end": 7}},
    {"namedPort": "http"},
]


def admin(name: str = "guard", **spec: Any) -> Document:
    return _document("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy", name, {"priority": 7, **spec})


def baseline(name: str = "default", **spec: Any) -> Document:
    return _document("policy.networking.k8s.io/v1alpha1", "BaselineAdminNetworkPolicy", name, spec)


def eks(name: str = "guard", **spec: Any) -> Document:
    whole = {"tier": "Baseline", "priority": 3, **spec}
    return _document("networking.k8s.aws/v1alpha1", "ClusterNetworkPolicy", name, whole)


def _document(version: str, kind: str, name: str, spec: dict[str, Any]) -> Document:
    data = {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"subject": NAMESPACES, **spec},
    }
    return Document("f", 1, data)


def spec(found: Conversion[Any]) -> dict[str, Any]:
    assert parse(found.policy.manifest()) == found.policy
    return dict(found.policy.manifest()["spec"])


def refusals(document: Document, version: CiliumVersion | None = None) -> list[str]:
    with pytest.raises(InputError) as caught:
        convert_admin(document, version)
    return [
        str(one).partition(" [CEK")[0].removeprefix(f"{document.where}: ") for one in caught.value.problems
    ]


def test_an_admin_policy_keeps_its_priority_and_its_rules() -> None:
    found = convert_admin(
        admin(
            ingress=[{"name": "a", "action": "Allow", "from": [PODS], "ports": PORTS}],
            egress=[{"action": "Pass", "to": [NAMESPACES]}],
        )
    )
    assert spec(found) == {
        "tier": "Admin",
        "priority": 7,
        "subject": NAMESPACES,
        "ingress": [
            {
                "name": "a",
                "action": "Accept",
                "from": [PODS],
                "protocols": [
                    {"tcp": {"destinationPort": {"number": 80}}},
                    {"udp": {"destinationPort": {"number": 53}}},
                    {"sctp": {"destinationPort": {"range": {"start": 1, "end": 9}}}},
                    {"tcp": {"destinationPort": {"number": 7}}},
                    {"destinationNamedPort": "http"},
                ],
            }
        ],
        "egress": [{"action": "Pass", "to": [NAMESPACES]}],
    }
    assert found.remarks == ()


def test_a_baseline_policy_comes_last_in_the_baseline_tier() -> None:
    found = convert_admin(baseline(ingress=[{"action": "Allow", "from": [NAMESPACES]}]))
    assert (spec(found)["tier"], spec(found)["priority"]) == ("Baseline", 1000)
    assert found.remarks == (
        "spec: became tier Baseline with priority 1000, which leaves room for policies before it",
        "spec.ingress[0]: also opens pods that NetworkPolicies isolate, because isolation comes after the "
        "Baseline tier in Cilium; elsewhere this tier is only for pods without a NetworkPolicy",
    )


def test_eks_s_own_policy_keeps_its_tier_and_its_names() -> None:
    found = convert_admin(
        eks(
            tier="Admin",
            egress=[
                {
                    "action": "Accept",
                    "to": [{"domainNames": ["*.amazonaws.com"]}],
                    "ports": [{"portNumber": {"protocol": "TCP", "port": 443}}],
                },
                {"action": "Deny", "to": [{"networks": ["0.0.0.0/0"]}]},
            ],
        )
    )
    assert (spec(found)["tier"], spec(found)["priority"]) == ("Admin", 3)
    assert spec(found)["egress"][0]["to"] == [{"domainNames": ["*.amazonaws.com"]}]
    assert found.remarks == (
        "spec.egress[0].to[0].domainNames: needs the CRD of the experimental channel, and the pods must ask "
        "the DNS servers with the label k8s-app=kube-dns",
        "spec.egress[1].to[0].networks: means only addresses outside the cluster, unless policyCIDRMatchMode "
        "has 'pods' or 'nodes'; elsewhere it means pods with such addresses too",
    )


def test_a_rule_with_more_peers_or_ports_than_one_may_have_becomes_several_in_a_row() -> None:
    peers = [{"namespaces": {"matchLabels": {"n": str(number)}}} for number in range(30)]
    ports = [{"portNumber": {"protocol": "TCP", "port": port}} for port in range(1, 28)]
    made = spec(convert_admin(admin(ingress=[{"action": "Deny", "from": peers, "ports": ports}])))["ingress"]
    assert [(len(rule["from"]), len(rule["protocols"])) for rule in made] == [
        (25, 25),
        (25, 2),
        (5, 25),
        (5, 2),
    ]
    assert {rule["action"] for rule in made} == {"Deny"}


def test_more_rules_than_one_policy_may_have_are_refused() -> None:
    rules = [{"action": "Deny", "from": [NAMESPACES]}] * 26
    assert refusals(admin(ingress=rules)) == [
        "spec.ingress: must have at most 25 rules, each with at most 25 peers and ports, got 26; split it in "
        "two policies with priorities of their own"
    ]


def test_what_has_no_counterpart_is_refused_with_its_reason() -> None:
    assert refusals(baseline(ingress=[{"action": "Pass", "from": [NAMESPACES]}])) == [
        "spec.ingress[0].action: must be an action of BaselineAdminNetworkPolicy, got 'Pass'; write Allow "
        "or Deny"
    ]
    assert refusals(eks(ingress=[{"action": "Allow", "from": [NAMESPACES]}])) == [
        "spec.ingress[0].action: must be an action of ClusterNetworkPolicy, got 'Allow'; write Accept or "
        "Deny or Pass"
    ]
    rules = [
        {"action": "Allow", "to": [{"networks": ["10.0.0.0/8"]}], "ports": [{"namedPort": "http"}]},
        {"action": "Deny", "to": [{"domainNames": ["example.com"]}]},
    ]
    assert refusals(admin(egress=rules)) == [
        "spec.egress[0].ports: must not name a port for networks, where ports have no names; give the port "
        "by number, or write a rule of its own for pods",
        "spec.egress[1].to: must not have domainNames with Deny, which agents refuse; accept the names, and "
        "deny the rest in a rule after it",
    ]
    assert refusals(baseline("other", ingress=[])) == [
        "must be called 'default'; the API server takes no other name: rename it"
    ]


def test_a_release_without_tiers_is_refused() -> None:
    assert refusals(admin(ingress=[]), CiliumVersion.of("1.19.6")) == [
        "needs tiers, which Cilium has from 1.20 on, and this is for 1.19.6; name a newer release with "
        "--cilium, and turn on cluster_network_policies, or write CiliumClusterwideNetworkPolicies"
    ]


def test_kinds_are_told_apart_by_their_group() -> None:
    assert is_convertible(admin())
    assert is_convertible(eks())
    of_kubernetes = Document("f", 1, {**eks().data, "apiVersion": "policy.networking.k8s.io/v1alpha2"})
    assert not is_convertible(of_kubernetes)
    made = Document("f", 1, {"apiVersion": "networking.k8s.aws/v1alpha1", "kind": "ClusterPolicyEndpoint"})
    assert is_generated(made)
    assert not is_generated(eks())
