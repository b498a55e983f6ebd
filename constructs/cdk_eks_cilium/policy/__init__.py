"""Cilium's network policies in plain Python: types, YAML, meaning, conversion, checks and a picture."""

from .builders import ClusterwideNetworkPolicy, Http, Icmp, Labels, NetworkPolicy, Peer, PolicyVerbs, Port
from .documents import KINDS, Document, dump, load_policies, parse, read_files, read_text
from .model import (
    CiliumClusterwideNetworkPolicy,
    CiliumNetworkPolicy,
    EgressDenyRule,
    EgressRule,
    IngressDenyRule,
    IngressRule,
    Item,
    LabelSelector,
    Policy,
    PortProtocol,
    PortRule,
    Requirement,
    Rule,
)
from .validity import problems_for
from .workloads import CidrGroup, Inventory, KubernetesService, NamedPort, Workload, inventory

__all__ = [
    "KINDS",
    "CidrGroup",
    "CiliumClusterwideNetworkPolicy",
    "CiliumNetworkPolicy",
    "ClusterwideNetworkPolicy",
    "Document",
    "EgressDenyRule",
    "EgressRule",
    "Http",
    "Icmp",
    "IngressDenyRule",
    "IngressRule",
    "Inventory",
    "Item",
    "KubernetesService",
    "LabelSelector",
    "Labels",
    "NamedPort",
    "NetworkPolicy",
    "Peer",
    "Policy",
    "PolicyVerbs",
    "Port",
    "PortProtocol",
    "PortRule",
    "Requirement",
    "Rule",
    "Workload",
    "dump",
    "inventory",
    "load_policies",
    "parse",
    "problems_for",
    "read_files",
    "read_text",
]
