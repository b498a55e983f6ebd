"""The other side of traffic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Self

from cdk_eks_cilium.policy.model import (
    AwsGroup,
    CidrRule,
    EgressRule,
    FqdnSelector,
    Group,
    K8sService,
    K8sServiceSelector,
    Service,
)

from .made import made, refused
from .pods import Labels, pod_selector, selector_of
from .unusable import UNUSABLE


@dataclass(frozen=True)
class Peer:
    """The other side of traffic: pods, nodes, addresses, names, Services, or entities that Cilium knows.

    Make one with a factory, `Peer.pods` or `Peer.cidr` for example.

    Attributes:
        kind: The field of Cilium that it fills, less ``from_`` or ``to_``: ``endpoints``, ``cidr``.
        values: What is in that field: any of them is meant.
    """

    kind: str
    values: tuple[Any, ...] = field(hash=False)

    @classmethod
    def pods(
        cls,
        labels: Labels | None = None,
        *,
        namespace: str | None = None,
        namespaces_with: Mapping[str, str] | None = None,
        all_namespaces: bool = False,
    ) -> Self:
        """Pods of this cluster.

        Args:
            labels: Labels that they have, or a `LabelSelector`. By default every pod there is meant.
            namespace: The namespace they are in. By default the policy's own; for a policy that has none,
                all of them.
            namespaces_with: Labels of the namespaces they are in.
            all_namespaces: Mean the pods of every namespace.

        Raises:
            InputError: If these are no labels, or more than one way to choose namespaces is given.
        """
        selector = pod_selector("Peer.pods", labels, namespace, namespaces_with, all_namespaces)
        return cls("endpoints", (selector,))

    @classmethod
    def namespace(cls, name: str) -> Self:
        """Every pod of a namespace.

        Raises:
            InputError: If it is no name of a namespace.
        """
        return cls("endpoints", (pod_selector("Peer.namespace", None, name),))

    @classmethod
    def entity(cls, *names: str) -> Self:
        """What Cilium itself knows: ``kube-apiserver``, ``world``, ``host``, ``cluster`` and others.

        ``cluster`` is every pod and node of the cluster, ``world`` every address outside of it, ``host``
        the node that the pod runs on (https://docs.cilium.io/en/stable/security/policy/language/).

        Raises:
            InputError: If a name is none of them, or none is given.
        """
        _some(names, "Peer.entity", "name an entity, 'kube-apiserver' for example")
        made(EgressRule, "Peer.entity", to_entities=names)
        return cls("entities", names)

    @classmethod
    def anyone(cls) -> Self:
        """Everyone: pods, nodes, and every address outside of the cluster."""
        return cls.entity("all")

    @classmethod
    def cidr(cls, *cidrs: str, excluding: Iterable[str] = ()) -> Self:
        """Addresses outside of the cluster.

        Pods are never meant, and nodes only where the agents' ``policyCIDRMatchMode`` says so.

        Args:
            cidrs: Ranges such as ``10.0.0.0/8``; ``192.0.2.1/32`` is one address.
            excluding: Ranges in these that are not meant.

        Raises:
            InputError: If something is no range, or an excluded range is in none of the others.
        """
        _some(cidrs, "Peer.cidr", "give a range, '10.0.0.0/8' for example")
        exceptions = tuple(excluding)
        made(EgressRule, "Peer.cidr", to_cidr=cidrs)
        made(EgressRule, "Peer.cidr(excluding=)", to_cidr=exceptions)
        if not exceptions:
            return cls("cidr", cidrs)
        inside = {cidr: tuple(one for one in exceptions if _is_in(one, cidr)) for cidr in cidrs}
        for one in exceptions:
            if not any(one in parts for parts in inside.values()):
                raise refused(
                    "Peer.cidr(excluding=)", f"must be in one of {', '.join(cidrs)}, got {one!r}", "remove it"
                )
        return cls(
            "cidr_set",
            tuple(
                made(CidrRule, "Peer.cidr", cidr=cidr, except_=parts or None)
                for cidr, parts in inside.items()
            ),
        )

    @classmethod
    def cidr_group(cls, *names: str, labels: Labels | None = None, excluding: Iterable[str] = ()) -> Self:
        """Addresses of CiliumCIDRGroups.

        They need Cilium 1.14, in egress 1.16, with labels or exceptions 1.17.

        Args:
            names: Names of groups.
            labels: Labels of groups.
            excluding: Ranges in these that are not meant.

        Raises:
            InputError: If neither names nor labels are given, or something is no range.
        """
        where = "Peer.cidr_group"
        if labels is None:
            _some(names, where, "give the name of a CiliumCIDRGroup, or labels")
        exceptions = tuple(excluding) or None
        rules = [made(CidrRule, where, cidr_group_ref=name, except_=exceptions) for name in names]
        if labels is not None:
            selector = selector_of(labels, where)
            rules.append(made(CidrRule, where, cidr_group_selector=selector, except_=exceptions))
        return cls("cidr_set", tuple(rules))

    @classmethod
    def fqdn(cls, *names: str) -> Self:
        """DNS names outside of the cluster, and patterns of names.

        Cilium takes their addresses from the answers of the DNS servers, so the same pods need `allow_dns`
        too. In ``*.example.com`` the ``*`` stands for one label: ``example.com`` is not meant.

        Args:
            names: Names; one with ``*`` is a pattern.

        Raises:
            InputError: If something is no name.
        """
        _some(names, "Peer.fqdn", "give a name, 'api.example.com' for example")
        return cls("fqdns", tuple(fqdn_selector(name, "Peer.fqdn") for name in names))

    @classmethod
    def service(cls, name: str, namespace: str | None = None) -> Self:
        """The pods (or addresses) behind a Service.

        For the API server use ``Peer.entity("kube-apiserver")``: Cilium's documentation advises against
        the Service ``default/kubernetes``. Cilium 1.14 to 1.16 refuse a Service together with ports.

        Args:
            name: Name of the Service.
            namespace: Its namespace. By default Cilium takes the policy's own.

        Raises:
            InputError: If the name is no text.
        """
        service = made(K8sService, "Peer.service", service_name=name, namespace=namespace)
        return cls("services", (Service(k8s_service=service),))

    @classmethod
    def service_with(cls, labels: Labels, namespace: str | None = None) -> Self:
        """The pods (or addresses) behind the Services that have some labels.

        Args:
            labels: Labels of the Services.
            namespace: Their namespace. By default Cilium takes the policy's own.

        Raises:
            InputError: If these are no labels.
        """
        where = "Peer.service_with"
        chosen = made(K8sServiceSelector, where, selector=selector_of(labels, where), namespace=namespace)
        return cls("services", (Service(k8s_service_selector=chosen),))

    @classmethod
    def nodes(cls, labels: Labels) -> Self:
        """Nodes of the cluster by their labels, from Cilium 1.16 on.

        The agents need ``nodeSelectorLabels``, without which they refuse it.

        Raises:
            InputError: If these are no labels.
        """
        return cls("nodes", (selector_of(labels, "Peer.nodes"),))

    @classmethod
    def aws_group(
        cls,
        *security_group_ids: str,
        names: Iterable[str] = (),
        labels: Mapping[str, str] | None = None,
        region: str | None = None,
    ) -> Self:
        """Addresses of EC2 instances; the operator asks EC2 for them and needs the permission to.

        Args:
            security_group_ids: Security groups that the instances are in.
            names: The same by the groups' names.
            labels: Tags of the instances.
            region: Their Region. By default the operator's own.

        Raises:
            InputError: If nothing chooses the instances.
        """
        named, where = tuple(names), "Peer.aws_group"
        if not security_group_ids and not named and not labels:
            raise refused(where, "must choose instances", "give ids or names of security groups, or labels")
        group = made(
            AwsGroup,
            where,
            labels=dict(labels) if labels else None,
            region=region,
            security_groups_ids=security_group_ids or None,
            security_groups_names=named or None,
        )
        return cls("groups", (Group(aws=group),))

    @classmethod
    def any_of(cls, *peers: Peer) -> Self:
        """Several peers of one kind as one: traffic with any of them is meant.

        Raises:
            InputError: If they are of several kinds, which Cilium does not take in one rule.
        """
        kinds = sorted({peer.kind for peer in peers})
        if len(kinds) != 1:
            raise refused(
                "Peer.any_of",
                f"must be peers of one kind, got {' and '.join(kinds) or 'none'}",
                "write a rule each",
            )
        return cls(kinds[0], tuple(value for peer in peers for value in peer.values))

    def fields(self, section: str, where: str) -> dict[str, tuple[Any, ...]]:
        """The field of an item that it fills.

        Args:
            section: The section that the item is for, such as ``egress_deny``.
            where: What to blame.

        Raises:
            InputError: If Cilium has no such field there.
        """
        if unusable := UNUSABLE.get((self.kind, section)):
            raise refused(where, *unusable)
        return {("to_" if section.startswith("egress") else "from_") + self.kind: self.values}


def fqdn_selector(name: str, where: str) -> FqdnSelector:
    """A selector of a name, or of a pattern if there is a ``*`` in it.

    Raises:
        InputError: If it is no name.
    """
    return made(FqdnSelector, where, **{"match_pattern" if "*" in name else "match_name": name})


def _is_in(part: str, whole: str) -> bool:
    inner, outer = ip_network(part, strict=False), ip_network(whole, strict=False)
    if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network):
        return inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network) and inner.subnet_of(outer)


def _some(given: tuple[Any, ...], where: str, fix: str) -> None:
    if not given:
        raise refused(where, "must name at least one", fix)
