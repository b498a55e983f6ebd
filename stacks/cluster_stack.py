"""The cluster, its CNI and its nodes: one unit, because their order crosses them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_eks_cilium import AccessGrant, CiliumCluster
from cdk_eks_cilium.addressing import InstanceType
from cdk_eks_cilium.settings import Settings, cilium_values, cilium_version, instance_facts
from cdk_eks_cilium.settings.node_group import NodeGroupSettings
from cdk_eks_cilium.values import hubble_certificate_days
from stacks.network_stack import NetworkStack


class ClusterStack(cdk.Stack):
    """EKS control plane, aws-node removal, Cilium, node groups, and what to do next as outputs."""

    def __init__(
        self, scope: Construct, id: str, *, settings: Settings, network: NetworkStack, **kwargs: Any
    ) -> None:
        super().__init__(scope, id, termination_protection=settings.termination_protection, **kwargs)
        self.add_stack_dependency(network)
        self.platform = CiliumCluster(
            self,
            "Platform",
            cluster_name=settings.name,
            kubernetes_version=settings.kubernetes_version,
            vpc=network.vpc,
            pod_subnets=network.pod_subnets,
            node_subnets=network.node_subnets,
            public_access_cidrs=settings.endpoint_access.public_cidrs,
            private_access_cidrs=settings.endpoint_access.private_cidrs,
            access=[
                AccessGrant(
                    principal_arn=grant.principal_arn,
                    policy=grant.policy,
                    namespaces=tuple(grant.namespaces),
                )
                for grant in settings.access
            ],
            aws_node=settings.aws_node,
            service_cidr=settings.service_cidr,
            secrets_key=self._given_key(settings),
            role=self._given_role(settings),
            deletion_protection=settings.deletion_protection,
            upgrade_policy=settings.upgrade_policy,
            zonal_shift=settings.zonal_shift,
            version=cilium_version(settings),
            values=cilium_values(settings),
            chart_asset=settings.cilium.chart,
            allow_minor_skip=settings.cilium.allow_minor_skip,
            default_nodes=False,
            operator_identity=settings.cilium.operator_identity,
        )
        if settings.endpoint_access.open_because is not None:
            self._open_for_a_reason(settings.endpoint_access.open_because)
        if settings.network.isolated:
            # The network's stack makes the endpoints that CDK's warning demands.
            cdk.Annotations.of(self.platform.cluster).acknowledge_warning(
                "@aws-cdk/aws-eks:isolatedSubnetsForKubectlPrivateSubnets",
                "VPC endpoints answer for every service that the handler calls",
            )
        facts = instance_facts(settings)
        for group in settings.node_groups:
            self._add_nodes(group, facts, network)
        if settings.cilium.readiness_gate:
            self.platform.cilium.add_readiness_gate(minutes=settings.cilium.readiness_gate_minutes)
        self._output()

    def _add_nodes(
        self, group: NodeGroupSettings, facts: Mapping[str, InstanceType], network: NetworkStack
    ) -> None:
        role, key = group.node_role_arn, group.volume_key_arn
        subnets = [each for each in network.node_subnets if each.availability_zone in group.zones]
        self.platform.cilium.add_node_group(
            group.name,
            instance_facts=facts,
            subnets=subnets if group.zones else None,
            node_role=None if role is None else iam.Role.from_role_arn(self, f"{group.name}Role", role),
            volume_key=None if key is None else kms.Key.from_key_arn(self, f"{group.name}Key", key),
            **group.keywords,
        )

    def _given_key(self, settings: Settings) -> kms.IKey | None:
        arn = settings.secrets_key_arn
        return kms.Key.from_key_arn(self, "SecretsKey", arn) if arn else None

    def _given_role(self, settings: Settings) -> iam.IRole | None:
        arn = settings.cluster_role_arn
        # Its owner decides what it may do: CDK must add nothing.
        return iam.Role.from_role_arn(self, "ClusterRole", arn, mutable=False) if arn else None

    def _open_for_a_reason(self, reason: str) -> None:
        """Acknowledge the warning of the control plane and the finding of our check."""
        plane = self.platform.control_plane
        cdk.Annotations.of(plane).acknowledge_warning("cdk-eks-cilium:public", reason)
        cdk.Validations.of(plane).acknowledge(cdk.Acknowledgment(id="cdk-eks-cilium::CEC014", reason=reason))

    def _output(self) -> None:
        for name, command in self.platform.commands.items():
            cdk.CfnOutput(self, name, value=command)
        cilium = self.platform.cilium
        cdk.CfnOutput(
            self,
            "TakenBack",
            description="What the latest change of the release took back from changes by hand",
            value=cilium.release_takeover.taken_back,
        )
        days = hubble_certificate_days(cilium.values, cilium.version)
        if days is not None:
            # Below 1.19 the chart's own renewal is a Helm hook that would wait for nodes.
            cdk.CfnOutput(
                self,
                "HubbleCertificates",
                value=f"Hubble's certificates end {days} days after they were made; to renew them, delete "
                "the Secrets cilium-ca, hubble-server-certs and hubble-relay-client-certs in kube-system, "
                "and deploy a change of the release",
            )
