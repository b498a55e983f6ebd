"""What can be said about the pods of a policy, one verb for one item."""

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
    """The DNS servers of an EKS cluster: CoreDNS, whose pods are still called kube-dns."""
    return Peer.pods({"k8s:k8s-app": "kube-dns"}, namespace="kube-system")


class PolicyVerbs(Generic[Kind]):
    """The verbs of a policy. Each adds one item and returns the object that it was called on.

    A policy says nothing of a direction until a verb does; from then on its pods are refused, in that
    direction, whatever no policy allows. Nothing is merged or sorted: items are in the order of the calls.
    """

    _draft: Draft[Kind]

    def policy(self) -> Kind:
        """The policy as it is written so far; verbs that follow do not change it.

        Raises:
            InputError: If no verb was called, or no release of Cilium takes the policy.
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
            http: The HTTP requests that pass, any of them. By default the traffic is not looked into.
            server_names: The names that TLS clients may ask for. By default any.
            authenticated: Whether both sides must prove who they are, which needs mutual authentication.

        Raises:
            InputError: If Cilium takes no such item.
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
            InputError: If Cilium takes no such item.
        """
        return self._allow("ingress", peer, ports, http, server_names, authenticated)

    def deny_to(self, peer: Peer, *ports: Port | Icmp) -> Self:
        """Forbid connections to *peer*, whatever allows them. Names and Services cannot be forbidden.

        Raises:
            InputError: If Cilium takes no such item, or makes nothing of it.
        """
        if peer.kind == "fqdns":
            rule, fix = "must not name DNS names: Cilium denies none", "allow just the names that are wanted"
            raise InputError([Problem("deny_to", rule, fix=fix, id="CEK5008")])
        if peer.kind == "services":
            rule, fix = "must not name Services: Cilium looks none up in a denial", "name the pods behind it"
            raise InputError([Problem("deny_to", rule, fix=fix, id="CEK5009")])
        return self._add("egress", True, **peer.fields("egress"), **self._ports(ports, PortDenyRule))

    def deny_from(self, peer: Peer, *ports: Port | Icmp) -> Self:
        """Forbid connections from *peer*, whatever allows them.

        Raises:
            InputError: If Cilium takes no such item.
        """
        return self._add("ingress", True, **peer.fields("ingress"), **self._ports(ports, PortDenyRule))

    def allow_dns(self, *names: str, servers: Peer | None = None) -> Self:
        """Let the pods ask for names, over UDP and TCP, with Cilium listening.

        That is what rules about names (`Peer.fqdn`) live on. Without TCP, answers of more than some hundred
        bytes would not arrive.

        Args:
            names: What they may ask for, patterns among them. By default everything.
            servers: The DNS servers. By default those of the cluster, `kube_dns`.

        Raises:
            InputError: If a name is none.
        """
        rules = tuple(fqdn(name, "allow_dns") for name in names or ("*",))
        ports = tuple(port.model for port in (Port.udp(53), Port.tcp(53)))
        to_ports = (PortRule(ports=ports, rules=L7Rules(dns=rules)),)
        return self._add("egress", False, **(servers or kube_dns()).fields("egress"), to_ports=to_ports)

    def default_deny(self, *, ingress: bool = True, egress: bool = True) -> Self:
        """Refuse, in both directions or one, what nothing allows; where no other verb speaks of it, too."""
        for direction, wanted in (("ingress", ingress), ("egress", egress)):
            if wanted:
                self._draft = self._draft.denying(direction)
        return self

    def keep_open(self, *, ingress: bool = True, egress: bool = True) -> Self:
        """Do not refuse, in both directions or one, what nothing allows: for rules that only forbid or watch.

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
            # An item without anything is about nobody, so anyone on any port has to be said.
            fields |= Peer.entity("all").fields(direction)
        section = f"{direction}_deny" if denies else direction
        self._draft = self._draft.adding(section, make(ITEMS[section], _verb(direction, denies), **fields))
        return self


def _verb(direction: str, denies: bool = False) -> str:
    return f"{'deny' if denies else 'allow'}_{'from' if direction == 'ingress' else 'to'}"
