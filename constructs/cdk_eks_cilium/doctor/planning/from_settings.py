"""What settings want of a cluster."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping

from cdk_eks_cilium.addressing import pod_subnet_cidrs
from cdk_eks_cilium.doctor.engine.plan import ControlPlanePlan, NodeGroupPlan, Plan
from cdk_eks_cilium.helm import ChartError, LayerError, Trial, find_chart, helm_of_layer
from cdk_eks_cilium.nodes import AGENT_NOT_READY
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import (
    PLACEHOLDER,
    Settings,
    cilium_values,
    cilium_version,
    node_addressing,
    primary_interface,
    references,
)
from cdk_eks_cilium.values import helm_values
from cdk_eks_cilium.values.importing import config_in
from cdk_eks_cilium.versions.kubectl_layer import layer_for

from .needs import deployment_of


def plan_of(settings: Settings, source: str = "settings.yaml", *, renders: bool = True) -> Plan:
    """The plan of valid settings.

    ``config`` is there where a chart of the release and a Helm to render it are at hand.

    Args:
        settings: The settings.
        source: Where they are from, for messages.
        renders: Whether to render the chart for ``config``, which takes a second.

    Raises:
        InputError: If the file of instance facts cannot be read, or an instance type is unknown.
    """
    network = settings.network
    return Plan(
        source=source,
        cluster=settings.name,
        region=settings.region,
        account=settings.account,
        kubernetes=settings.kubernetes_version,
        cilium=cilium_version(settings).number,
        pod_ranges=tuple(network.pod_cidrs),
        pod_subnets=tuple(_pod_subnets(settings)),
        vpc_ranges=tuple(dict.fromkeys((network.vpc_cidr, *network.associated_cidrs, *network.pod_cidrs))),
        aws_node=settings.aws_node,
        kube_proxy_replacement=settings.cilium.kube_proxy_replacement,
        egress=settings.cilium.egress,
        values=helm_values(cilium_values(settings), cilium_version(settings), references(settings)),
        config=_config(settings) if renders else None,
        groups=tuple(_groups(settings)),
        tenants=tuple(each.namespace for each in settings.tenants if each.default_deny),
        stacks=tuple(_stacks(settings)),
        public_ranges=tuple(settings.endpoint_access.public_cidrs),
        control_plane=ControlPlanePlan(
            settings.deletion_protection, settings.upgrade_policy.upper(), settings.zonal_shift
        ),
        deployment=deployment_of(settings),
    )


def _pod_subnets(settings: Settings) -> Iterator[str]:
    """The ids of subnets that exist, else the ranges that the stack gives its subnets."""
    network = settings.network
    if network.pod_subnets:
        yield from (subnet.id for subnet in network.pod_subnets.values())
        return
    for where, block in network.pod_blocks.items():
        yield from pod_subnet_cidrs(block, network.availability_zones, where=where).values()


def _groups(settings: Settings) -> Iterator[NodeGroupPlan]:
    addressing = node_addressing(settings)
    for group in settings.node_groups:
        yield NodeGroupPlan(
            name=group.name,
            instance_types=tuple(group.instance_types),
            image=group.image,
            min_size=group.min_size,
            max_size=group.max_size,
            max_pods=addressing.max_pods(group.instance_types),
            labels=dict(group.labels),
            # Every node group of the library starts with it: `_bootstrap` of cluster/node_group.py.
            taints=(AGENT_NOT_READY.key, *(taint.key for taint in group.taints)),
            primary_interface=primary_interface(group),
        )


def _stacks(settings: Settings) -> Iterator[str]:
    """The names of the stacks, as the app gives them."""
    yield f"{settings.name}-network"
    yield f"{settings.name}-cluster"
    if settings.tenants:
        yield f"{settings.name}-tenants"


def _config(settings: Settings) -> Mapping[str, str] | None:
    """What the chart makes of the values, without entries that only a deployment knows."""
    version = cilium_version(settings)
    try:
        source = find_chart(version, settings.cilium.chart)
        if source is None:
            return None
        helm = helm_of_layer(layer_for(settings.kubernetes_version).module)
        trial = Trial(helm, source.path, version, references(settings), settings.kubernetes_version)
        manifests = trial.manifests(cilium_values(settings))
    except (InputError, ChartError, LayerError, OSError, subprocess.TimeoutExpired):
        # `settings check` says what is wrong with a chart. Here the plan knows less.
        return None
    return {key: text for key, text in config_in(manifests).items() if PLACEHOLDER not in text}
