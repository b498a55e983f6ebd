"""Policies written in Python, without a stack: peers, ports, and verbs that allow and deny."""

from .draft import Draft
from .peer import Peer
from .pods import Labels
from .policies import ClusterwideNetworkPolicy, NetworkPolicy, clusterwide_draft, pod_draft
from .port import Http, Icmp, Port
from .verbs import PolicyVerbs

__all__ = [
    "ClusterwideNetworkPolicy",
    "Draft",
    "Http",
    "Icmp",
    "Labels",
    "NetworkPolicy",
    "Peer",
    "PolicyVerbs",
    "Port",
    "clusterwide_draft",
    "pod_draft",
]
