"""What a cluster should be, as far as settings or a template tell it.

Every part can be None, which means that it is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .deployment import Deployment


@dataclass(frozen=True)
class NodeGroupPlan:
    """A node group.

    Attributes:
        name: Its name.
        instance_types: Its types.
        image: Its image, such as ``bottlerocket``.
        min_size: The fewest nodes.
        max_size: The most nodes.
        max_pods: What its kubelets take; None if it is not known.
        labels: Labels of its nodes.
        taints: Keys of its taints.
        primary_interface: The name of a node's first interface; None if it varies.
    """

    name: str
    instance_types: tuple[str, ...] = ()
    image: str = ""
    min_size: int = 0
    max_size: int = 0
    max_pods: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[str, ...] = ()
    primary_interface: str | None = None


@dataclass(frozen=True)
class ControlPlanePlan:
    """What EKS keeps of a cluster beside its network.

    Attributes:
        deletion_protection: Whether EKS refuses to delete it.
        support: ``EXTENDED`` or ``STANDARD``, as EKS writes it.
        zonal_shift: Whether traffic may be shifted away from a zone; None for EKS's default, which is no.
    """

    deletion_protection: bool
    support: str
    zonal_shift: bool | None = None


@dataclass(frozen=True)
class Plan:
    """A cluster.

    Attributes:
        source: What tells it, such as ``settings.yaml``.
        cluster: Its name.
        region: Its region.
        account: The account.
        kubernetes: Its minor, such as ``1.35``.
        cilium: The release of Cilium, such as ``1.19.6``.
        pod_ranges: Ranges whose addresses pods get.
        pod_subnets: Ids of the subnets of pods, or their ranges where no id is known.
        vpc_ranges: Ranges of the VPC.
        aws_node: ``remove``, ``patch`` or ``never-install``.
        kube_proxy_replacement: Whether Cilium does the work of kube-proxy.
        egress: ``node`` or ``pod``.
        values: The Helm values of the release.
        config: The ConfigMap ``cilium-config`` that these values render to.
        groups: The node groups.
        tenants: Namespaces of tenants, each with a default deny.
        stacks: Names of the stacks that made it.
        public_ranges: Ranges that reach the public endpoint of the API; empty for no public endpoint.
        control_plane: What EKS keeps of the cluster.
        deployment: What a deploy needs of the account.
    """

    source: str
    cluster: str | None = None
    region: str | None = None
    account: str | None = None
    kubernetes: str | None = None
    cilium: str | None = None
    pod_ranges: tuple[str, ...] | None = None
    pod_subnets: tuple[str, ...] | None = None
    vpc_ranges: tuple[str, ...] | None = None
    aws_node: str | None = None
    kube_proxy_replacement: bool | None = None
    egress: str | None = None
    values: Mapping[str, Any] | None = None
    config: Mapping[str, str] | None = None
    groups: tuple[NodeGroupPlan, ...] | None = None
    tenants: tuple[str, ...] | None = None
    stacks: tuple[str, ...] | None = None
    public_ranges: tuple[str, ...] | None = None
    control_plane: ControlPlanePlan | None = None
    deployment: Deployment | None = None


NOTHING = Plan("")
"""The plan of a cluster that nothing tells of."""
