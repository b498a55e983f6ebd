"""Rules over node groups, their images and Cilium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from cdk_eks_cilium.addressing import NodeAddressing, instance_problems
from cdk_eks_cilium.nodes import IMAGES, node_group_problems
from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.settings.address_plan import instance_facts, node_addressing
from cdk_eks_cilium.settings.conversion import primary_interface
from cdk_eks_cilium.settings.model import Settings
from cdk_eks_cilium.settings.node_group import NodeGroupSettings
from cdk_eks_cilium.versions.kubernetes import minor_of

from .rule import Rule

FEWEST_PODS: Final = 20
"""The fewest pods of a useful node.

The agents of every node, CoreDNS, Hubble and the add-ons take half of that. The limit excludes the nano and
micro sizes, with 15 pods and at most one GiB, most of which the kubelet, the system and the agent use.
"""
FEWEST_WITHOUT_PREFIXES: Final = 12
"""The same without prefix delegation: there nodes of a useful size have few pods, 17 on ``m6i.large``."""


def _names_once(settings: Settings) -> Iterator[Problem]:
    names = [group.name for group in settings.node_groups]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Problem(
                f"node_groups[{index}].name",
                f"must be unique, and node_groups[{names.index(name)}] has it too",
                name,
                id="CEK1075",
            )


def _properties_fit(settings: Settings) -> Iterator[Problem]:
    for index, group in enumerate(settings.node_groups):
        # The default of desired_size is not a choice of the file, and its rules are about choices.
        sized = replace(group.props, desired_size=group.desired_size)
        yield from node_group_problems(f"node_groups[{index}].", sized)


def _zones_are_the_vpcs(settings: Settings) -> Iterator[Problem]:
    known = settings.network.availability_zones
    for index, group in enumerate(settings.node_groups):
        for zone in group.zones:
            if zone not in known:
                yield Problem(
                    f"node_groups[{index}].zones",
                    f"must be among network.availability_zones, {', '.join(known)}",
                    zone,
                    "leave it out, or add it there",
                    id="CEK1090",
                )


def _some_group_takes_any_pod(settings: Settings) -> Iterator[Problem]:
    if not any(group.takes_any_pod for group in settings.node_groups):
        yield Problem(
            "node_groups",
            "must have a group without taints: CoreDNS and Hubble tolerate none",
            fix="add a group without taints, or use the effect PreferNoSchedule",
            id="CEK1091",
        )


def _roles_have_their_rights(settings: Settings) -> Iterator[Problem]:
    for index, group in enumerate(settings.node_groups):
        if group.node_role_arn is not None and group.ssm_access:
            yield Problem(
                f"node_groups[{index}].ssm_access",
                "must be left out with node_role_arn, whose rights are not ours",
                True,
                "add AmazonSSMManagedInstanceCore to that role",
                id="CEK1092",
            )


def _some_node(settings: Settings) -> Iterator[Problem]:
    if not any(group.initial_size for group in settings.node_groups):
        yield Problem(
            "node_groups",
            "must start at least one node, since the deploy waits until CoreDNS runs",
            fix="set the desired_size of a group to 1 or more, or leave it out",
            id="CEK1076",
        )


def _facts_can_be_read(settings: Settings) -> Iterator[Problem]:
    try:
        instance_facts(settings)
    except InputError as unusable:
        yield from unusable.problems


def _addressing(settings: Settings) -> NodeAddressing | None:
    """Return how Cilium gives addresses, None if the file of facts cannot be read."""
    try:
        return node_addressing(settings)
    except InputError:
        return None


def _instances_carry_pods(settings: Settings) -> Iterator[Problem]:
    addressing = _addressing(settings)
    if addressing is None:
        return
    unlimited = replace(addressing, max_allocate=None)
    smaller = ", such as 't3.medium'" if addressing.prefix_delegation else ", or cilium.eni.prefix_delegation"
    for index, group in enumerate(settings.node_groups):
        at = f"node_groups[{index}].instance_types"
        yield from instance_problems(at, group.instance_types, addressing)
        for name in _usable(group, addressing):
            pods = unlimited.max_pods([name])
            if pods < (fewest := fewest_pods(addressing)):
                rule = f"must hold {fewest} pods or more, and this type holds {pods}"
                yield Problem(at, rule, name, f"choose a larger type{smaller}", id="CEK1077")


def _max_allocate_leaves_pods(settings: Settings) -> Iterator[Problem]:
    addressing = _addressing(settings)
    if addressing is None or addressing.max_allocate is None:
        return
    unlimited, floor = replace(addressing, max_allocate=None), fewest_pods(addressing)
    names = [name for group in settings.node_groups for name in _usable(group, addressing)]
    # A type that is too small by itself has another problem.
    large = [name for name in names if unlimited.max_pods([name]) >= floor]
    fewest = min(large, key=lambda name: addressing.max_pods([name]), default=None)
    if fewest is not None and addressing.max_pods([fewest]) < floor:
        yield Problem(
            "cilium.ipam.max_allocate",
            f"must let a node hold {floor} pods or more, and with it '{fewest}' holds "
            f"{addressing.max_pods([fewest])}",
            addressing.max_allocate,
            f"raise it to {addressing.addresses_for(floor)} or more, or leave it out",
            id="CEK1078",
        )


def fewest_pods(addressing: NodeAddressing) -> int:
    """Return the fewest pods that a node of the smallest type must hold."""
    return FEWEST_PODS if addressing.prefix_delegation else FEWEST_WITHOUT_PREFIXES


def _usable(group: NodeGroupSettings, addressing: NodeAddressing) -> Iterator[str]:
    """Yield the types of a group without a problem of their own."""
    for name in group.instance_types:
        if not any(instance_problems("", [name], addressing)):
            yield name


def _al2_is_history(settings: Settings) -> Iterator[Problem]:
    for index, group in enumerate(settings.node_groups):
        at = f"node_groups[{index}].image"
        image = IMAGES[group.image]
        if image.last_kubernetes is None:
            continue
        if settings.cilium.profile != "article":
            yield Problem(
                at,
                "must be 'bottlerocket' or 'al2023' except in profile 'article', "
                f"since AWS ended AL2 on {image.ended}",
                image.name,
                id="CEK1079",
            )
        elif minor_of(settings.kubernetes_version) > minor_of(image.last_kubernetes):
            yield Problem(
                at,
                f"must be 'bottlerocket' or 'al2023' with Kubernetes {settings.kubernetes_version}, "
                f"since AWS made AL2 images only up to {image.last_kubernetes}",
                image.name,
                f"use kubernetes_version '{image.last_kubernetes}', or another image",
                id="CEK1080",
            )


def _fixed_interface(settings: Settings) -> Iterator[Problem]:
    for index, group in enumerate(settings.node_groups):
        fixed = IMAGES[group.image].primary_interface
        if fixed is not None and group.primary_interface not in (None, fixed):
            yield Problem(
                f"node_groups[{index}].primary_interface",
                f"must be '{fixed}' with image '{group.image}', which has this name on every type",
                group.primary_interface,
                "leave it out",
                id="CEK1081",
            )


def _interface_is_known(settings: Settings) -> Iterator[Problem]:
    if settings.cilium.egress == "pod":
        return
    for index, group in enumerate(settings.node_groups):
        if primary_interface(group) is None:
            yield Problem(
                f"node_groups[{index}].primary_interface",
                f"must be given with image '{group.image}' and egress 'node', since it depends on the "
                "instance type",
                fix="look it up on such a node ('ip -brief link', often ens5), "
                "or use image 'bottlerocket', or egress 'pod'",
                id="CEK1082",
            )


def _one_interface(settings: Settings) -> Iterator[Problem]:
    names = [primary_interface(group) for group in settings.node_groups]
    if settings.cilium.egress == "node" and None not in names and len(set(names)) > 1:
        listed = {group.name: name for group, name in zip(settings.node_groups, names, strict=True)}
        yield Problem(
            "node_groups",
            "must all have the same name for their primary interface with egress 'node', since Cilium "
            "takes one name for the whole cluster",
            listed,
            "use image 'bottlerocket' in all groups, or egress 'pod'",
            id="CEK1083",
        )


RULES: Final[tuple[Rule, ...]] = (
    _names_once,
    _properties_fit,
    _zones_are_the_vpcs,
    _some_group_takes_any_pod,
    _roles_have_their_rights,
    _some_node,
    _facts_can_be_read,
    _instances_carry_pods,
    _max_allocate_leaves_pods,
    _al2_is_history,
    _fixed_interface,
    _interface_is_known,
    _one_interface,
)
