"""Policies for administrators as ClusterNetworkPolicies, where that is exact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

from cdk_eks_cilium.policy.documents import Document
from cdk_eks_cilium.policy.model import (
    ClusterNetworkPolicySpec,
    ClusterPolicyEgressRule,
    ClusterPolicyIngressRule,
    ClusterPolicyPort,
    ClusterPolicyPortRange,
    ClusterPolicyPorts,
    ClusterPolicyProtocol,
    ClusterPolicyRule,
    KubernetesClusterNetworkPolicy,
    Metadata,
    not_none,
)
from cdk_eks_cilium.policy.model.cluster_policy_parts import MOST
from cdk_eks_cilium.policy_analysis.conversion import Conversion, own_annotations
from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .model import (
    AdminEgressRule,
    AdminIngressRule,
    AdminNetworkPolicy,
    AdminPolicy,
    AdminPort,
    BaselineAdminNetworkPolicy,
    EksClusterNetworkPolicy,
)

_EKS: Final = "networking.k8s.aws"
ADMIN_KINDS: Final[dict[tuple[str, str], type[AdminPolicy]]] = {
    ("policy.networking.k8s.io", "AdminNetworkPolicy"): AdminNetworkPolicy,
    ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"): BaselineAdminNetworkPolicy,
    (_EKS, "ClusterNetworkPolicy"): EksClusterNetworkPolicy,
}
"""The kinds that this converts, by group and kind."""

GENERATED_KINDS: Final = frozenset({(_EKS, "PolicyEndpoint"), (_EKS, "ClusterPolicyEndpoint")})
"""What EKS's controller makes of policies for its agents; nobody writes it."""

_LAST: Final = 1000

PartT = TypeVar("PartT")


def group_and_kind(document: Document) -> tuple[str, str]:
    """The API group and the kind of an object."""
    return str(document.data.get("apiVersion", "")).partition("/")[0], document.kind


def is_generated(document: Document) -> bool:
    """Whether EKS's controller made an object of other policies."""
    return group_and_kind(document) in GENERATED_KINDS


def convert_admin(
    document: Document, version: CiliumVersion | None = None
) -> Conversion[KubernetesClusterNetworkPolicy]:
    """Write a policy for administrators as a ClusterNetworkPolicy; by default for the newest release.

    Raises:
        InputError: For everything wrong in it, and for what has no exact counterpart.
    """
    model = ADMIN_KINDS[group_and_kind(document)]
    where = document.where
    policy: AdminPolicy = model.read(dict(document.data), f"{where}: ", by_alias=True, by_name=False)
    known = behaviour.policy.CLUSTER_NETWORK_POLICIES
    if not known.holds(version):
        rule = f"needs tiers, which Cilium has from {known.since} on, and this is for {version}"
        fix = f"name a newer release with --cilium, and turn on cluster_network_policies, or write {_INSTEAD}"
        refuse([Problem(where, rule, fix=fix, id="CEK5217")])
    refuse(_problems(policy, where))
    problems: list[Problem] = []
    sections: dict[str, list[ClusterPolicyRule]] = {
        section: [each for rule in getattr(policy.spec, section) or () for each in _split(rule)]
        for section in ("ingress", "egress")
    }
    for section, rules in sections.items():
        if len(rules) > MOST:
            rule = f"must have at most {MOST} rules, each with at most {MOST} peers and ports"
            fix = "split it in two policies with priorities of their own"
            problems.append(Problem(f"{where}: spec.{section}", rule, len(rules), fix, id="CEK5218"))
    refuse(problems)
    return Conversion(_made(policy, sections), tuple(_remarks(policy)))


_INSTEAD: Final = "CiliumClusterwideNetworkPolicies"


def _made(
    policy: AdminPolicy, sections: dict[str, list[ClusterPolicyRule]]
) -> KubernetesClusterNetworkPolicy:
    spec = policy.spec
    baseline = isinstance(policy, BaselineAdminNetworkPolicy)
    tier = policy.spec.tier if isinstance(policy, EksClusterNetworkPolicy) else None
    metadata = policy.metadata
    return KubernetesClusterNetworkPolicy(
        metadata=Metadata(
            **not_none(
                name=metadata.name,
                labels=metadata.labels,
                annotations=own_annotations(metadata.annotations),
            )
        ),
        spec=ClusterNetworkPolicySpec(
            tier=tier or ("Baseline" if baseline else "Admin"),
            priority=getattr(spec, "priority", _LAST),
            subject=spec.subject,
            **{name: tuple(rules) for name, rules in sections.items() if rules},
        ),
    )


def _problems(policy: AdminPolicy, where: str) -> Iterator[Problem]:
    """What a ClusterNetworkPolicy cannot say."""
    baseline = isinstance(policy, BaselineAdminNetworkPolicy)
    for section in ("ingress", "egress"):
        for index, rule in enumerate(getattr(policy.spec, section) or ()):
            at = f"{where}: spec.{section}[{index}]"
            allowed = "Accept" if isinstance(policy, EksClusterNetworkPolicy) else "Allow"
            words = [allowed, "Deny", *([] if baseline else ["Pass"])]
            if rule.action not in words:
                fix = f"write {' or '.join(words)}"
                yield Problem(
                    f"{at}.action", f"must be an action of {policy.kind}", rule.action, fix, id="CEK5219"
                )
            kinds = {peer.kind for peer in rule.peers} - {"namespaces", "pods"}
            if kinds and any(port.named_port is not None for port in rule.ports or ()):
                rule_text = f"must not name a port for {sorted(kinds)[0]}, where ports have no names"
                fix = "give the port by number, or write a rule of its own for pods"
                yield Problem(f"{at}.ports", rule_text, fix=fix, id="CEK5220")
            if "domainNames" in kinds and rule.action in ("Deny", "Pass"):
                fix = "accept the names, and deny the rest in a rule after it"
                yield Problem(
                    f"{at}.to",
                    f"must not have domainNames with {rule.action}, which agents refuse",
                    fix=fix,
                    id="CEK5221",
                )


def _split(rule: AdminIngressRule | AdminEgressRule) -> Iterator[ClusterPolicyRule]:
    """The rule, as several in a row if it has more peers or ports than one may have."""
    action = "Accept" if rule.action == "Allow" else rule.action
    ports = [_protocol(port) for port in rule.ports or ()]
    for peers in _parts(rule.peers):
        for some in _parts(ports) or [()]:
            fields: dict[str, Any] = not_none(name=rule.name, action=action, protocols=tuple(some) or None)
            if isinstance(rule, AdminIngressRule):
                yield ClusterPolicyIngressRule(from_=peers, **fields)
            else:
                yield ClusterPolicyEgressRule(to=peers, **fields)


def _parts(items: Sequence[PartT]) -> list[tuple[PartT, ...]]:
    return [tuple(items[at : at + MOST]) for at in range(0, len(items), MOST)]


def _protocol(port: AdminPort) -> ClusterPolicyProtocol:
    if port.named_port is not None:
        return ClusterPolicyProtocol(destination_named_port=port.named_port)
    numbered = port.port_number or port.port_range
    assert numbered is not None
    if port.port_range is None or port.port_range.start == port.port_range.end:
        first = port.port_number.port if port.port_number else port.port_range.start  # type: ignore[union-attr]
        made = ClusterPolicyPort(number=first)
    else:
        made = ClusterPolicyPort(
            range=ClusterPolicyPortRange(start=port.port_range.start, end=port.port_range.end)
        )
    return ClusterPolicyProtocol(**{numbered.protocol.lower(): ClusterPolicyPorts(destination_port=made)})


def _remarks(policy: AdminPolicy) -> Iterator[str]:
    """Where Cilium enforces the same text differently, or Kubernetes leaves the meaning open."""
    if isinstance(policy, BaselineAdminNetworkPolicy):
        yield f"spec: became tier Baseline with priority {_LAST}, which leaves room for policies before it"
    tier = policy.spec.tier if isinstance(policy, EksClusterNetworkPolicy) else "Admin"
    if isinstance(policy, BaselineAdminNetworkPolicy) or tier == "Baseline":
        opened = [
            f"spec.{section}[{index}]"
            for section in ("ingress", "egress")
            for index, rule in enumerate(getattr(policy.spec, section) or ())
            if rule.action in ("Allow", "Accept")
        ]
        for at in opened:
            yield (
                f"{at}: also opens pods that NetworkPolicies isolate, because isolation comes after the "
                "Baseline tier in Cilium; elsewhere this tier is only for pods without a NetworkPolicy"
            )
    for index, rule in enumerate(policy.spec.egress or ()):
        for number, peer in enumerate(rule.to):
            at = f"spec.egress[{index}].to[{number}]"
            if peer.kind == "networks":
                yield (
                    f"{at}.networks: means only addresses outside the cluster, unless policyCIDRMatchMode "
                    "has 'pods' or 'nodes'; elsewhere it means pods with such addresses too"
                )
            elif peer.kind == "nodes":
                yield f"{at}.nodes: needs nodeSelectorLabels, and the CRD of the experimental channel"
            elif peer.kind == "domainNames":
                yield (
                    f"{at}.domainNames: needs the CRD of the experimental channel, and the pods must ask the "
                    "DNS servers with the label k8s-app=kube-dns"
                )
