"""Policies written in code: who may talk to whom, one verb for one rule."""

from .network_policy import ClusterwideNetworkPolicy, NetworkPolicy
from .peer import Peer
from .port import Icmp, Port
from .verbs import PolicyVerbs, kube_dns

__all__ = ["ClusterwideNetworkPolicy", "Icmp", "NetworkPolicy", "Peer", "PolicyVerbs", "Port", "kube_dns"]
