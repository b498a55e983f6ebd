"""Cilium's network policies in plain Python: types, YAML, verbs, meaning, conversion, checks.

Nothing here needs a stack or a cluster.
"""

from .builders import ClusterwideNetworkPolicy, Icmp, NetworkPolicy, Peer, Port, kube_dns
from .documents import Document, dump, load_policies, parse, read_files, read_text
from .evaluation import (
    Endpoint,
    Evaluation,
    Explanation,
    Flow,
    HttpRequest,
    Matrix,
    PortSet,
    Reach,
    Verdict,
)
from .model import (
    CiliumClusterwideNetworkPolicy,
    CiliumNetworkPolicy,
    LabelSelector,
    Policy,
    Requirement,
)
from .model import HttpRule as Http
from .tenancy import default_deny
from .validity import problems_for
from .workloads import Inventory, Workload, inventory

__all__ = [
    "CiliumClusterwideNetworkPolicy",
    "CiliumNetworkPolicy",
    "ClusterwideNetworkPolicy",
    "Document",
    "Endpoint",
    "Evaluation",
    "Explanation",
    "Flow",
    "Http",
    "HttpRequest",
    "Icmp",
    "Inventory",
    "LabelSelector",
    "Matrix",
    "NetworkPolicy",
    "Peer",
    "Policy",
    "Port",
    "PortSet",
    "Reach",
    "Requirement",
    "Verdict",
    "Workload",
    "default_deny",
    "dump",
    "inventory",
    "kube_dns",
    "load_policies",
    "parse",
    "problems_for",
    "read_files",
    "read_text",
]
