"""Cilium in the settings: its version, and the typed values by their own names."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cdk_eks_cilium.values.model import Features, Operator
from cdk_eks_cilium.versions import CiliumVersion, behaviour, minors

from .fields import CiliumNumber, ImageRegistry, Overrides
from .part import SettingsPart


class CiliumSettings(Features, SettingsPart):
    """Cilium itself: its version, and what it does. The other fields are as in `CiliumValues`."""

    version: CiliumNumber = Field(
        default=CiliumVersion.DEFAULT.number, description=f"Chart version, from {minors()[0]} on."
    )
    profile: Literal["standard", "article"] = Field(
        default="standard",
        description="'standard' installs what this library recommends for the version, 'article' exactly "
        f"the values of the article this project began with, for Cilium {CiliumVersion.ARTICLE.minor} alone.",
    )
    egress: Literal["node", "pod"] = Field(
        default="node",
        description="How pods leave the VPC: 'node' with the primary address of their node, 'pod' with their "
        "own address, through NAT gateways that the pod subnets route to. 'node' ends with Cilium 1.21.",
    )
    kube_proxy_replacement: bool = Field(
        default=False,
        description="Cilium serves Services in eBPF, in place of kube-proxy. By aws_node, kube-proxy is "
        "never installed, or a node selector keeps it off every node.",
    )
    operator: Operator = Field(
        default_factory=Operator,
        description="cilium-operator. By default two replicas, or one if min_size guarantees only one node.",
    )
    operator_identity: Literal["irsa", "pod-identity"] = Field(
        default="irsa",
        description="How the operator gets its IAM role: 'irsa' through the cluster's OIDC provider, "
        "'pod-identity' through EKS's agent, which is added to the cluster. Needs Cilium "
        f"{behaviour.datapath.POD_IDENTITY.since}.",
    )
    chart: str | None = Field(
        default=None,
        description="Path of Cilium's chart, a package or a folder, relative to the settings file. By "
        "default Helm fetches it from the internet.",
    )
    allow_minor_skip: bool = Field(
        default=False,
        description="Whether an update may skip a minor of Cilium, which Cilium does not test. By default "
        "such a deploy fails before it changes anything.",
    )
    readiness_gate: bool = Field(
        default=False,
        description="Whether a deploy succeeds only when pods get addresses and CoreDNS is ready. A new "
        "cluster that is not ready is taken back, with the reason.",
    )
    readiness_gate_minutes: int = Field(
        default=10,
        ge=1,
        le=13,
        description="How long the readiness gate waits for the cluster, in minutes.",
    )
    image_registry: ImageRegistry | None = Field(
        default=None,
        description="Registry, with an optional path, that holds copies of Cilium's images: "
        "REGISTRY/cilium/cilium and so on. By default nodes pull images from the internet.",
    )
    overrides: Overrides = Field(
        default={},
        description="Further chart values, as in Helm's values file. Values that the library owns are "
        "refused.",
    )
