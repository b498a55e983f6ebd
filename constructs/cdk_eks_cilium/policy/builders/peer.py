"""The peers of a policy: whom its pods may reach, and who may reach them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
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
from cdk_eks_cilium.policy.model.peers import is_within
from cdk_eks_cilium.problems import InputError, Problem, refuse

from .making import Labels, fqdn, make, selector

NAMESPACE: Final = "k8s:io.kubernetes.pod.namespace"
NAMESPACE_LABELS: Final = "k8s:io.cilium.k8s.namespace.labels."

_EGRESS_ALONE: Final = {
    "fqdns": "name pods, ranges or entities: Cilium does not know callers by DNS names",
    "services": "name the pods behind the Service",
}


@dataclass(frozen=True)
class Peer:
    """The other side of a rule; make a peer with the class methods.

    Attributes:
        kind: The last part of the field that it fills: ``endpoints`` fills ``toEndpoints`` or
            ``fromEndpoints``. None for anyone.
        values: The values of that field.
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
        """Pods by their labels, or all pods.

        Args:
            labels: Labels that must all hold, or a selector. By default every pod.
            namespace: Their namespace. By default the policy's own; any for a clusterwide policy.
            namespace_labels: Labels of their namespaces, in place of a name.
            every_namespace: Whether they may be in any namespace.

        Raises:
            InputError: If several arguments set the namespaces, or a label is invalid.
        """
        ways = [namespace is not None, bool(namespace_labels), every_namespace]
        if sum(ways) > 1:
            rule = "must set the namespaces in one way"
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
            InputError: If a name is unknown, or no name is given.
        """
        _some(names, "Peer.entity", "name an entity, 'kube-apiserver' for example")
        make(EgressRule, "Peer.entity", to_entities=names)
        return cls("entities", names)

    @classmethod
    def cidr(cls, *ranges: str, excluding: Sequence[str] = ()) -> Peer:
        """Addresses outside the cluster: ranges never mean pods or nodes.

        Args:
            ranges: In CIDR notation.
            excluding: Ranges to leave out, each inside one of *ranges*.

        Raises:
            InputError: If a range is invalid or missing, or an excluded range is outside all of *ranges*.
        """
        _some(ranges, "Peer.cidr", "give a range, '10.0.0.0/8' for example")
        rules = []
        for text in ranges:
            holes = [hole for hole in excluding if _holds(text, hole)]
            rules.append(make(CidrRule, "Peer.cidr", cidr=text, except_=tuple(holes) or None))
        refuse(
            Problem("Peer.cidr: excluding", "must be inside one of the ranges", hole, id="CEK5004")
            for hole in excluding
            if not any(_holds(text, hole) for text in ranges)
        )
        return cls("cidr_set", tuple(rules))

    @classmethod
    def cidr_group(cls, name: str | None = None, *, labels: Labels | None = None) -> Peer:
        """The ranges of a CiliumCIDRGroup, by its name or by labels.

        Needs Cilium 1.14; in egress 1.16; by labels 1.17.

        Raises:
            InputError: If neither or both are given.
        """
        by_labels = selector(labels, "Peer.cidr_group") if labels is not None else None
        rule = make(CidrRule, "Peer.cidr_group", cidr_group_ref=name, cidr_group_selector=by_labels)
        return cls("cidr_set", (rule,))

    @classmethod
    def fqdn(cls, *names: str) -> Peer:
        """The addresses behind DNS names; ``*`` stands for any characters of one label.

        Cilium learns the addresses from the answers that pods get, so the policy, or another one for the
        same pods, needs `allow_dns` with these names.

        Raises:
            InputError: If a name is invalid, or no name is given.
        """
        _some(names, "Peer.fqdn", "give a name, 'api.example.com' for example")
        return cls("fqdns", tuple(fqdn(name, "Peer.fqdn") for name in names))

    @classmethod
    def service(cls, name: str, namespace: str) -> Peer:
        """The pods or addresses behind a Service.

        Give ports only if the Service certainly exists: without it the ports are open to everyone
        (https://github.com/cilium/cilium/issues/20067).
        """
        one = make(K8sService, "Peer.service", service_name=name, namespace=namespace)
        return cls("services", (Service(k8s_service=one),))

    @classmethod
    def services(cls, labels: Labels, *, namespace: str | None = None) -> Peer:
        """The pods or addresses behind Services with some labels, of one namespace or of any.

        Give ports only if such Services certainly exist, see `service`.
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
        """The addresses of instances in some security groups. Cilium's operator gets them from EC2.

        Raises:
            InputError: If no group is given.
        """
        _some(ids, "Peer.security_groups", "give an id, 'sg-0123456789abcdef0' for example")
        group = make(AwsGroup, "Peer.security_groups", security_groups_ids=ids, region=region)
        return cls("groups", (Group(aws=group),))

    @classmethod
    def any_of(cls, *peers: Peer) -> Peer:
        """Any of several peers of one kind, for rules that are the same for each.

        Raises:
            InputError: If no peer is given, or the peers are of several kinds.
        """
        kinds = {peer.kind for peer in peers}
        if len(kinds) != 1:
            rule = f"must have peers of one kind, got {', '.join(sorted(map(str, kinds))) or 'no peer'}"
            raise InputError(
                [Problem("Peer.any_of", rule, fix="call the verb once for each kind", id="CEK5092")]
            )
        return cls(kinds.pop(), tuple(value for peer in peers for value in peer.values))

    def fields(self, direction: str) -> dict[str, Any]:
        """The fields of an item that mean this peer in a direction, ``ingress`` or ``egress``.

        Raises:
            InputError: If Cilium has no such peers in that direction.
        """
        if self.kind is None:
            return {}
        if direction == "ingress" and self.kind in _EGRESS_ALONE:
            rule = f"must name a peer that can open connections, not {self.kind}"
            raise InputError([Problem("allow_from", rule, fix=_EGRESS_ALONE[self.kind], id="CEK5005")])
        prefix = "from" if direction == "ingress" else "to"
        return {f"{prefix}_{self.kind}": self.values}


def _holds(whole: str, part: str) -> bool:
    """Whether a range is in another; True for an invalid range, which the model refuses."""
    try:
        return is_within(ip_network(part, strict=False), ip_network(whole, strict=False))
    except ValueError:
        return True


def _some(given: tuple[str, ...], where: str, fix: str) -> None:
    """Refuse an empty list: it would mean nobody, and readers would not see that."""
    if not given:
        raise InputError([Problem(where, "must name at least one", fix=fix, id="CEK5006")])
