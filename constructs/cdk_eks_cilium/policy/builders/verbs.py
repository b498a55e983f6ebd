"""The verbs that say what a policy allows and denies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Self

from cdk_eks_cilium.policy.documents import dump
from cdk_eks_cilium.policy.model import (
    EgressDenyRule,
    EgressRule,
    HttpRule,
    IngressDenyRule,
    IngressRule,
    Item,
    Policy,
)
from cdk_eks_cilium.policy.validity import item_problems
from cdk_eks_cilium.problems import refuse
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .draft import Draft, Looks
from .made import refused
from .peer import Peer, fqdn_selector
from .port import Http, Icmp, Port

_KUBE_DNS: Final = Peer.pods({"k8s-app": "kube-dns"}, namespace="kube-system")
_NODE_LOCAL_DNS: Final = Peer.pods({"k8s-app": "node-local-dns"}, namespace="kube-system")


class PolicyVerbs:
    """What can be said in a policy. Each verb adds one item and gives the policy back.

    Whoever inherits it has a `Draft` in ``_draft``.

    A policy that says anything of a direction, be it only what it denies, makes Cilium refuse there
    whatever nothing allows; see `without_default_deny`. What a policy denies stays denied whatever allows it.
    """

    _draft: Draft

    def allow_to(
        self,
        peer: Peer,
        *ports: Port | Icmp,
        http: Sequence[Http | HttpRule] = (),
        server_names: Sequence[str] = (),
        authenticated: bool = False,
    ) -> Self:
        """Let the pods reach a peer.

        Args:
            peer: Whom.
            ports: On which ports, or with which types of ICMP. By default all, ICMP included.
            http: Requests that may pass, on ports of TCP. By default all.
            server_names: TLS servers that may be asked for by name, from Cilium 1.13 on. By default all.
            authenticated: Whether both sides have to prove who they are, from Cilium 1.14 on; pods only.

        Raises:
            InputError: If Cilium has no such rule.
        """
        looks = Looks(http, server_names=server_names)
        self._draft.add("allow_to", "egress", peer, ports, looks, authenticated)
        return self

    def allow_from(
        self,
        peer: Peer,
        *ports: Port | Icmp,
        http: Sequence[Http | HttpRule] = (),
        server_names: Sequence[str] = (),
        authenticated: bool = False,
    ) -> Self:
        """Let a peer reach the pods. Their own node may always.

        Args:
            peer: Who.
            ports: On which ports, or with which types of ICMP. By default all, ICMP included.
            http: Requests that may pass, on ports of TCP. By default all.
            server_names: TLS servers that may be asked for by name, from Cilium 1.13 on. By default all.
            authenticated: Whether both sides have to prove who they are, from Cilium 1.14 on; pods only.

        Raises:
            InputError: If Cilium has no such rule.
        """
        looks = Looks(http, server_names=server_names)
        self._draft.add("allow_from", "ingress", peer, ports, looks, authenticated)
        return self

    def deny_to(self, peer: Peer, *ports: Port | Icmp) -> Self:
        """Keep the pods from a peer, whatever allows it.

        Args:
            peer: From whom; names cannot be denied.
            ports: On which ports, or with which types of ICMP. By default all, ICMP included.

        Raises:
            InputError: If Cilium has no such rule.
        """
        self._draft.add("deny_to", "egress_deny", peer, ports)
        return self

    def deny_from(self, peer: Peer, *ports: Port | Icmp) -> Self:
        """Keep a peer from the pods, whatever allows it.

        Args:
            peer: Whom.
            ports: On which ports, or with which types of ICMP. By default all, ICMP included.

        Raises:
            InputError: If Cilium has no such rule.
        """
        self._draft.add("deny_from", "ingress_deny", peer, ports)
        return self

    def allow_dns(
        self, names: Iterable[str] = ("*",), servers: Peer | None = None, *, node_local: bool = False
    ) -> Self:
        """Let the pods ask DNS servers, on port 53 of UDP and TCP, through Cilium's DNS proxy.

        The proxy is how Cilium learns the addresses for ``Peer.fqdn``.

        Args:
            names: Names that may be asked for; one with ``*`` is a pattern. By default all.
            servers: The servers. By default the pods with the label ``k8s-app: kube-dns`` in ``kube-system``,
                CoreDNS on EKS. For a NodeLocal DNSCache in its node's network, which Cilium does not see as a
                pod, give its address: ``Peer.cidr("169.254.20.10/32")``.
            node_local: Whether pods of NodeLocal DNSCache are meant too, to which a CiliumLocalRedirectPolicy
                leads what is for kube-dns
                (https://docs.cilium.io/en/stable/network/kubernetes/local-redirect-policy/).

        Raises:
            InputError: If something is no name, or both servers and node_local are given.
        """
        where = f"{self._draft.where}: allow_dns"
        if servers is not None and node_local:
            raise refused(where, "must have servers or node_local, got both", "leave node_local out")
        usual = Peer.any_of(_KUBE_DNS, _NODE_LOCAL_DNS) if node_local else _KUBE_DNS
        selectors = tuple(fqdn_selector(name, where) for name in names)
        if not selectors:
            raise refused(where, "must allow some name", "leave names out for every name")
        ports = (Port.udp(53), Port.tcp(53))
        looks = Looks(rules={"dns": selectors})
        self._draft.add("allow_dns", "egress", servers or usual, ports, looks)
        return self

    def default_deny(self, *, ingress: bool = True, egress: bool = True) -> Self:
        """Deny whatever nothing allows, also where this policy says nothing else.

        Args:
            ingress: To the pods.
            egress: From the pods.

        Raises:
            InputError: If `without_default_deny` was said of the same direction.
        """
        if ingress:
            self._draft.set_default("default_deny", "ingress", deny=True)
        if egress:
            self._draft.set_default("default_deny", "egress", deny=True)
        return self

    def without_default_deny(self, *, ingress: bool = True, egress: bool = True) -> Self:
        """Leave alone what no rule speaks of, from Cilium 1.16 on.

        Other policies for the same pods may still deny it.

        Args:
            ingress: To the pods.
            egress: From the pods.

        Raises:
            InputError: If `default_deny` was said of the same direction.
        """
        if ingress:
            self._draft.set_default("without_default_deny", "ingress", deny=False)
        if egress:
            self._draft.set_default("without_default_deny", "egress", deny=False)
        return self

    def add(self, item: Item) -> Self:
        """Add an item of the model, for what the other verbs have no words for.

        Raises:
            InputError: If no release of Cilium takes it.
        """
        refuse(item_problems(item, f"{self._draft.where}: add"))
        self._draft.items[_SECTION_OF[type(item)]].append(item)
        return self

    def policy(self, version: CiliumVersion | None = None) -> Policy:
        """The policy as it is now.

        Args:
            version: The release of Cilium that it is for. By default only what none takes is refused.

        Raises:
            InputError: For everything that Cilium would refuse, or if the policy says nothing.
        """
        return self._draft.policy(version)

    def to_manifest(self, version: CiliumVersion | None = None) -> dict[str, Any]:
        """The policy as plain data for Kubernetes, see `policy`.

        Raises:
            InputError: For everything that Cilium would refuse, or if the policy says nothing.
        """
        return self.policy(version).manifest()

    def to_yaml(self, version: CiliumVersion | None = None) -> str:
        """The policy as YAML, see `policy`.

        Raises:
            InputError: For everything that Cilium would refuse, or if the policy says nothing.
        """
        return dump([self.policy(version)])


_SECTION_OF: Final[dict[type[Item], str]] = {
    IngressRule: "ingress",
    IngressDenyRule: "ingress_deny",
    EgressRule: "egress",
    EgressDenyRule: "egress_deny",
}
