"""The checks of the gate. Each is named here, so that a function's code carries them and no other."""

from __future__ import annotations

from typing import Final

from cdk_eks_cilium.doctor.checks.addresses.nodes_have_addresses import nodes_have_addresses
from cdk_eks_cilium.doctor.checks.addresses.pod_addresses_of_their_nodes import pod_addresses_of_their_nodes
from cdk_eks_cilium.doctor.checks.aws_node.aws_node_runs import aws_node_runs
from cdk_eks_cilium.doctor.checks.aws_node.kube_proxy import kube_proxy
from cdk_eks_cilium.doctor.checks.nodes.agent_taint_removed import agent_taint_removed
from cdk_eks_cilium.doctor.checks.nodes.cilium_node_of_each_node import cilium_node_of_each_node
from cdk_eks_cilium.doctor.checks.nodes.nodes_ready import nodes_ready
from cdk_eks_cilium.doctor.checks.operator.operator_runs import operator_runs
from cdk_eks_cilium.doctor.checks.pods.coredns import coredns
from cdk_eks_cilium.doctor.checks.release.agents_rolled_out import agents_rolled_out
from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.doctor.gate.nodes_have_prefixes import nodes_have_prefixes

GATE_CHECKS: Final[tuple[Check, ...]] = (
    aws_node_runs,
    agents_rolled_out,
    operator_runs,
    nodes_ready,
    agent_taint_removed,
    cilium_node_of_each_node,
    nodes_have_addresses,
    nodes_have_prefixes,
    pod_addresses_of_their_nodes,
    kube_proxy,
    coredns,
)
"""In the order of a failure's reason: a cause comes before what it causes."""
