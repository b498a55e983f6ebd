"""What would have to change for another answer."""

from __future__ import annotations

from collections.abc import Sequence

from cdk_eks_cilium.policy_analysis.workloads import Workload

from .compiled import Direction, Place
from .flow import Endpoint, Flow


def change_for_deny(places: Sequence[Place]) -> str:
    """How to lift denials."""
    return f"narrow or remove {' and '.join(map(str, places))}"


def change_for_allow(flow: Flow, workload: Workload, direction: Direction, nearest: str = "") -> str:
    """How to let a pod, *workload*, allow a flow that nothing allows.

    *nearest* is the item that nearly allows it, with what it lacks.
    """
    other = flow.destination if direction == "egress" else flow.source
    port = f"port {flow.port} {flow.protocol}"
    if flow.protocol.startswith("ICMP"):
        port = f"{flow.protocol} type {flow.port}"
    peer = _peer(other, workload, direction)
    text = f"add {peer} with {port} to {direction} of a policy that selects {workload}"
    return f"{text}; {nearest}" if nearest else text


def _peer(other: Endpoint, workload: Workload, direction: Direction) -> str:
    prefix = "to" if direction == "egress" else "from"
    if other.workload is not None and not other.workload.host_network:
        labels = ", ".join(f"{key}={value}" for key, value in sorted(other.workload.labels.items()))
        where = "" if other.workload.namespace == workload.namespace else f" in {other.workload.namespace}"
        return f"{prefix}Endpoints ({labels or 'every pod'}{where})"
    if other.kind == "address":
        return f"{prefix}CIDR {other.name}/{32 if ':' not in other.name else 128}"
    if other.kind == "fqdn":
        return f"toFQDNs {other.name}, and a DNS rule for it,"
    if other.kind == "foreign":
        return f"{prefix}Endpoints with the labels of {other}, its cluster among them,"
    if other.kind == "balancer":
        return f"{prefix}CIDR with the addresses of {other.name}"
    name = "remote-node" if other.workload is not None else other.name
    return f"{prefix}Entities {name}"
