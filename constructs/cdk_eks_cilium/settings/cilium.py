"""Cilium in the settings: the typed values under the names they have there, and the version."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cdk_eks_cilium.values.model import Features, Operator
from cdk_eks_cilium.versions import CiliumVersion, behaviour, minors

from .fields import CiliumNumber, ImageRegistry, Overrides
from .part import SettingsPart


class CiliumSettings(Features, SettingsPart):
    """Cilium itself: which version, and what it does. What is not said here is as in `CiliumValues`."""

    version: CiliumNumber = Field(
        default=CiliumVersion.DEFAULT.number, description=f"Chart version, from {minors()[0]} on."
    )
    profile: Literal["standard", "article"] = Field(
        default="standard",
        description="'standard' installs what this library recommends for the version; 'article' exactly "
        "the values of the article the project began with, for Cilium "
        f"{CiliumVersion.ARTICLE.minor} alone.",
    )
    egress: Literal["node", "pod"] = Field(
        default="node",
        description="How pods leave the VPC: 'node' behind the primary address of their node, "
        "'pod' with their own, through NAT gateways that the pod subnets route to.",
    )
    kube_proxy_replacement: bool = Field(
        default=False,
        description="Cilium serves Services in eBPF, and kube-proxy runs on no node: it is never installed, "
        "or kept off by a node selector, as aws_node says.",
    )
    operator: Operator = Field(
        default_factory=Operator,
        description="cilium-operator. By default two replicas, or one where only one node is certain.",
    )
    operator_identity: Literal["irsa", "pod-identity"] = Field(
        default="irsa",
        description="How the operator gets its IAM role: 'irsa' through the cluster's OIDC provider, "
        "'pod-identity' through EKS's agent, which is added to the cluster. Needs Cilium "
        f"{behaviour.datapath.POD_IDENTITY.since}.",
    )
    chart: str | None = Field(
        default=None,
        description="Path of Cilium's chart, packaged or a folder, as seen from the settings file. "
        "By default Helm fetches it from the internet.",
    )
    image_registry: ImageRegistry | None = Field(
        default=None,
        description="Registry, with a path if it has one, that holds copies of Cilium's images: "
        "REGISTRY/cilium/cilium and so on. By default they come from the internet.",
    )
    overrides: Overrides = Field(
        default={},
        description="Further chart values, as in Helm's values file. Those the library owns are refused.",
    )
