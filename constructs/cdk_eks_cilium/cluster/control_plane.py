"""An EKS control plane without nodes, ready for Cilium."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import Final, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IDependable

from cdk_eks_cilium.addressing import DEFAULT_SERVICE_CIDR, service_range_problems
from cdk_eks_cilium.addressing.api_clients import caller_problems
from cdk_eks_cilium.addressing.internet import everyone
from cdk_eks_cilium.checks.acknowledgements import (
    acknowledge,
    acknowledge_provider,
    as_reported,
    managed_policy,
)
from cdk_eks_cilium.cluster.access import AccessGrant, AdministratorRole, grant_access, kubeconfig_command
from cdk_eks_cilium.network.vpc_range import primary_cidr
from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.versions import kubernetes, layer_for, support_warnings

_FEATURE_FLAGS: Final = (
    # A native OIDC provider instead of a deprecated custom resource.
    "@aws-cdk/aws-eks:useNativeOidcProvider",
    # Log groups of the kubectl handler's functions in the template, where a destroy finds them.
    "@aws-cdk/aws-lambda:useCdkManagedLogGroup",
)
"""Set on this construct alone, so that an app without CDK's feature flags gets them too."""


class ControlPlane(Construct):
    """EKS control plane: no nodes, no Auto Mode, logs and secrets owned and encrypted by the stack.

    Nodes and pods reach the Kubernetes API, as do *private_access_cidrs* over the VPC and
    *public_access_cidrs* over the internet. Every log type of the control plane goes to a log group that the
    stack makes first and removes last; EKS would otherwise make one that outlives the cluster. Secrets are
    encrypted with a key of the stack.

    Args:
        vpc: The VPC.
        subnets: Where the control plane's interfaces and the kubectl handler go: node subnets of at
            least two zones.
        kubernetes_version: Minor version, such as ``1.35``.
        cluster_name: Name of the cluster. By default derived from this construct's path.
        public_access_cidrs: Public ranges that may reach the API. Empty: private only.
        private_access_cidrs: Ranges that may reach the API over the VPC, HTTPS alone: networks that are
            connected to it, or the VPC's own for hosts in it. Nodes and pods may in any case.
        access: Who may use the cluster. Empty: everyone who may assume `administrator_role`.
        service_cidr: Range of the addresses of Services, /12 to /24 in RFC 1918's private space and outside
            the VPC. Fixed when the cluster is made.
        self_managed_addons: Whether EKS installs aws-node, kube-proxy and CoreDNS at creation.
            Fixed when the cluster is made: CloudFormation would have to replace the cluster, and refuses
            that for a cluster with a name.
        after: What must exist before the control plane. EKS can take up to an hour to learn a CIDR
            block that is added later
            (https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html).

    Raises:
        InputError: If EKS cannot create *kubernetes_version*, a private range is invalid or too wide, or
            *service_cidr* is invalid or overlaps the VPC.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        subnets: Sequence[ec2.ISubnet],
        kubernetes_version: str = kubernetes.DEFAULT,
        cluster_name: str | None = None,
        public_access_cidrs: Sequence[str] = (),
        private_access_cidrs: Sequence[str] = (),
        access: Sequence[AccessGrant] = (),
        service_cidr: str = DEFAULT_SERVICE_CIDR,
        self_managed_addons: bool = True,
        after: Sequence[IDependable] = (),
    ) -> None:
        super().__init__(scope, id)
        for flag in _FEATURE_FLAGS:
            self.node.set_context(flag, True)
        refuse(
            [
                *kubernetes.problems(f"{self.node.path}: kubernetes_version", kubernetes_version),
                *_service_problems(f"{self.node.path}: service_cidr", service_cidr, vpc),
                *_private_problems(f"{self.node.path}: private_access_cidrs", private_access_cidrs),
            ]
        )
        self.name = cluster_name or cdk.Names.unique_resource_name(self, max_length=63, separator="-")
        self.subnets = tuple(subnets)
        self.service_cidr = service_cidr
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/eks/{self.name}/cluster",
            retention=logs.RetentionDays.THREE_MONTHS,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.secrets_key = kms.Key(
            self,
            "SecretsKey",
            description=f"Kubernetes secrets of EKS cluster {self.name}",
            enable_key_rotation=True,
            pending_window=cdk.Duration.days(7),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self._warn(kubernetes_version, public_access_cidrs)
        self.cluster = eks.Cluster(
            self,
            "Resource",
            cluster_name=self.name,
            version=eks.KubernetesVersion.of(kubernetes_version),
            vpc=vpc,
            vpc_subnets=[ec2.SubnetSelection(subnets=list(subnets))],
            endpoint_access=_endpoint_access(public_access_cidrs),
            # Auto Mode, the L2's default, brings a CNI of its own.
            default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
            default_capacity=0,
            service_ipv4_cidr=service_cidr,
            bootstrap_self_managed_addons=self_managed_addons,
            bootstrap_cluster_creator_admin_permissions=False,
            cluster_logging=list(eks.ClusterLoggingTypes),
            secrets_encryption_key=cast(kms.IKey, self.secrets_key),
            kubectl_provider_options=eks.KubectlProviderOptions(
                kubectl_layer=_kubectl_layer(self, kubernetes_version)
            ),
            output_config_command=False,
        )
        resource = cast(cdk.CfnResource, self.cluster.node.default_child)
        # On the resource alone: CDK would copy a dependency of the construct to each of its twenty children.
        resource.node.add_dependency(self.log_group, *after)
        self._own_handler_logs()
        self._let_in(private_access_cidrs)
        self._acknowledge()
        self.access = Construct(self, "Access")
        self.administrator_role: iam.Role | None = None
        if not access:
            administrators = AdministratorRole(self, "Administrators", cluster=self.cluster)
            self.administrator_role = administrators.role
            access = [administrators.grant]
        grant_access(self.access, self.cluster, access)

    @property
    def kubeconfig_command(self) -> str:
        """The command that gives a person of *access* their kubeconfig."""
        return kubeconfig_command(self.cluster, cast("iam.IRole | None", self.administrator_role))

    def _acknowledge(self) -> None:
        """Acknowledge findings about CDK's own kubectl handler, which this library cannot change."""
        provider = self.cluster.node.find_child("KubectlProvider")
        handler = provider.node.find_child("Handler")
        acknowledge_provider(self, provider, handler)
        stack = cdk.Stack.of(self)
        condition = stack.get_logical_id(cast(cdk.CfnElement, handler.node.find_child("HasEcrPublic")))
        public = {
            "Fn::Join": [
                "",
                [
                    "arn:",
                    {"Ref": "AWS::Partition"},
                    ":iam::aws:policy/AmazonElasticContainerRegistryPublicReadOnly",
                ],
            ]
        }
        public_policy = as_reported({"Fn::If": [condition, public, {"Ref": "AWS::NoValue"}]})
        registry = "the handler may read charts from ECR; CDK attaches it and takes no other"
        acknowledge(
            self,
            {
                managed_policy("AmazonEKSClusterPolicy"): "what EKS requires of a cluster's role",
                managed_policy("AmazonEC2ContainerRegistryReadOnly"): registry,
                f"AwsSolutions-IAM4[Policy::{public_policy}]": registry,
                "AwsSolutions-L1": "CDK chooses the runtime that its handler is tested with",
            },
        )

    def _warn(self, kubernetes_version: str, public_access_cidrs: Sequence[str]) -> None:
        for text in support_warnings(kubernetes_version):
            cdk.Annotations.of(self).add_warning_v2("cdk-eks-cilium:kubernetes", text)
        if everyone(public_access_cidrs):
            cdk.Annotations.of(self).add_warning_v2(
                "cdk-eks-cilium:public",
                f"{', '.join(public_access_cidrs)} open the Kubernetes API to the whole internet",
            )

    def _let_in(self, private_cidrs: Sequence[str]) -> None:
        """Let networks reach the API's interfaces in the VPC, by the group that only these interfaces have.

        A rule of EKS's own group would open nodes and pods too, which have that group.
        """
        group = cast(ec2.SecurityGroup, self.cluster.node.find_child("ControlPlaneSecurityGroup"))
        for cidr in private_cidrs:
            group.add_ingress_rule(ec2.Peer.ipv4(cidr), ec2.Port.tcp(443), "The Kubernetes API")

    def _own_handler_logs(self) -> None:
        """Let the stack own the log groups of CDK's kubectl handler, which stay behind in two ways.

        Their removal policy is to retain. And nothing orders them with the calls of the functions: a call
        before the group exists, or after it is gone, lets Lambda make a group that no stack owns.
        """
        cdk.RemovalPolicies.of(self.cluster).destroy(apply_to_resource_types=["AWS::Logs::LogGroup"])
        provider = self.cluster.node.find_child("KubectlProvider")
        framework = provider.node.find_child("Provider").node.find_child("framework-onEvent")
        # By name: a walk through the tree would fetch each of its constructs from Node.js.
        groups = [
            each.node.find_child("LogGroup") for each in (provider.node.find_child("Handler"), framework)
        ]
        # Every Kubernetes resource waits for the barrier.
        self.cluster.node.find_child("KubectlReadyBarrier").node.add_dependency(*groups)


def _endpoint_access(public_cidrs: Sequence[str]) -> eks.EndpointAccess:
    if not public_cidrs:
        return eks.EndpointAccess.PRIVATE
    return eks.EndpointAccess.PUBLIC_AND_PRIVATE.only_from(*public_cidrs)


def _service_problems(where: str, service_cidr: str, vpc: ec2.IVpc) -> Iterator[Problem]:
    block = primary_cidr(vpc)
    taken = [(block, "the primary range of the VPC")] if block else []
    return service_range_problems(where, service_cidr, taken)


def _private_problems(where: str, cidrs: Sequence[str]) -> list[Problem]:
    known = [cidr for cidr in cidrs if not cdk.Token.is_unresolved(cidr)]
    twice = sorted({cidr for cidr in known if known.count(cidr) > 1})
    return [
        *(problem for cidr in known for problem in caller_problems(where, cidr)),
        *(Problem(where, "must name each range once", cidr, id="CEK6003") for cidr in twice),
    ]


def _kubectl_layer(scope: Construct, kubernetes_version: str) -> lambda_.ILayerVersion:
    """The layer of this Kubernetes version; imported here, because each layer takes a tenth of a second."""
    package = layer_for(kubernetes_version)
    layer = getattr(importlib.import_module(package.module), package.class_name)
    return cast(lambda_.ILayerVersion, layer(scope, "KubectlLayer"))
