"""Pods per node, and the routed addresses that they cost: the forms of aws-node, and this design.

Max pods of aws-node is AWS's own calculator,
https://github.com/awslabs/amazon-eks-ami/blob/main/templates/al2/runtime/max-pods-calculator.sh:
``interfaces x (addresses - 1) x (16 with prefixes) + 2``, one interface less with custom networking, at most
110 or 250. The addresses that aws-node takes follow its documented warm pool,
https://github.com/aws/amazon-vpc-cni-k8s/blob/master/docs/eni-and-ip-target.md and, beside it,
``prefix-and-ip-target.md``: one whole interface more than its pods need (``WARM_ENI_TARGET=1``), or with
prefixes one prefix more (``WARM_PREFIX_TARGET=1``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .instance_types import ADDRESSES_PER_PREFIX, InstanceType
from .node_addressing import NodeAddressing, pod_cap
from .node_take import node_take

HOST_NETWORK_PODS_OF_AWS_NODE: Final = 2
"""Pods in the host network that AWS's calculator adds: aws-node and kube-proxy."""


@dataclass(frozen=True)
class Design:
    """What a design for the addresses of pods costs for a number of nodes.

    Attributes:
        name: The design.
        pods_per_node: The kubelet's ``maxPods``.
        pods: Pods of all nodes.
        routable: Addresses of the VPC's routed range: of nodes, and of pods where they are in that range.
        secondary: Addresses of the pod range, which need not be routable.
        source: Where the formula comes from.
    """

    name: str
    pods_per_node: int
    pods: int
    routable: int
    secondary: int
    source: str


_CALCULATOR: Final = (
    "https://github.com/awslabs/amazon-eks-ami/blob/main/templates/al2/runtime/max-pods-calculator.sh"
)
_CUSTOM: Final = "https://docs.aws.amazon.com/eks/latest/userguide/cni-custom-network.html"
_CILIUM: Final = "https://docs.cilium.io/en/stable/network/concepts/ipam/eni/"


def compare(
    instance_type: str, nodes: int, *, addressing: NodeAddressing | None = None
) -> tuple[Design, ...]:
    """Return the pods and the costs of each design with *nodes* full nodes of one type.

    Args:
        instance_type: ``m6i.large``.
        nodes: How many nodes.
        addressing: How Cilium gives addresses, by default as this library sets it up.

    Raises:
        InputError: If the type is unknown.
    """
    addressing = addressing or NodeAddressing()
    instance = addressing.find(instance_type)
    pods = addressing.pods(instance)
    take = node_take(instance, addressing, pods)
    return (
        _aws_node("aws-node", instance, nodes, prefixes=False, custom=False),
        _aws_node("aws-node with prefixes", instance, nodes, prefixes=True, custom=False),
        _aws_node("aws-node with custom networking", instance, nodes, prefixes=False, custom=True),
        _aws_node(
            "aws-node with custom networking and prefixes", instance, nodes, prefixes=True, custom=True
        ),
        Design("cdk-eks-cilium", pods, nodes * pods, nodes, nodes * take.addresses, _CILIUM),
    )


def _aws_node(name: str, instance: InstanceType, nodes: int, *, prefixes: bool, custom: bool) -> Design:
    # AWS's calculator looks for the hypervisor by name, and bare metal does not run on a hypervisor.
    per_slot = ADDRESSES_PER_PREFIX if prefixes and instance.nitro else 1
    slots = instance.slots
    interfaces = instance.enis - custom
    formula = interfaces * slots * per_slot + HOST_NETWORK_PODS_OF_AWS_NODE
    pods = min(pod_cap(instance), formula)
    own = max(0, pods - HOST_NETWORK_PODS_OF_AWS_NODE)
    if per_slot > 1:
        # One more prefix than is in use stays warm.
        taken = min(-(-own // per_slot) + 1, interfaces * slots)
        attached = -(-taken // slots)
    else:
        # Interfaces fill up whole, and one more than is in use stays warm.
        attached = min(-(-own // slots) + 1, interfaces)
        taken = attached * slots
    addresses = attached + taken * per_slot
    # Without custom networking the node's own address is the primary one of the first of these interfaces.
    routable = nodes if custom else nodes * max(1, addresses)
    return Design(
        name,
        pods,
        nodes * pods,
        routable,
        nodes * addresses if custom else 0,
        _CUSTOM if custom else _CALCULATOR,
    )
