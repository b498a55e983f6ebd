"""What the node groups must agree on, with each other, with the image and with Cilium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.addressing.instance_types import find, node_instance_problems
from cdk_eks_cilium.addressing.pods import max_pods
from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.settings.address_plan import additional_instance_types
from cdk_eks_cilium.settings.conversion import FIXED_INTERFACE, cilium_version, primary_interface
from cdk_eks_cilium.settings.model import Settings
from cdk_eks_cilium.versions.kubernetes import minor_of

from .rule import Rule

FEWEST_PODS: Final = 20
"""Pods a node has to carry to be of use.

The agents of every node, CoreDNS, Hubble and the add-ons take half of that. It rules out the nano and micro
sizes, with 15 pods and at most one GiB, most of which the kubelet, the system and the agent keep.
"""

_LAST_WITH_AL2: Final = "1.32"


def _names_once(settings: Settings) -> Iterator[Problem]:
    names = [group.name for group in settings.node_groups]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Problem(
                f"node_groups[{index}].name",
                f"must be one of a kind, node_groups[{names.index(name)}] has it too",
                name,
            )


def _sizes_in_order(settings: Settings) -> Iterator[Problem]:
    for index, group in enumerate(settings.node_groups):
        at = f"node_groups[{index}]"
        if group.min_size > group.max_size:
            yield Problem(
                f"{at}.min_size", f"must be at most max_size, which is {group.max_size}", group.min_size
            )
        elif group.desired_size is not None and not group.min_size <= group.desired_size <= group.max_size:
            yield Problem(
                f"{at}.desired_size",
                f"must be from min_size to max_size, {group.min_size} to {group.max_size}",
                group.desired_size,
            )


def _some_node(settings: Settings) -> Iterator[Problem]:
    if not any(group.initial_size for group in settings.node_groups):
        yield Problem(
            "node_groups",
            "must start at least one node, the deploy ends when CoreDNS runs on it",
            fix="give a group a desired_size of 1 or more, or leave it out",
        )


def _instances_carry_pods(settings: Settings) -> Iterator[Problem]:
    metal = cilium_version(settings).at_least("1.13")
    eni = settings.cilium.eni
    try:
        facts = additional_instance_types(settings)
    except (OSError, InputError) as unusable:
        yield from _unusable_facts(settings, unusable)
        return
    for index, group in enumerate(settings.node_groups):
        at = f"node_groups[{index}].instance_types"
        problems = node_instance_problems(
            at,
            group.instance_types,
            first_interface_index=eni.first_interface_index,
            prefix_delegation=eni.prefix_delegation,
            bare_metal_prefixes=metal,
            additional=facts,
        )
        yield from problems
        blamed = [problem.got for problem in problems]
        for name in group.instance_types:
            if name in blamed:
                continue
            pods = max_pods(
                [find(name, facts)],
                first_interface_index=eni.first_interface_index,
                prefix_delegation=eni.prefix_delegation,
                bare_metal_prefixes=metal,
            )
            if pods < FEWEST_PODS:
                yield Problem(
                    at,
                    f"must carry {FEWEST_PODS} pods or more, and this type carries {pods}",
                    name,
                    "choose a larger type"
                    + (
                        ", such as 't3.medium'"
                        if eni.prefix_delegation
                        else ", or cilium.eni.prefix_delegation"
                    ),
                )


def _unusable_facts(settings: Settings, reason: OSError | InputError) -> Iterator[Problem]:
    if isinstance(reason, InputError):
        yield from reason.problems
    else:
        yield Problem(
            "instance_facts",
            f"must be a file that can be read, and {reason.strerror}".lower(),
            settings.instance_facts,
            "write one with `cdk-eks-cilium instances`, or leave it out",
        )


def _al2_is_history(settings: Settings) -> Iterator[Problem]:
    for index, group in enumerate(settings.node_groups):
        at = f"node_groups[{index}].image"
        if group.image != "al2":
            continue
        if settings.cilium.profile != "article":
            yield Problem(
                at,
                "must be 'bottlerocket' or 'al2023' but in profile 'article', AWS ended AL2 on 2025-11-26",
                "al2",
            )
        elif minor_of(settings.kubernetes_version) > minor_of(_LAST_WITH_AL2):
            yield Problem(
                at,
                f"must be 'bottlerocket' or 'al2023' with Kubernetes {settings.kubernetes_version}, "
                f"AWS made no AL2 image after {_LAST_WITH_AL2}",
                "al2",
                f"use kubernetes_version '{_LAST_WITH_AL2}', or another image",
            )


def _fixed_interface(settings: Settings) -> Iterator[Problem]:
    for index, group in enumerate(settings.node_groups):
        if group.image != "al2023" and group.primary_interface not in (None, FIXED_INTERFACE):
            yield Problem(
                f"node_groups[{index}].primary_interface",
                f"must be '{FIXED_INTERFACE}' with image '{group.image}', which names it so on every type",
                group.primary_interface,
                "leave it out",
            )


def _interface_is_known(settings: Settings) -> Iterator[Problem]:
    if settings.cilium.egress == "pod":
        return
    for index, group in enumerate(settings.node_groups):
        if primary_interface(group) is None:
            yield Problem(
                f"node_groups[{index}].primary_interface",
                f"must be given with image '{group.image}' and egress 'node', it varies by instance type",
                fix="look it up on such a node ('ip -brief link', often ens5), "
                "or use image 'bottlerocket', or egress 'pod'",
            )


def _one_interface(settings: Settings) -> Iterator[Problem]:
    names = [primary_interface(group) for group in settings.node_groups]
    if settings.cilium.egress == "node" and None not in names and len(set(names)) > 1:
        listed = {group.name: name for group, name in zip(settings.node_groups, names, strict=True)}
        yield Problem(
            "node_groups",
            "must all have one name for their primary interface with egress 'node', "
            "Cilium hides pods behind one for the whole cluster",
            listed,
            "use image 'bottlerocket' in all of them, or egress 'pod'",
        )


RULES: Final[tuple[Rule, ...]] = (
    _names_once,
    _sizes_in_order,
    _some_node,
    _instances_carry_pods,
    _al2_is_history,
    _fixed_interface,
    _interface_is_known,
    _one_interface,
)
