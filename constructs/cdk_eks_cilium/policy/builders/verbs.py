"""The verbs that write a policy, one item each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Self

from cdk_eks_cilium.policy.documents import dump
from cdk_eks_cilium.policy.model import Authentication, HttpRule, IcmpRule, L7Rules, PortDenyRule, PortRule
from cdk_eks_cilium.problems import InputError, Problem

from .draft import ITEMS, Draft, Kind
from .making import fqdn, make
from .peer import Peer
from .port import Icmp, Port


def kube_dns() -> Peer:
    """The DNS servers of an EKS cluster: CoreDNS, whose pods have the label of kube-dns."""
    return Peer.pods({"k8s:k8s-app": "kube-dns"}, namespace="kube-system")


class PolicyVerbs(Generic[Kind]):
    """The verbs of a policy. Each adds one item and returns the object that it was called on.

    A direction stays open until a verb is about it. From then on the pods refuse, in that direction, what no
    policy allows. Items keep the order of the calls: nothing is merged or sorted.
    """

    _draft: Draft[Kind]

    def policy(self) -> Kind:
        """The policy so far; later verbs do not change it.

        Raises:
            InputError: If no verb was called, or no release of Cilium accepts the policy.
        """
        return self._draft.policy()

    def to_yaml(self) -> str:
        """The policy as YAML."""
        return dump([self.policy()])

    def allow_to(
        self,
        peer: Peer,
        *ports: Port | Icmp,
        http: Sequence[HttpRule] = (),
        server_names: Sequence[str] = (),
        authenticated: bool = False,
    ) -> Self:
        """Let the pods open connections to *peer*.

        Args:
            peer: The other side.
            ports: Its ports, or types of ICMP. By default everything.
            http: The HTTP requests that pass, any of them. By default Cilium does not look into the traffic.
            server_names: The names that TLS clients may ask for. By default any.
            authenticated: Whether both sides must prove who they are, which needs mutual authentication.

        Raises:
            InputError: If Cilium refuses such an item.
        """
        return self._allow("egress", peer, ports, http, server_names, authenticated)

    def allow_from(
        self,
        peer: Peer,
        *ports: Port | Icmp,
        http: Sequence[HttpRule] = (),
        server_names: Sequence[str] = (),
        authenticated: bool = False,
    ) -> Self:
        """Let *peer* open connections to the pods; arguments as in `allow_to`, the ports are the pods'.

        Raises:
            InputError: If Cilium refuses such an item.
        """
        return self._allow("ingress", peer, ports, http, server_names, authenticated)

    def deny_to(self, peer: Peer, *ports: Port | Icmp) -> Self:
        """Forbid connections to *peer*, whatever allows them. Names and Services cannot be forbidden.

        Raises:
            InputError: If Cilium refuses or ignores such an item.
        """
        if peer.kind == "fqdns":
            rule, fix = (
                "must not name DNS names: Cilium cannot deny names",
                "allow only the names that are wanted",
            )
            raise InputError([Problem("deny_to", rule, fix=fix, id="CEK5008")])
        if peer.kind == "services":
            rule, fix = "must not name Services: Cilium does not look them up in a denial", "name their pods"
            raise InputError([Problem("deny_to", rule, fix=fix, id="CEK5009")])
        return self._add("egress", True, **peer.fields("egress"), **self._ports(ports, PortDenyRule))

    def deny_from(self, peer: Peer, *ports: Port | Icmp) -> Self:
        """Forbid connections from *peer*, whatever allows them.

        Raises:
            InputError: If Cilium refuses such an item.
        """
        return self._add("ingress", True, **peer.fields("ingress"), **self._ports(ports, PortDenyRule))

    def allow_dns(self, *names: str, servers: Peer | None = None) -> Self:
        """Let the pods ask DNS for names, over UDP and TCP, while Cilium reads the answers.

        Rules about names (`Peer.fqdn`) need the answers. Without TCP, answers of more than some hundred bytes
        would not arrive.

        Args:
            names: Names and patterns that they may ask for. By default every name.
            servers: The DNS servers. By default the cluster's, `kube_dns`.

        Raises:
            InputError: If a name is invalid.
        """
        rules = tuple(fqdn(name, "allow_dns") for name in names or ("*",))
        ports = tuple(port.model for port in (Port.udp(53), Port.tcp(53)))
        to_ports = (PortRule(ports=ports, rules=L7Rules(dns=rules)),)
        return self._add("egress", False, **(servers or kube_dns()).fields("egress"), to_ports=to_ports)

    def default_deny(self, *, ingress: bool = True, egress: bool = True) -> Self:
        """Refuse what nothing allows, in both directions or one, even if no other verb is about it."""
        for direction, wanted in (("ingress", ingress), ("egress", egress)):
            if wanted:
                self._draft = self._draft.denying(direction)
        return self

    def keep_open(self, *, ingress: bool = True, egress: bool = True) -> Self:
        """Let pass what nothing allows, in both directions or one: for rules that only forbid or watch.

        Needs Cilium 1.16.
        """
        for direction, wanted in (("ingress", ingress), ("egress", egress)):
            if wanted:
                self._draft = self._draft.keeping_open(direction)
        return self

    def _allow(
        self,
        direction: str,
        peer: Peer,
        ports: Sequence[Port | Icmp],
        http: Sequence[HttpRule],
        server_names: Sequence[str],
        authenticated: bool,
    ) -> Self:
        fields: dict[str, Any] = {**peer.fields(direction)}
        limits: dict[str, Any] = {}
        if http:
            limits["rules"] = L7Rules(http=tuple(http))
        if server_names:
            limits["server_names"] = tuple(server_names)
        if limits and not all(isinstance(port, Port) for port in ports or (None,)):
            rule = "must name TCP ports for requests or server names"
            raise InputError(
                [Problem(_verb(direction), rule, fix="add Port.tcp(443), for example", id="CEK5010")]
            )
        fields |= self._ports(ports, PortRule, **limits)
        if authenticated:
            fields["authentication"] = Authentication(mode="required")
        return self._add(direction, False, **fields)

    def _ports(self, ports: Sequence[Port | Icmp], kind: type[Any], **limits: Any) -> dict[str, Any]:
        numbers = tuple(port.model for port in ports if isinstance(port, Port))
        types = tuple(port.model for port in ports if isinstance(port, Icmp))
        if numbers and types:
            rule = "must have ports or types of ICMP, got both"
            raise InputError([Problem("ports", rule, fix="call the verb once for each", id="CEK5011")])
        if types:
            return {"icmps": (IcmpRule(fields=types),)}
        return {"to_ports": (make(kind, "ports", ports=numbers, **limits),)} if numbers else {}

    def _add(self, direction: str, denies: bool, **fields: Any) -> Self:
        if not fields.keys() - {"authentication"}:
            # An empty item means nobody, so "anyone on any port" must be written out.
            fields |= Peer.entity("all").fields(direction)
        section = f"{direction}_deny" if denies else direction
        self._draft = self._draft.adding(section, make(ITEMS[section], _verb(direction, denies), **fields))
        return self


def _verb(direction: str, denies: bool = False) -> str:
    return f"{'deny' if denies else 'allow'}_{'from' if direction == 'ingress' else 'to'}"
