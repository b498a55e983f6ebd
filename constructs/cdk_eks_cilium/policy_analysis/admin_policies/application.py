"""EKS's ApplicationNetworkPolicy: a NetworkPolicy that also takes DNS names in egress.

``api/v1alpha1/applicationnetworkpolicy_types.go`` of https://github.com/aws/amazon-network-policy-controller-k8s.
A name that begins with ``*.`` is every name below it, as in Kubernetes' network policy API.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cdk_eks_cilium.policy.documents import Document
from cdk_eks_cilium.policy.model import (
    CiliumNetworkPolicy,
    ClusterPolicyEgressPeer,
    EgressRule,
    FqdnSelector,
    L7Rules,
    LabelSelector,
    PortProtocol,
    PortRule,
)
from cdk_eks_cilium.policy_analysis.conversion import Conversion
from cdk_eks_cilium.policy_analysis.convert import convert, port_rules
from cdk_eks_cilium.policy_analysis.evaluation.tier_rules import fqdn_selector
from cdk_eks_cilium.policy_analysis.kubernetes import KubernetesEgressRule, KubernetesNetworkPolicy
from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

APPLICATION_KIND: Final = ("networking.k8s.aws", "ApplicationNetworkPolicy")

_DNS_SERVERS: Final = LabelSelector(
    match_labels={"k8s:io.kubernetes.pod.namespace": "kube-system", "k8s:k8s-app": "kube-dns"}
)
_DNS_PORT: Final = PortProtocol(port="53", protocol="ANY")

_Names = list[tuple[int, tuple[FqdnSelector, ...], KubernetesEgressRule]]


def convert_application(
    document: Document, version: CiliumVersion | None = None
) -> Conversion[CiliumNetworkPolicy]:
    """Write an ApplicationNetworkPolicy as a CiliumNetworkPolicy; by default for the newest release.

    Raises:
        InputError: For everything wrong in it, and for names that the release cannot match.
    """
    data, names = _without_names(document)
    read = KubernetesNetworkPolicy.read(data, f"{document.where}: ", by_alias=True, by_name=False)
    spanning = behaviour.policy.SPANNING_WILDCARDS
    below = [one.match_pattern for _, each, _ in names for one in each if one.match_pattern is not None]
    if below and not spanning.holds(version):
        text = f"needs Cilium {spanning.since}, where '**.' is every name below, and this is for {version}"
        fix = "name a newer release with --cilium, or list the names"
        refuse([Problem(f"{document.where}: spec.egress", text, below[0][1:], fix, id="CEK5216")])
    plain = convert(read)
    rule = plain.policy.spec
    assert rule is not None
    if not names:
        return plain
    items = tuple(each for each in rule.egress or () if not each.is_empty)
    every = tuple(one for _, each, _ in names for one in each)
    asked = EgressRule(
        to_endpoints=(_DNS_SERVERS,), to_ports=(PortRule(ports=(_DNS_PORT,), rules=L7Rules(dns=every)),)
    )
    named = tuple(
        EgressRule(to_fqdns=each, **({"to_ports": ports} if (ports := port_rules(of.ports or ())) else {}))
        for _, each, of in names
    )
    spec = rule.model_copy(update={"egress": (*items, asked, *named)})
    remarks = (
        *plain.remarks,
        *(
            f"spec.egress[{index}].to: became toFQDNs, with a rule that lets Cilium read the DNS answers for "
            "the names: other names still need a rule for port 53"
            for index, _, _ in names
        ),
    )
    policy = plain.policy.model_copy(update={"spec": spec})
    return Conversion(policy, tuple(dict.fromkeys(remarks)))


def _without_names(document: Document) -> tuple[dict[str, Any], _Names]:
    """The policy as a NetworkPolicy, and its rules for names: their index, the names, and their ports."""
    given = document.data.get("spec")
    spec: dict[str, Any] = dict(given) if isinstance(given, Mapping) else {}
    names: _Names = []
    kept = []
    rules = spec.get("egress")
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        peers = rule.get("to") if isinstance(rule, Mapping) else None
        named = [each for each in peers or () if isinstance(each, Mapping) and "domainNames" in each]
        if not named:
            kept.append(rule)
            continue
        where = f"{document.where}: spec.egress[{index}]"
        for number, peer in enumerate(named):
            read = ClusterPolicyEgressPeer.read(
                dict(peer), f"{where}.to[{number}]: ", by_alias=True, by_name=False
            )
            ports = KubernetesEgressRule.read(
                {"ports": rule.get("ports")}, f"{where}: ", by_alias=True, by_name=False
            )
            names.append((index, tuple(fqdn_selector(name) for name in read.domain_names or ()), ports))
        others = [each for each in peers or () if each not in named]
        if others:
            kept.append({**rule, "to": others})
    if names:
        types = spec.get("policyTypes") or (["Ingress", "Egress"] if rules else ["Ingress"])
        spec |= {"egress": kept, "policyTypes": types}
    data = {**document.data, "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": spec}
    return data, names
