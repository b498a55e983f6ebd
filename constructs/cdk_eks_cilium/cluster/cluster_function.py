"""The frame of our custom resources: a Lambda function for a cluster, with all that it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import custom_resources as cr
from constructs import Construct

from cdk_eks_cilium.checks.acknowledgements import acknowledge_provider
from cdk_eks_cilium.cluster.image_checks import library_problems
from cdk_eks_cilium.cluster.service_timeout import limit_service_time
from cdk_eks_cilium.lambda_code.asset import function_asset
from cdk_eks_cilium.problems import refuse


class ClusterFunction(Construct):
    """A Lambda function behind CDK's provider framework, which serves custom resources about a cluster.

    A subclass gives the function its rights, and then makes its resources by `custom_resource`. The stack
    owns both log groups. The findings of cdk-nag about the framework are acknowledged.

    Args:
        cluster: The cluster, ours or imported.
        folder: The function's folder in ``lambda``.
        description: The function's description in Lambda.
        timeout: How long the function may run, at most 15 minutes.
        service_timeout: How long CloudFormation waits for it: a little longer, and never its default hour.
        memory_size: MiB of the function's memory.
        subnets: Subnets for the function. By default it is outside the VPC.
        security_groups: By default the cluster's own security group, when in subnets.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: eks.Cluster | eks.ICluster,
        folder: str,
        description: str,
        timeout: cdk.Duration,
        service_timeout: cdk.Duration,
        memory_size: int = 256,
        subnets: Sequence[ec2.ISubnet] = (),
        security_groups: Sequence[ec2.ISecurityGroup] = (),
    ) -> None:
        super().__init__(scope, id)
        refuse(library_problems(self.node.path, cluster))
        self.cluster = cast(eks.ICluster, cluster)
        self._service_timeout = service_timeout
        groups = list(security_groups)
        if subnets and not groups and cluster.cluster_security_group is not None:
            groups = [cluster.cluster_security_group]
        self.handler = lambda_.Function(
            self,
            "Handler",
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            handler="index.handler",
            code=function_asset(folder),
            timeout=timeout,
            memory_size=memory_size,
            log_group=self._log_group("HandlerLogs"),
            vpc=cluster.vpc if subnets else None,
            vpc_subnets=ec2.SubnetSelection(subnets=list(subnets)) if subnets else None,
            security_groups=groups or None,
        )

    @cached_property
    def provider(self) -> cr.Provider:
        """CDK's framework around the function, made on first use."""
        provider = cr.Provider(
            self,
            "Provider",
            on_event_handler=cast(lambda_.IFunction, self.handler),
            log_group=self._log_group("ProviderLogs"),
        )
        acknowledge_provider(self, provider, self.handler)
        return provider

    def custom_resource(
        self, scope: Construct, *, resource_type: str, properties: Mapping[str, Any]
    ) -> cdk.CustomResource:
        """A custom resource that the function serves, under the id ``Resource``."""
        return cdk.CustomResource(
            scope,
            "Resource",
            resource_type=resource_type,
            service_token=self.provider.service_token,
            service_timeout=self._service_timeout,
            properties=properties,
        )

    @property
    def role(self) -> iam.IRole:
        """The function's role."""
        return cast(iam.IRole, self.handler.role)

    @property
    def cluster_properties(self) -> dict[str, str]:
        """The properties that ``lambda/common/cluster.py`` reads to find the API server."""
        return {
            "ClusterName": self.cluster.cluster_name,
            "Endpoint": self.cluster.cluster_endpoint,
            "CertificateAuthorityData": self.cluster.cluster_certificate_authority_data,
            "Region": cdk.Stack.of(self).region,
        }

    @property
    def group(self) -> str:
        """The Kubernetes group that the function is in, once it has an access entry."""
        # EKS refuses access entries with groups that start with system: or eks:.
        return f"cdk-eks-cilium:{self._unique}"

    @property
    def role_name(self) -> str:
        """A name for the group's roles and bindings in Kubernetes."""
        return f"cdk-eks-cilium-{self._unique}"

    def enter_cluster(self, scope: Construct) -> eks.CfnAccessEntry:
        """Let the function into the cluster, as a member of `group`; *scope* is the entry's parent."""
        return eks.CfnAccessEntry(
            scope,
            "AccessEntry",
            cluster_name=self.cluster.cluster_name,
            principal_arn=self.role.role_arn,
            kubernetes_groups=[self.group],
            type="STANDARD",
        )

    def grant_in_kubernetes(
        self, scope: Construct, id: str, rights: Sequence[Mapping[str, Any]], *, prune: bool | None = None
    ) -> eks.KubernetesManifest:
        """Apply roles and bindings of `group`, also over existing ones of the same names.

        Args:
            scope: The manifest's parent.
            id: The manifest's id.
            rights: The manifests.
            prune: Whether to delete an object that is left out later. By default the cluster decides.
        """
        manifest = eks.KubernetesManifest(
            scope, id, cluster=self.cluster, manifest=list(rights), overwrite=True, prune=prune
        )
        limit_service_time(manifest)
        return manifest

    @cached_property
    def _unique(self) -> str:
        return cdk.Names.unique_resource_name(self, max_length=40, separator="-").lower()

    def _log_group(self, id: str) -> logs.LogGroup:
        return logs.LogGroup(
            self, id, retention=logs.RetentionDays.ONE_MONTH, removal_policy=cdk.RemovalPolicy.DESTROY
        )
