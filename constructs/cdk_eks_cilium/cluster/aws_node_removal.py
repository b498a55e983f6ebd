"""Take EKS's own CNI off a cluster before any node can run it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import custom_resources as cr
from constructs import Construct

from cdk_eks_cilium._assets import lambda_code
from cdk_eks_cilium.acknowledgements import acknowledge_provider
from cdk_eks_cilium.cluster.service_timeout import limit_service_time

_HANDLER_TIMEOUT = cdk.Duration.minutes(5)
# CloudFormation waits a little longer than the handler may run, and never its default hour.
_SERVICE_TIMEOUT = cdk.Duration.minutes(8)


class AwsNodeRemoval(Construct):
    """Custom resource that deletes the DaemonSet ``kube-system/aws-node`` and waits until it is gone.

    A node that ever ran aws-node keeps secondary addresses on its interfaces, and Cilium then never
    gives it prefixes, so whatever starts nodes must depend on this construct.

    The handler's rights are one Kubernetes Role: ``get`` and ``delete`` on the named DaemonSets. It
    gets them through an access entry and calls no AWS API. A DaemonSet that is not there is success,
    so the resource can be repeated; deleting it does nothing, for the cluster would be without a CNI.

    Args:
        cluster: The cluster, ours or imported, with a kubectl provider (for the Role's manifest).
        daemon_sets: Names in ``kube-system``. By default ``aws-node`` alone.
        handler_subnets: Subnets for the handler; they must reach the API's private endpoint.
            By default the handler is outside the VPC and calls the public endpoint.
        handler_security_groups: By default the cluster's own security group, when in subnets.
        repeat_on: Values whose change makes the removal run again, such as versions: an update of
            EKS or of Cilium is the time to assert that nothing came back.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: eks.Cluster | eks.ICluster,
        daemon_sets: Sequence[str] = ("aws-node",),
        handler_subnets: Sequence[ec2.ISubnet] = (),
        handler_security_groups: Sequence[ec2.ISecurityGroup] = (),
        repeat_on: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.daemon_sets = tuple(daemon_sets)
        groups = list(handler_security_groups)
        if handler_subnets and not groups and cluster.cluster_security_group is not None:
            groups = [cluster.cluster_security_group]
        self.handler = self._handler(cluster, handler_subnets, groups)
        self.permissions = self._permissions(cluster)
        provider = cr.Provider(
            self,
            "Provider",
            on_event_handler=cast(lambda_.IFunction, self.handler),
            log_group=_log_group(self, "ProviderLogs"),
        )
        self.resource = cdk.CustomResource(
            self,
            "Resource",
            resource_type="Custom::AwsNodeRemoval",
            service_token=provider.service_token,
            service_timeout=_SERVICE_TIMEOUT,
            properties={
                "ClusterName": cluster.cluster_name,
                "Endpoint": cluster.cluster_endpoint,
                "CertificateAuthorityData": cluster.cluster_certificate_authority_data,
                "Region": cdk.Stack.of(self).region,
                "DaemonSets": json.dumps(self.daemon_sets),
                "RepeatOn": dict(repeat_on or {}),
            },
        )
        self.resource.node.add_dependency(self.permissions)
        acknowledge_provider(self, provider, self.handler)

    def _handler(
        self,
        cluster: eks.Cluster | eks.ICluster,
        subnets: Sequence[ec2.ISubnet],
        security_groups: Sequence[ec2.ISecurityGroup],
    ) -> lambda_.Function:
        return lambda_.Function(
            self,
            "Handler",
            description="Removes aws-node from an EKS cluster so that Cilium can be its only CNI",
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            handler="index.handler",
            code=lambda_code("aws_node_removal"),
            timeout=_HANDLER_TIMEOUT,
            memory_size=256,
            log_group=_log_group(self, "HandlerLogs"),
            vpc=cluster.vpc if subnets else None,
            vpc_subnets=ec2.SubnetSelection(subnets=list(subnets)) if subnets else None,
            security_groups=list(security_groups) or None,
        )

    def _permissions(self, cluster: eks.Cluster | eks.ICluster) -> Construct:
        permissions = Construct(self, "Permissions")
        # Groups that start with system: or eks: are refused for access entries.
        unique = cdk.Names.unique_resource_name(self, max_length=40, separator="-").lower()
        group = f"cdk-eks-cilium:{unique}"
        eks.CfnAccessEntry(
            permissions,
            "AccessEntry",
            cluster_name=cluster.cluster_name,
            principal_arn=cast(iam.IRole, self.handler.role).role_arn,
            kubernetes_groups=[group],
            type="STANDARD",
        )
        name = f"cdk-eks-cilium-{unique}"
        metadata = {"name": name, "namespace": "kube-system"}
        role = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": metadata,
            "rules": [
                {
                    "apiGroups": ["apps"],
                    "resources": ["daemonsets"],
                    "resourceNames": list(self.daemon_sets),
                    "verbs": ["get", "delete"],
                }
            ],
        }
        binding = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group}],
        }
        manifest = eks.KubernetesManifest(
            permissions,
            "Rbac",
            cluster=cast(eks.ICluster, cluster),
            manifest=[role, binding],
            overwrite=True,
        )
        limit_service_time(manifest)
        return permissions


def _log_group(scope: Construct, id: str) -> logs.LogGroup:
    """A log group that the stack owns, so that a destroy leaves none behind."""
    return logs.LogGroup(
        scope, id, retention=logs.RetentionDays.ONE_MONTH, removal_policy=cdk.RemovalPolicy.DESTROY
    )
