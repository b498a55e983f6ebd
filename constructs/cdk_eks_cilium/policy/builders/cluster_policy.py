"""ClusterNetworkPolicies written with verbs: the first rule that means a flow decides it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from cdk_eks_cilium.policy.model import (
    ClusterNetworkPolicySpec,
    ClusterPolicyEgressPeer,
    ClusterPolicyEgressRule,
    ClusterPolicyIngressPeer,
    ClusterPolicyIngressRule,
    ClusterPolicyPort,
    ClusterPolicyPortRange,
    ClusterPolicyPorts,
    ClusterPolicyProtocol,
    ClusterPolicyRule,
    ClusterPolicySubject,
    KubernetesClusterNetworkPolicy,
    Metadata,
    NamespacedPods,
    Tier,
    TierAction,
)
from cdk_eks_cilium.problems import InputError, Problem

from .making import Labels, make, selector
from .port import Port

_TRANSPORTS = ("TCP", "UDP", "SCTP")
_LAST = 65535


@dataclass(frozen=True)
class ClusterPeer:
    """Whom a ClusterNetworkPolicy is for, or the other side of a rule; make it with the class methods.

    Attributes:
        fields: The one field that it fills, as the model calls it.
    """

    fields: Mapping[str, Any] = field(hash=False)

    @classmethod
    def namespaces(cls, labels: Labels | None = None) -> ClusterPeer:
        """Every pod of the namespaces with some labels; without labels, of every namespace."""
        return cls({"namespaces": selector(labels, "ClusterPeer.namespaces")})

    @classmethod
    def namespace(cls, name: str) -> ClusterPeer:
        """Every pod of a namespace."""
        return cls.namespaces({"kubernetes.io/metadata.name": name})

    @classmethod
    def pods(cls, labels: Labels | None = None, *, namespaces: Labels | None = None) -> ClusterPeer:
        """Pods with some labels, in the namespaces with some labels; without those, in every namespace."""
        where = "ClusterPeer.pods"
        pods = make(
            NamespacedPods,
            where,
            namespace_selector=selector(namespaces, f"{where}: namespaces"),
            pod_selector=selector(labels, where),
        )
        return cls({"pods": pods})

    @classmethod
    def networks(cls, *ranges: str) -> ClusterPeer:
        """Ranges of addresses outside the cluster, for egress."""
        return cls._outside("networks", networks=ranges)

    @classmethod
    def domains(cls, *names: str) -> ClusterPeer:
        """DNS names, or ``*.`` and a name for every name below it, for rules of egress that accept."""
        return cls._outside("domains", domain_names=names)

    @classmethod
    def nodes(cls, labels: Labels | None = None) -> ClusterPeer:
        """The nodes with some labels, for egress; without labels, every node."""
        return cls({"nodes": selector(labels, "ClusterPeer.nodes")})

    @classmethod
    def _outside(cls, name: str, **fields: Any) -> ClusterPeer:
        made = make(ClusterPolicyEgressPeer, f"ClusterPeer.{name}", **fields)
        return cls({key: getattr(made, key) for key in fields})


class ClusterPolicyVerbs:
    """The verbs of a ClusterNetworkPolicy. Each adds one rule, and returns the object that it was called on.

    Rules keep the order of the calls, which matters: the first that means a flow decides it.
    """

    _where: str
    _metadata: Metadata
    _spec: ClusterNetworkPolicySpec

    def cluster_policy(self) -> KubernetesClusterNetworkPolicy:
        """The policy so far; later verbs do not change it.

        Raises:
            InputError: If no verb was called.
        """
        if not self._spec.ingress and not self._spec.egress:
            fix = "call accept_to, deny_to, pass_to, accept_from, deny_from or pass_from"
            raise InputError([Problem(self._where, "must have a rule", fix=fix, id="CEK5200")])
        return KubernetesClusterNetworkPolicy(metadata=self._metadata, spec=self._spec)

    def accept_to(self, peer: ClusterPeer, *ports: Port, name: str | None = None) -> Self:
        """Let the pods open connections to *peer*, whatever other policies say.

        Args:
            peer: The other side.
            ports: Its ports. By default everything.
            name: What the rule is called.

        Raises:
            InputError: If a peer or a port cannot be in such a rule.
        """
        return self._add("egress", "Accept", peer, ports, name)

    def deny_to(self, peer: ClusterPeer, *ports: Port, name: str | None = None) -> Self:
        """Keep the pods from opening connections to *peer*; arguments and errors as in `accept_to`."""
        return self._add("egress", "Deny", peer, ports, name)

    def pass_to(self, peer: ClusterPeer, *ports: Port, name: str | None = None) -> Self:
        """Leave connections to *peer* to the next tier; arguments and errors as in `accept_to`."""
        return self._add("egress", "Pass", peer, ports, name)

    def accept_from(self, peer: ClusterPeer, *ports: Port, name: str | None = None) -> Self:
        """Let *peer* open connections to the pods; arguments and errors as in `accept_to`."""
        return self._add("ingress", "Accept", peer, ports, name)

    def deny_from(self, peer: ClusterPeer, *ports: Port, name: str | None = None) -> Self:
        """Keep *peer* from opening connections to the pods; arguments and errors as in `accept_to`."""
        return self._add("ingress", "Deny", peer, ports, name)

    def pass_from(self, peer: ClusterPeer, *ports: Port, name: str | None = None) -> Self:
        """Leave connections of *peer* to the next tier; arguments and errors as in `accept_to`."""
        return self._add("ingress", "Pass", peer, ports, name)

    def _begin(self, name: str, tier: Tier, priority: int, subject: ClusterPeer | None) -> None:
        self._where = f"ClusterNetworkPolicy {name}"
        self._metadata = make(Metadata, self._where, name=name)
        chosen = subject or ClusterPeer.namespaces()
        self._spec = make(
            ClusterNetworkPolicySpec,
            self._where,
            tier=tier,
            priority=priority,
            subject=make(ClusterPolicySubject, f"{self._where}: subject", **chosen.fields),
        )

    def _add(
        self,
        direction: str,
        action: TierAction,
        peer: ClusterPeer,
        ports: tuple[Port, ...],
        name: str | None,
    ) -> Self:
        where = f"{self._where}: {action.lower()}_{'to' if direction == 'egress' else 'from'}"
        protocols = tuple(one for port in ports for one in _protocols(port, where)) or None
        given: dict[str, Any] = {"action": action, "protocols": protocols, "name": name}
        rule: ClusterPolicyRule
        if direction == "egress":
            to = (make(ClusterPolicyEgressPeer, where, **peer.fields),)
            rule = make(ClusterPolicyEgressRule, where, to=to, **given)
        else:
            from_ = (make(ClusterPolicyIngressPeer, where, **peer.fields),)
            rule = make(ClusterPolicyIngressRule, where, from_=from_, **given)
        fields = {key: getattr(self._spec, key) for key in self._spec.model_fields_set}
        fields[direction] = (*(fields.get(direction) or ()), rule)
        self._spec = make(ClusterNetworkPolicySpec, self._where, **fields)
        return self


class ClusterPolicyBuilder(ClusterPolicyVerbs):
    """Builds a ClusterNetworkPolicy with the verbs of `ClusterPolicyVerbs`.

    Args:
        name: Its name in Kubernetes.
        tier: ``Admin``, before policies of namespaces, or ``Baseline``, after them.
        priority: From 0 to 1000; the lowest comes first in its tier.
        subject: The pods that it is for, by labels. By default every pod of the cluster.

    Raises:
        InputError: If a name, a number or a label is invalid.
    """

    def __init__(self, name: str, *, tier: Tier, priority: int, subject: ClusterPeer | None = None) -> None:
        self._begin(name, tier, priority, subject)


def _protocols(port: Port, where: str) -> Iterator[ClusterPolicyProtocol]:
    """A port of the builders in the terms of a ClusterNetworkPolicy."""
    model = port.model
    text = model.port or "0"
    if not text.isdecimal():
        if model.protocol != "ANY":
            rule, fix = "must not have a protocol for the name of a port", f"write Port.any({text!r})"
            raise InputError([Problem(where, rule, model.protocol, fix, id="CEK5201")])
        yield ClusterPolicyProtocol(destination_named_port=text)
        return
    protocols = _TRANSPORTS if model.protocol == "ANY" else (str(model.protocol),)
    if not set(protocols) <= set(_TRANSPORTS):
        rule, fix = "must be a port of TCP, UDP or SCTP", "leave ports out for every protocol"
        raise InputError([Problem(where, rule, model.protocol, fix, id="CEK5202")])
    first, last = (1, model.end_port or _LAST) if text == "0" else (int(text), model.end_port or int(text))
    made = (
        ClusterPolicyPort(number=first)
        if last <= first
        else ClusterPolicyPort(range=ClusterPolicyPortRange(start=first, end=last))
    )
    for protocol in protocols:
        yield ClusterPolicyProtocol(**{protocol.lower(): ClusterPolicyPorts(destination_port=made)})
