"""Whom a policy lets its pods talk to, or be talked to by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final

from cdk_eks_cilium.policy.model import (
    AwsGroup,
    CidrRule,
    EgressRule,
    Group,
    K8sService,
    K8sServiceSelector,
    LabelSelector,
    Requirement,
    Service,
)
from cdk_eks_cilium.problems import InputError, Problem

from .making import Labels, fqdn, make, selector

NAMESPACE: Final = "k8s:io.kubernetes.pod.namespace"
NAMESPACE_LABELS: Final = "k8s:io.cilium.k8s.namespace.labels."

_EGRESS_ALONE: Final = {
    "fqdns": "name pods, ranges or entities: who calls by a name is not known",
    "services": "name the pods behind the Service",
}


@dataclass(frozen=True)
class Peer:
    """The other side of a rule; make one with its class methods.

    Attributes:
        kind: The last part of the field that it fills: ``endpoints`` fills ``toEndpoints`` or
            ``fromEndpoints``. None for anyone.
        values: What goes into that field.
    """

    kind: str | None = None
    values: tuple[Any, ...] = field(default=(), hash=False)

    @classmethod
    def anyone(cls) -> Peer:
        """Everyone, in the cluster and outside."""
        return cls()

    @classmethod
    def pods(
        cls,
        labels: Labels | None = None,
        *,
        namespace: str | None = None,
        namespace_labels: Mapping[str, str] | None = None,
        every_namespace: bool = False,
    ) -> Peer:
        """Pods by their labels; all of them without any.

        Args:
            labels: Labels that must all hold, or a selector.
            namespace: Their namespace. By default the policy's own; of a clusterwide policy any.
            namespace_labels: Labels of their namespaces, in place of a name.
            every_namespace: Whether they may be anywhere in the cluster.

        Raises:
            InputError: If their namespaces are said in more than one way, or labels are none.
        """
        ways = [namespace is not None, bool(namespace_labels), every_namespace]
        if sum(ways) > 1:
            rule = "must say the namespaces in one way"
            fix = "keep one of namespace, namespace_labels and every_namespace"
            raise InputError([Problem("Peer.pods", rule, fix=fix, id="CEK5003")])
        further = {NAMESPACE: namespace} if namespace is not None else {}
        further |= {f"{NAMESPACE_LABELS}{key}": value for key, value in (namespace_labels or {}).items()}
        chosen = selector(labels, "Peer.pods", further)
        if every_namespace:
            anywhere = Requirement(key=NAMESPACE, operator="Exists")
            chosen = make(
                LabelSelector,
                "Peer.pods",
                match_labels=chosen.match_labels,
                match_expressions=(*(chosen.match_expressions or ()), anywhere),
            )
        return cls("endpoints", (chosen,))

    @classmethod
    def namespace(cls, name: str) -> Peer:
        """Every pod of a namespace."""
        return cls.pods(namespace=name)

    @classmethod
    def entity(cls, *names: str) -> Peer:
        """What Cilium knows by itself: ``kube-apiserver``, ``world``, ``cluster``, ``host`` ...

        Raises:
            InputError: If it is none of them, or there is none.
        """
        _some(names, "Peer.entity", "name an entity, 'kube-apiserver' for example")
        make(EgressRule, "Peer.entity", to_entities=names)
        return cls("entities", names)

    @classmethod
    def cidr(cls, *ranges: str, excluding: Sequence[str] = ()) -> Peer:
        """Addresses outside the cluster: ranges never mean pods or nodes.

        Args:
            ranges: In CIDR notation.
            excluding: Ranges in them that are not meant, each taken out of those that hold it.

        Raises:
            InputError: If something is no range, there is none, or an excluded one is in none.
        """
        _some(ranges, "Peer.cidr", "give a range, '10.0.0.0/8' for example")
        rules = []
        for text in ranges:
            holes = [hole for hole in excluding if _holds(text, hole)]
            rules.append(make(CidrRule, "Peer.cidr", cidr=text, except_=tuple(holes) or None))
        strangers = [hole for hole in excluding if not any(_holds(text, hole) for text in ranges)]
        if strangers:
            raise InputError(
                [
                    Problem("Peer.cidr: excluding", "must be inside one of the ranges", hole, id="CEK5004")
                    for hole in strangers
                ]
            )
        return cls("cidr_set", tuple(rules))

    @classmethod
    def cidr_group(cls, name: str | None = None, *, labels: Labels | None = None) -> Peer:
        """The ranges of a CiliumCIDRGroup, by its name or by labels.

        That needs Cilium 1.14, in egress 1.16, by labels 1.17.

        Raises:
            InputError: If neither is given, or both are.
        """
        by_labels = selector(labels, "Peer.cidr_group") if labels is not None else None
        rule = make(CidrRule, "Peer.cidr_group", cidr_group_ref=name, cidr_group_selector=by_labels)
        return cls("cidr_set", (rule,))

    @classmethod
    def fqdn(cls, *names: str) -> Peer:
        """Whatever DNS names lead to; ``*`` stands for any characters of one label.

        Cilium learns the addresses from the answers that pods get, so the policy, or another one for the
        same pods, needs `allow_dns` with these names.

        Raises:
            InputError: If something is no name, or there is none.
        """
        _some(names, "Peer.fqdn", "give a name, 'api.example.com' for example")
        return cls("fqdns", tuple(fqdn(name, "Peer.fqdn") for name in names))

    @classmethod
    def service(cls, name: str, namespace: str) -> Peer:
        """The pods or addresses behind a Service.

        Name no ports beside it, unless the Service is sure to be there: without it they are open to everyone
        (https://github.com/cilium/cilium/issues/20067).
        """
        one = make(K8sService, "Peer.service", service_name=name, namespace=namespace)
        return cls("services", (Service(k8s_service=one),))

    @classmethod
    def services(cls, labels: Labels, *, namespace: str | None = None) -> Peer:
        """The pods or addresses behind Services with some labels, of one namespace or of any.

        Name no ports beside them, see `service`.
        """
        chosen = make(
            K8sServiceSelector,
            "Peer.services",
            selector=selector(labels, "Peer.services"),
            namespace=namespace,
        )
        return cls("services", (Service(k8s_service_selector=chosen),))

    @classmethod
    def nodes(cls, labels: Labels | None = None) -> Peer:
        """Nodes by their labels, which needs the chart's ``nodeSelectorLabels``."""
        return cls("nodes", (selector(labels, "Peer.nodes"),))

    @classmethod
    def security_groups(cls, *ids: str, region: str | None = None) -> Peer:
        """The addresses of instances in some security groups, which Cilium's operator asks EC2 for.

        Raises:
            InputError: If there is no group.
        """
        _some(ids, "Peer.security_groups", "give an id, 'sg-0123456789abcdef0' for example")
        group = make(AwsGroup, "Peer.security_groups", security_groups_ids=ids, region=region)
        return cls("groups", (Group(aws=group),))

    def fields(self, direction: str) -> dict[str, Any]:
        """The fields of an item that mean this peer.

        Args:
            direction: ``ingress`` or ``egress``.

        Raises:
            InputError: If Cilium has no such peers in that direction.
        """
        if self.kind is None:
            return {}
        if direction == "ingress" and self.kind in _EGRESS_ALONE:
            raise InputError(
                [
                    Problem(
                        "allow_from",
                        f"must name a peer that can call, not one of {self.kind}",
                        fix=_EGRESS_ALONE[self.kind],
                        id="CEK5005",
                    )
                ]
            )
        prefix = "from" if direction == "ingress" else "to"
        return {f"{prefix}_{self.kind}": self.values}


def _holds(whole: str, part: str) -> bool:
    """Whether a range is in another; True for what is no range, which the model refuses in its own words."""
    try:
        outer, inner = ip_network(whole, strict=False), ip_network(part, strict=False)
    except ValueError:
        return True
    if isinstance(outer, IPv4Network) and isinstance(inner, IPv4Network):
        return inner.subnet_of(outer)
    return isinstance(outer, IPv6Network) and isinstance(inner, IPv6Network) and inner.subnet_of(outer)


def _some(given: tuple[str, ...], where: str, fix: str) -> tuple[str, ...]:
    """What was given; a list without anything in it would mean nobody, and no reader would see that."""
    if not given:
        raise InputError([Problem(where, "must name at least one", fix=fix, id="CEK5006")])
    return given
