"""ClusterNetworkPolicy as Kubernetes' network policy API has it, policy.networking.k8s.io/v1alpha2.

Fields and bounds are from ``apis/v1alpha2/clusternetworkpolicy_types.go`` and the CRD in
https://github.com/kubernetes-sigs/network-policy-api, whose release 0.2.0 Cilium reads. What agents make of
them is ``ParseClusterNetworkPolicy`` in Cilium's ``pkg/k8s/cluster_network_policy.go``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictInt, field_validator, model_validator

from cdk_eks_cilium.problems import refusal

from .cluster_policy_parts import (
    MOST,
    ClusterPolicyEgressPeer,
    ClusterPolicyIngressPeer,
    ClusterPolicyPeer,
    ClusterPolicyProtocol,
    Few,
    NamespacedPods,
    one_field,
)
from .part import PolicyPart, Text
from .policy import Metadata, Rule
from .selectors import KubernetesSelector

Tier = Literal["Admin", "Baseline"]
"""``Admin`` is judged before NetworkPolicies and Cilium's own policies, ``Baseline`` after them."""

TierAction = Literal["Accept", "Deny", "Pass"]
"""What a rule does with what it means; ``Pass`` leaves it to the next tier."""


class ClusterPolicyIngressRule(PolicyPart):
    """An action for what some peers begin, on every port or on some."""

    name: Annotated[Text, Field(max_length=100)] | None = None
    action: TierAction
    from_: Annotated[tuple[ClusterPolicyIngressPeer, ...], Few] = Field(alias="from")
    protocols: Annotated[tuple[ClusterPolicyProtocol, ...], Few] | None = None

    @property
    def peers(self) -> tuple[ClusterPolicyPeer, ...]:
        """The sources that it means."""
        return self.from_


class ClusterPolicyEgressRule(PolicyPart):
    """An action for what the pods begin to some peers, on every port or on some."""

    name: Annotated[Text, Field(max_length=100)] | None = None
    action: TierAction
    to: Annotated[tuple[ClusterPolicyEgressPeer, ...], Few]
    protocols: Annotated[tuple[ClusterPolicyProtocol, ...], Few] | None = None

    @model_validator(mode="after")
    def _names_only_for_accept(self) -> Self:
        # Agents refuse the whole policy: `ParseClusterNetworkPolicy`.
        if self.action != "Accept" and any(peer.domain_names is not None for peer in self.to):
            raise refusal(
                f"must not have domainNames with {self.action}, which only Accept takes",
                "accept the names, and deny the rest in a rule after it",
                id="CEK5206",
            )
        return self

    @model_validator(mode="after")
    def _port_names_of_pods(self) -> Self:
        outside = [peer.kind for peer in self.to if peer.kind in ("networks", "nodes", "domainNames")]
        if outside and any(one.destination_named_port is not None for one in self.protocols or ()):
            raise refusal(
                f"must not name a port for {outside[0]}, where ports have no names",
                "give the port by number, or write a rule of its own for pods",
                id="CEK5207",
            )
        return self

    @property
    def peers(self) -> tuple[ClusterPolicyPeer, ...]:
        """The destinations that it means."""
        return self.to


ClusterPolicyRule = ClusterPolicyIngressRule | ClusterPolicyEgressRule


class ClusterPolicySubject(PolicyPart):
    """The pods that a policy is for, by labels of their namespaces or of both; `{}` is every namespace.

    A pod on its node's network is never a subject.
    """

    namespaces: KubernetesSelector | None = None
    pods: NamespacedPods | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        return one_field(self, "namespaces: {} for every pod")


class ClusterNetworkPolicySpec(PolicyPart):
    """The rules of a tier, in order, for the pods that the subject chooses."""

    tier: Tier
    priority: Annotated[StrictInt, Field(ge=0, le=1000)]
    subject: ClusterPolicySubject
    ingress: tuple[ClusterPolicyIngressRule, ...] | None = None
    egress: tuple[ClusterPolicyEgressRule, ...] | None = None

    @field_validator("ingress", "egress")
    @classmethod
    def _not_many(cls, rules: tuple[ClusterPolicyRule, ...] | None) -> tuple[ClusterPolicyRule, ...] | None:
        if len(rules or ()) > MOST:
            rule = f"must list at most {MOST} rules, as the CRD has it"
            fix = "move the rest to a policy with the next priority"
            raise refusal(rule, fix, got=len(rules or ()), id="CEK5208")
        return rules


class KubernetesClusterNetworkPolicy(PolicyPart):
    """A ClusterNetworkPolicy: rules that stand before, or after, what namespaces decide for themselves."""

    api_version: Literal["policy.networking.k8s.io/v1alpha2"] = "policy.networking.k8s.io/v1alpha2"
    kind: Literal["ClusterNetworkPolicy"] = "ClusterNetworkPolicy"
    metadata: Metadata
    spec: ClusterNetworkPolicySpec
    status: Any = None

    @model_validator(mode="after")
    def _no_namespace(self) -> Self:
        if self.metadata.namespace is not None:
            raise refusal(
                "must have no namespace", "leave metadata.namespace out: it is for the cluster", id="CEK5209"
            )
        return self

    @property
    def name(self) -> str:
        """The name of the policy."""
        return self.metadata.name

    @property
    def namespace(self) -> None:
        """None: the policy is for every namespace."""
        return

    @property
    def kind_name(self) -> str:
        """The kind, as Kubernetes spells it."""
        return self.kind

    @property
    def written_as(self) -> str:
        """The kind that people know it by."""
        return self.kind

    def source_path(self, path: str) -> str:
        """The path in what its author wrote: the same."""
        return path

    def rules(self) -> Iterator[tuple[str, Rule]]:
        """Nothing: its rules are not of Cilium's language, see `tier_rules`."""
        return iter(())

    def tier_rules(self, direction: Literal["ingress", "egress"]) -> tuple[ClusterPolicyRule, ...]:
        """Its rules of a direction, the first of which wins."""
        return getattr(self.spec, direction) or ()

    def manifest(self) -> dict[str, Any]:
        """The policy as plain data, always with kind and version."""
        return {"apiVersion": self.api_version, "kind": self.kind, **super().manifest()}
