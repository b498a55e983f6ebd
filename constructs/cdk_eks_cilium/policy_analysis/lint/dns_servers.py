"""The DNS servers of the cluster."""

from __future__ import annotations

from typing import Final

from cdk_eks_cilium.policy_analysis.workloads import NamedPort, Workload

from .context import ItemView
from .port_rules import lets

DNS_SERVER: Final = Workload(
    "kube-system",
    "coredns",
    {"k8s-app": "kube-dns"},
    ports=(NamedPort("dns", 53, "UDP"), NamedPort("dns-tcp", 53, "TCP")),
)
"""CoreDNS as EKS installs it: https://docs.aws.amazon.com/eks/latest/userguide/managing-coredns.html."""

_NAMES: Final = frozenset({"dns", "dns-tcp", "domain"})


def opens_dns(view: ItemView) -> bool:
    """Whether an item opens port 53, by its number or by a name of EKS's DNS servers, to someone."""
    if view.item.peer_kind is not None and not view.peers:
        return False
    named = any(name in _NAMES for each in view.port_rules for name, _ in each.names)
    return named or lets(view.port_rules, "UDP", 53) or lets(view.port_rules, "TCP", 53)
