"""What agents and the operator do with nodes, addresses and traffic."""

from __future__ import annotations

from typing import Final

from .behaviour import Behaviour

AGENTS_REMOVE_AWS_RULES: Final = Behaviour(
    "Agents remove the rules of aws-node themselves; before, ENI mode needed node-init for that.",
    source="the hook in the chart's DaemonSet, templates/cilium-agent/daemonset.yaml of 1.13.2",
    since="1.13.2",
)
LARGE_MESHES: Final = Behaviour(
    "A mesh may have more than 255 clusters.",
    source="https://github.com/cilium/cilium/pull/27520",
    since="1.15",
)
POD_IDENTITY: Final = Behaviour(
    "The operator takes credentials from EKS Pod Identity.",
    source="the first minor begun after the AWS SDK for Go supported it, on 2023-11-14",
    since="1.16",
)
ADAPTER_LIMITS_FROM_EC2: Final = Behaviour(
    "The operator always asks EC2 for the limits of instance types; before, only on request.",
    source="chart gone: eni.updateEC2AdapterLimitViaAPI",
    since="1.18",
)
BARE_METAL_PREFIXES: Final = Behaviour(
    "The operator gives prefixes to bare metal, not only to virtual machines on the Nitro hypervisor.",
    source="https://github.com/cilium/cilium/pull/39678, announced with "
    "https://github.com/cilium/cilium/releases/tag/v1.18.0",
    since="1.18",
)
ROUTE_TABLES: Final = Behaviour(
    "The operator reads route tables to choose subnets.",
    source="https://github.com/cilium/cilium/pull/37229",
    since="1.18",
)
HOST_PORTS_REDIRECTED: Final = Behaviour(
    "With kube-proxy replaced, agents redirect traffic to ports of the host network.",
    source="https://github.com/cilium/cilium/issues/40721",
    since="1.18",
    until="1.18.1",
)
PREFIXES_RELEASED: Final = Behaviour(
    "The operator gives unused prefixes back.",
    source="https://github.com/cilium/cilium/issues/32209",
    since="1.19",
)
IPV6_WITH_ENI: Final = Behaviour(
    "Agents start with IPv6 in ENI mode.",
    source="https://github.com/cilium/cilium/pull/46619",
    since="1.20",
)
# belief: CILIUM-node-egress-ends
LAST_NODE_EGRESS: Final = Behaviour(
    "The minor after it no longer lets pods leave by the primary interface of their node.",
    source="https://github.com/cilium/cilium/pull/47008, which is on main and not in 1.20: "
    "https://github.com/cilium/cilium/pull/48417",
    since="1.20",
)
