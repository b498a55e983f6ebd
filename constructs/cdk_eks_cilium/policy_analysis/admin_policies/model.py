"""The kinds before ClusterNetworkPolicy, and EKS's own.

AdminNetworkPolicy and BaselineAdminNetworkPolicy: ``apis/v1alpha1`` of
https://github.com/kubernetes-sigs/network-policy-api. EKS's ClusterNetworkPolicy: ``api/v1alpha1`` and
``pkg/crd/crds.yaml`` of https://github.com/aws/amazon-network-policy-controller-k8s.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictInt, model_validator

from cdk_eks_cilium.policy.model import (
    ClusterPolicyEgressPeer,
    ClusterPolicyIngressPeer,
    ClusterPolicyPeer,
    ClusterPolicySubject,
    Metadata,
    PolicyPart,
    Tier,
)
from cdk_eks_cilium.policy.model.cluster_policy_parts import one_field
from cdk_eks_cilium.policy.model.part import Text
from cdk_eks_cilium.problems import refusal

Transport = Literal["TCP", "UDP", "SCTP"]
PortNumber = Annotated[StrictInt, Field(ge=1, le=65535)]


class NumberedPort(PolicyPart):
    """A port of one protocol, by default TCP."""

    protocol: Transport = "TCP"
    port: PortNumber


class NumberedPortRange(PolicyPart):
    """The ports of one protocol, by default TCP, from *start* to *end*."""

    protocol: Transport = "TCP"
    start: PortNumber
    end: PortNumber


class AdminPort(PolicyPart):
    """A port by number or by name, or a range of ports."""

    port_number: NumberedPort | None = None
    named_port: Text | None = None
    port_range: NumberedPortRange | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        return one_field(self, "portNumber: {protocol: TCP, port: 443}")


class AdminIngressRule(PolicyPart):
    """An action for what some peers begin."""

    name: Text | None = None
    action: Literal["Allow", "Accept", "Deny", "Pass"]
    from_: tuple[ClusterPolicyIngressPeer, ...] = Field(alias="from")
    ports: tuple[AdminPort, ...] | None = None

    @property
    def peers(self) -> tuple[ClusterPolicyPeer, ...]:
        """The sources."""
        return self.from_


class AdminEgressRule(PolicyPart):
    """An action for what the pods begin to some peers."""

    name: Text | None = None
    action: Literal["Allow", "Accept", "Deny", "Pass"]
    to: tuple[ClusterPolicyEgressPeer, ...]
    ports: tuple[AdminPort, ...] | None = None

    @property
    def peers(self) -> tuple[ClusterPolicyPeer, ...]:
        """The destinations."""
        return self.to


class AdminPolicySpec(PolicyPart):
    """The rules for the pods that the subject chooses."""

    subject: ClusterPolicySubject
    ingress: tuple[AdminIngressRule, ...] | None = None
    egress: tuple[AdminEgressRule, ...] | None = None


class RankedPolicySpec(AdminPolicySpec):
    """Rules with a priority; the lowest comes first."""

    priority: Annotated[StrictInt, Field(ge=0, le=1000)]


class EksPolicySpec(RankedPolicySpec):
    """Rules of one of two tiers."""

    tier: Tier


class AdminNetworkPolicy(PolicyPart):
    """Rules before NetworkPolicies."""

    api_version: Literal["policy.networking.k8s.io/v1alpha1"]
    kind: Literal["AdminNetworkPolicy"]
    metadata: Metadata
    spec: RankedPolicySpec
    status: Any = None


class BaselineAdminNetworkPolicy(PolicyPart):
    """Rules after NetworkPolicies; a cluster has one, called ``default``."""

    api_version: Literal["policy.networking.k8s.io/v1alpha1"]
    kind: Literal["BaselineAdminNetworkPolicy"]
    metadata: Metadata
    spec: AdminPolicySpec
    status: Any = None

    @model_validator(mode="after")
    def _the_only_one(self) -> Self:
        if self.metadata.name != "default":
            raise refusal(
                "must be called 'default'", "the API server takes no other name: rename it", id="CEK5222"
            )
        return self


class EksClusterNetworkPolicy(PolicyPart):
    """EKS's own ClusterNetworkPolicy, from VPC CNI 1.21.1 on."""

    api_version: Literal["networking.k8s.aws/v1alpha1"]
    kind: Literal["ClusterNetworkPolicy"]
    metadata: Metadata
    spec: EksPolicySpec
    status: Any = None


AdminPolicy = AdminNetworkPolicy | BaselineAdminNetworkPolicy | EksClusterNetworkPolicy
