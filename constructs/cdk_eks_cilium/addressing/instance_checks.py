"""Why the instance types of a node group cannot carry Cilium's pods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdk_eks_cilium.problems import InputError, Problem

from .instance_types import InstanceType
from .node_addressing import NodeAddressing

_OF_NODES = ("x86_64", "arm64")


def instance_problems(where: str, names: Sequence[str], addressing: NodeAddressing) -> Iterator[Problem]:
    """Yield why the instance types of one node group cannot carry Cilium's pods."""
    if not names:
        yield Problem(
            where,
            "must name at least one instance type",
            list(names),
            "name one, such as 'm6i.large'",
            id="CEK3006",
        )
    instances: list[InstanceType] = []
    for name in dict.fromkeys(names):
        try:
            instances.append(addressing.find(name, where))
        except InputError as unknown:
            yield from unknown.problems
    for instance in instances:
        yield from _network_problems(where, instance, addressing)
    yield from _architecture_problems(where, instances)


def _network_problems(where: str, instance: InstanceType, addressing: NodeAddressing) -> Iterator[Problem]:
    if addressing.prefix_delegation and not addressing.gives_prefixes(instance):
        if instance.bare_metal:
            reason = "because this Cilium does not give prefixes to bare metal"
            fix = "choose a virtual type or a newer Cilium"
        else:
            reason = "because EC2 does not delegate prefixes to other types"
            fix = "choose a newer generation, such as 'm6i.large'"
        yield Problem(where, f"must run on the Nitro hypervisor, {reason}", instance.name, fix, id="CEK3007")
    if not addressing.slots(instance):
        first = addressing.first_interface_index
        rule = f"must hold more than {first} network interfaces, so that pods have one"
        fix = f"choose a larger type, its first card holds only {instance.enis}"
        yield Problem(where, rule, instance.name, fix, id="CEK3008")


def _architecture_problems(where: str, instances: Sequence[InstanceType]) -> Iterator[Problem]:
    for instance in instances:
        if instance.architecture not in _OF_NODES:
            rule = "must be a type that EKS runs nodes on, not an Apple machine"
            yield Problem(where, rule, instance.name, "choose another type", id="CEK3009")
    usable = [instance for instance in instances if instance.architecture in _OF_NODES]
    architectures = sorted({instance.architecture for instance in usable})
    if len(architectures) > 1:
        rule = f"must all have the same architecture, not {' and '.join(architectures)}"
        names = [instance.name for instance in usable]
        yield Problem(where, rule, names, "make a node group for each architecture", id="CEK3010")
