"""A NetworkPolicy of Kubernetes as a CiliumNetworkPolicy with the same meaning.

The two kinds look alike but differ. A remark names each place where a plain copy would change the meaning.
Kubernetes' side is https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from cdk_eks_cilium.policy.builders.peer import NAMESPACE, NAMESPACE_LABELS
from cdk_eks_cilium.policy.documents import Document, make_each
from cdk_eks_cilium.policy.model import (
    CidrRule,
    CiliumNetworkPolicy,
    EgressRule,
    IngressRule,
    LabelSelector,
    Metadata,
    PortProtocol,
    PortRule,
    Requirement,
    Rule,
    not_none,
)
from cdk_eks_cilium.policy.model.ports import MAX_ITEMS
from cdk_eks_cilium.policy.validity import problems_for
from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .conversion import Conversion, own_annotations
from .identity_labels import is_known
from .kubernetes import (
    KubernetesEgressRule,
    KubernetesIngressRule,
    KubernetesNetworkPolicy,
    KubernetesPeer,
    KubernetesPort,
    is_network_policy,
    network_policy,
)

SECTIONS: Final = (("ingress", "Ingress"), ("egress", "Egress"))
"""The sections of a NetworkPolicy, as fields and as policyTypes names them."""


def convert(policy: KubernetesNetworkPolicy) -> Conversion[CiliumNetworkPolicy]:
    """Write a NetworkPolicy of Kubernetes in Cilium's terms.

    Raises:
        InputError: If it selects pods by labels that mean something else to Cilium.
    """
    refuse(_unknown_labels(policy))
    return as_read(policy)


def as_read(policy: KubernetesNetworkPolicy) -> Conversion[CiliumNetworkPolicy]:
    """Write a NetworkPolicy as Cilium reads it, whatever its labels mean to Kubernetes.

    Cilium gives each key of a podSelector the source of Kubernetes' labels, and replaces a namespace in it by
    the policy's own, unless there is a namespaceSelector, too (`parseNetworkPolicyPeer` and
    `ParseNetworkPolicy` in its ``pkg/k8s/network_policy.go``).
    """
    remarks: list[str] = []
    spec = policy.spec
    fields: dict[str, Any] = {}
    for section, name in SECTIONS:
        rules = getattr(spec, section) or ()
        if name in spec.types:
            fields[section] = tuple(_section(section, rules, policy.namespace, remarks))
        elif rules:
            remarks.append(f"spec.{section}: left out, because policyTypes does not name {name}")
    rule = Rule(endpoint_selector=sourced(spec.pod_selector), **fields)
    metadata = Metadata(
        **not_none(
            name=policy.metadata.name,
            namespace=policy.metadata.namespace,
            labels=policy.metadata.labels,
            annotations=own_annotations(policy.metadata.annotations),
        )
    )
    return Conversion(CiliumNetworkPolicy(metadata=metadata, spec=rule), tuple(dict.fromkeys(remarks)))


def convert_documents(
    documents: Iterable[Document], version: CiliumVersion | None = None
) -> list[Conversion[CiliumNetworkPolicy]]:
    """Convert every NetworkPolicy among some documents, by default for any release, and skip other objects.

    Raises:
        InputError: For everything wrong in them, and for what that release cannot express.
    """

    def converted(document: Document) -> Conversion[CiliumNetworkPolicy]:
        conversion = convert(network_policy(document))
        refuse(problems_for(conversion.policy, version, document.where))
        return conversion

    return make_each((document for document in documents if is_network_policy(document)), converted)


def _section(
    section: str,
    rules: Sequence[KubernetesIngressRule | KubernetesEgressRule],
    namespace: str,
    remarks: list[str],
) -> Iterator[IngressRule | EgressRule]:
    """The items of a direction. Without rules it is one item that allows nothing."""
    make = IngressRule if section == "ingress" else EgressRule
    prefix = "from" if section == "ingress" else "to"
    if not rules:
        yield make()
    for index, rule in enumerate(rules):
        where = f"spec.{section}[{index}]"
        peers = _peers(rule)
        yield from _items(make, prefix, peers, port_rules(rule.ports or ()), namespace)
        remarks += _remarks(where, prefix, peers, rule.ports or (), namespace)


def _peers(rule: KubernetesIngressRule | KubernetesEgressRule) -> tuple[KubernetesPeer, ...]:
    return (rule.from_ if isinstance(rule, KubernetesIngressRule) else rule.to) or ()


def _items(
    make: type[IngressRule] | type[EgressRule],
    prefix: str,
    peers: Sequence[KubernetesPeer],
    ports: tuple[PortRule, ...],
    namespace: str,
) -> Iterator[IngressRule | EgressRule]:
    """One item for each peer: Cilium accepts one kind of peer in an item."""
    given: dict[str, Any] = {"to_ports": ports} if ports else {}
    if not peers:
        # Anyone: an item without peers and ports would allow nothing in Cilium.
        yield make(**(given or {f"{prefix}_entities": ("all",)}))
    for peer in peers:
        if peer.ip_block is not None:
            block = peer.ip_block
            rule = CidrRule(**not_none(cidr=block.cidr, except_=block.except_ or None))
            yield make(**{f"{prefix}_cidr_set": (rule,)}, **given)
        else:
            yield make(**{f"{prefix}_endpoints": (_selector(peer, namespace),)}, **given)


def _selector(peer: KubernetesPeer, namespace: str) -> LabelSelector:
    """Labels of pods and of their namespaces in one selector."""
    pods = sourced(peer.pod_selector or LabelSelector())
    if peer.namespace_selector is None:
        # Cilium would add the namespace, too. With it the selector is complete by itself.
        return _and(pods, LabelSelector(match_labels={NAMESPACE: namespace}))
    if peer.namespace_selector.is_empty:
        anywhere = Requirement(key=NAMESPACE, operator="Exists")
        return _and(pods, LabelSelector(match_expressions=(anywhere,)))
    return _and(pods, _prefixed(peer.namespace_selector, NAMESPACE_LABELS), namespaced=True)


def sourced(selector: LabelSelector) -> LabelSelector:
    """The selector with the source of Kubernetes' labels, so that no other label matches."""
    return _prefixed(selector, "k8s:")


def _prefixed(selector: LabelSelector, prefix: str) -> LabelSelector:
    labels = {f"{prefix}{key}": value for key, value in (selector.match_labels or {}).items()}
    expressions = tuple(
        Requirement(**not_none(key=f"{prefix}{one.key}", operator=one.operator, values=one.values or None))
        for one in selector.match_expressions or ()
    )
    return LabelSelector(**not_none(match_labels=labels or None, match_expressions=expressions or None))


def _and(one: LabelSelector, other: LabelSelector, *, namespaced: bool = False) -> LabelSelector:
    labels = {**(one.match_labels or {}), **(other.match_labels or {})}
    expressions = (*(one.match_expressions or ()), *(other.match_expressions or ()))
    if namespaced:
        # Without a key of namespaces Cilium adds the policy's own, and the world, which has no namespace,
        # must not match a selector that only rules labels out.
        expressions = (*expressions, Requirement(key=NAMESPACE, operator="Exists"))
    return LabelSelector(**not_none(match_labels=labels or None, match_expressions=expressions or None))


def port_rules(ports: Sequence[KubernetesPort]) -> tuple[PortRule, ...]:
    """The ports, in lists that are not too long for Cilium."""
    made = tuple(
        PortProtocol(
            **not_none(
                port=str(port.port) if port.port is not None else "0",
                end_port=port.end_port,
                protocol=port.protocol or "TCP",
            )
        )
        for port in ports
    )
    return tuple(PortRule(ports=made[at : at + MAX_ITEMS]) for at in range(0, len(made), MAX_ITEMS))


def _remarks(
    where: str, prefix: str, peers: Sequence[KubernetesPeer], ports: Sequence[KubernetesPort], namespace: str
) -> Iterator[str]:
    if not peers and not ports:
        yield f"{where}: allows everything in Kubernetes, where the same text would allow nothing in Cilium"
    if len(peers) > 1:
        yield f"{where}.{prefix}: became one item for each peer, because a Cilium item has one kind of peer"
    if any(port.protocol is None for port in ports):
        yield f"{where}.ports: means TCP where no protocol is set, and would mean any protocol in Cilium"
    if any(port.port is None for port in ports):
        yield f"{where}.ports: means every port where no port is set, which is port 0 in Cilium"
    if prefix == "to" and any(isinstance(port.port, str) for port in ports):
        yield (
            f"{where}.ports: names a port of the destination, as Cilium reads it from "
            f"{behaviour.policy.PORT_NAMES_PER_POD.since} on; before, a name must mean one number in "
            "the whole cluster"
        )
    for index, peer in enumerate(peers):
        at = f"{where}.{prefix}[{index}]"
        if peer.namespace_selector is not None:
            yield f"{at}.namespaceSelector: became labels of the pods' namespace: Cilium has no such field"
        if peer.ip_block is not None:
            yield (
                f"{at}.ipBlock: means only addresses outside the cluster: Cilium knows pods and nodes by "
                "their identity, whatever their address, and Kubernetes leaves that open"
            )


def _unknown_labels(policy: KubernetesNetworkPolicy) -> Iterator[Problem]:
    """Labels that Cilium does not identify pods by, or that it reads as labels of their namespaces."""
    for path, key in unknown_labels(policy):
        where = f"NetworkPolicy {policy.namespace}/{policy.metadata.name} {path}"
        if is_ciliums(key):
            # In Kubernetes the selector chooses no pod, in Cilium it chooses some.
            wanted = "must select pods by labels that pods have, and this label is Cilium's own"
            fix = "use namespaceSelector, or write a CiliumNetworkPolicy"
            yield Problem(where, wanted, key, fix, id="CEK5075")
        else:
            wanted = "must select pods by labels that Cilium identifies pods by"
            yield Problem(where, wanted, key, "use a label of their application", id="CEK5076")


def unknown_labels(policy: KubernetesNetworkPolicy) -> Iterator[tuple[str, str]]:
    """The keys by which a NetworkPolicy selects pods and Cilium does not, each after its place."""
    selectors = [("spec.podSelector", policy.spec.pod_selector)]
    for section, prefix in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(getattr(policy.spec, section) or ()):
            selectors += [
                (f"spec.{section}[{index}].{prefix}[{number}].podSelector", peer.pod_selector)
                for number, peer in enumerate(_peers(rule))
                if peer.pod_selector is not None
            ]
    for path, selector in selectors:
        for key in sorted(selector.keys):
            if not is_known(key):
                yield path, key


def is_ciliums(key: str) -> bool:
    """Whether a label is Cilium's own, so that it means something to Cilium and nothing to Kubernetes."""
    return key.startswith(("io.cilium.k8s.", "io.kubernetes."))
