"""An EKS control plane without nodes, ready for Cilium."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct, IDependable

from cdk_eks_cilium.addressing import DEFAULT_SERVICE_CIDR, service_range_problems
from cdk_eks_cilium.addressing.internet import everyone
from cdk_eks_cilium.checks.acknowledgements import acknowledge, managed_policy
from cdk_eks_cilium.cluster.access import AccessGrant, AdministratorRole, grant_access, kubeconfig_command
from cdk_eks_cilium.cluster.kubectl_handler import acknowledge_handler, kubectl_layer, own_handler_logs
from cdk_eks_cilium.cluster.plane_checks import (
    name_problems,
    private_problems,
    public_problems,
    zone_problems,
)
from cdk_eks_cilium.network.vpc_range import primary_cidr
from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.problems.looked_up import awaits_lookup
from cdk_eks_cilium.versions import kubernetes, support_warnings
from cdk_eks_cilium.versions.kubernetes import UpgradePolicy, upgrade_policy_problems

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
            least two zones. Empty: the VPC's private subnets.
        kubernetes_version: Minor version, such as ``1.35``.
        cluster_name: Name of the cluster. By default derived from this construct's path.
        public_access_cidrs: Public ranges that may reach the API. Empty: private only.
        private_access_cidrs: Ranges that may reach the API over the VPC, HTTPS alone: networks that are
            connected to it, or the VPC's own for hosts in it. Nodes and pods may in any case.
        access: Who may use the cluster. Empty: everyone who may assume `administrator_role`.
        service_cidr: Range of the addresses of Services, /12 to /24 in RFC 1918's private space and outside
            the VPC. Fixed when the cluster is made.
        secrets_key: Symmetric key that encrypts Kubernetes secrets, of the cluster's region. By default the
            stack makes one, and deletes it with the cluster. Fixed when the cluster is made.
        role: What the control plane acts as, with AmazonEKSClusterPolicy. By default the stack makes it.
            Fixed when the cluster is made.
        deletion_protection: Whether EKS refuses to delete the cluster. Use it in a stack with termination
            protection: a destroy of the stack deletes the nodes first.
        upgrade_policy: What EKS does when standard support of the release ends: ``extended`` keeps the
            release, for six times the price, ``standard`` upgrades the control plane.
        zonal_shift: Whether traffic may be shifted away from a zone. By default EKS decides, which is no.
        self_managed_addons: Whether EKS installs aws-node, kube-proxy and CoreDNS at creation.
            Fixed when the cluster is made: CloudFormation would have to replace the cluster, and refuses
            that for a cluster with a name.
        after: What must exist before the control plane. EKS can take up to an hour to learn a CIDR
            block that is added later
            (https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html).

    Raises:
        InputError: If EKS cannot create *kubernetes_version*, the name or a range is invalid, a private range
            is too wide, *service_cidr* overlaps the VPC, the subnets are not in two zones of the region, or
            *upgrade_policy* does not go with the release.
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
        secrets_key: kms.IKey | None = None,
        role: iam.IRole | None = None,
        deletion_protection: bool = False,
        upgrade_policy: UpgradePolicy = "extended",
        zonal_shift: bool | None = None,
        self_managed_addons: bool = True,
        after: Sequence[IDependable] = (),
    ) -> None:
        super().__init__(scope, id)
        for flag in _FEATURE_FLAGS:
            self.node.set_context(flag, True)
        self.subnets = tuple(subnets or vpc.private_subnets)
        if awaits_lookup(kubernetes_version):
            kubernetes_version = kubernetes.DEFAULT
        if awaits_lookup(service_cidr):
            service_cidr = DEFAULT_SERVICE_CIDR
        path = self.node.path
        refuse(
            [
                *kubernetes.problems(f"{path}: kubernetes_version", kubernetes_version),
                *name_problems(f"{path}: cluster_name", cluster_name),
                *zone_problems(f"{path}: subnets", self.subnets),
                *_service_problems(f"{path}: service_cidr", service_cidr, vpc),
                *public_problems(f"{path}: public_access_cidrs", public_access_cidrs),
                *private_problems(f"{path}: private_access_cidrs", private_access_cidrs),
                *upgrade_policy_problems(f"{path}: upgrade_policy", upgrade_policy, kubernetes_version),
            ]
        )
        self.name = cluster_name or cdk.Names.unique_resource_name(self, max_length=63, separator="-")
        self.service_cidr = service_cidr
        self.log_group = self._make_log_group()
        self.secrets_key: kms.IKey = secrets_key or self._make_key()
        self._warn(kubernetes_version, public_access_cidrs, deletion_protection=deletion_protection)
        self.cluster = self._make_cluster(
            vpc, kubernetes_version, public_access_cidrs, role, self_managed_addons=self_managed_addons
        )
        resource = cast(eks.CfnCluster, self.cluster.node.default_child)
        # On the resource alone: CDK would copy a dependency of the construct to each of its twenty children.
        resource.node.add_dependency(self.log_group, *after)
        _keep(resource, deletion_protection, upgrade_policy, zonal_shift)
        own_handler_logs(self.cluster)
        self._let_in(private_access_cidrs)
        acknowledge_handler(self, self.cluster.node.find_child("KubectlProvider"))
        if role is None:
            reason = "what EKS requires of a cluster's role"
            acknowledge(self, {managed_policy("AmazonEKSClusterPolicy"): reason})
        self.access = Construct(self, "Access")
        self.administrator_role = self._grant(access)

    @property
    def kubeconfig_command(self) -> str:
        """The command that gives a person of *access* their kubeconfig."""
        return kubeconfig_command(self.cluster, cast("iam.IRole | None", self.administrator_role))

    # belief: EKS-late-block-takes-an-hour, EKS-two-zones
    def _make_cluster(
        self,
        vpc: ec2.IVpc,
        kubernetes_version: str,
        public_access_cidrs: Sequence[str],
        role: iam.IRole | None,
        *,
        self_managed_addons: bool,
    ) -> eks.Cluster:
        return eks.Cluster(
            self,
            "Resource",
            cluster_name=self.name,
            version=eks.KubernetesVersion.of(kubernetes_version),
            vpc=vpc,
            vpc_subnets=[ec2.SubnetSelection(subnets=list(self.subnets))],
            endpoint_access=_endpoint_access(public_access_cidrs),
            # Auto Mode, the L2's default, brings a CNI of its own.
            default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
            default_capacity=0,
            service_ipv4_cidr=self.service_cidr,
            bootstrap_self_managed_addons=self_managed_addons,
            bootstrap_cluster_creator_admin_permissions=False,
            cluster_logging=list(eks.ClusterLoggingTypes),
            secrets_encryption_key=self.secrets_key,
            role=role,
            kubectl_provider_options=eks.KubectlProviderOptions(
                kubectl_layer=kubectl_layer(self, kubernetes_version)
            ),
            output_config_command=False,
        )

    def _make_log_group(self) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/eks/{self.name}/cluster",
            retention=logs.RetentionDays.THREE_MONTHS,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )

    def _make_key(self) -> kms.IKey:
        key = kms.Key(
            self,
            "SecretsKey",
            description=f"Kubernetes secrets of EKS cluster {self.name}",
            enable_key_rotation=True,
            pending_window=cdk.Duration.days(7),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        return cast(kms.IKey, key)

    def _grant(self, access: Sequence[AccessGrant]) -> iam.Role | None:
        """Let people in; return the administrator role, which is made if nobody is named."""
        role = None
        if not access:
            administrators = AdministratorRole(self, "Administrators", cluster=self.cluster)
            role, access = administrators.role, [administrators.grant]
        grant_access(self.access, self.cluster, access)
        return role

    def _warn(
        self, kubernetes_version: str, public_access_cidrs: Sequence[str], *, deletion_protection: bool
    ) -> None:
        for text in support_warnings(kubernetes_version):
            cdk.Annotations.of(self).add_warning_v2("cdk-eks-cilium:kubernetes", text)
        if everyone(public_access_cidrs):
            cdk.Annotations.of(self).add_warning_v2(
                "cdk-eks-cilium:public",
                f"{', '.join(public_access_cidrs)} open the Kubernetes API to the whole internet",
            )
        if deletion_protection and not cdk.Stack.of(self).termination_protection:
            cdk.Annotations.of(self).add_warning_v2(
                "cdk-eks-cilium:deletion-protection",
                "a destroy of the stack would delete nodes and Cilium before EKS refuses to delete the "
                "cluster; make the stack with termination_protection=True, which refuses it at once",
            )

    def _let_in(self, private_cidrs: Sequence[str]) -> None:
        """Let networks reach the API's interfaces in the VPC, by the group that only these interfaces have.

        A rule of EKS's own group would open nodes and pods too, which have that group.
        """
        group = cast(ec2.SecurityGroup, self.cluster.node.find_child("ControlPlaneSecurityGroup"))
        for cidr in private_cidrs:
            if awaits_lookup(cidr):
                continue
            group.add_ingress_rule(ec2.Peer.ipv4(cidr), ec2.Port.tcp(443), "The Kubernetes API")


# belief: CFN-removed-property-is-reset
def _keep(
    resource: eks.CfnCluster, deletion_protection: bool, policy: UpgradePolicy, zonal_shift: bool | None
) -> None:
    """Set what CDK's cluster has no argument for.

    The first two are written even where they are EKS's default: without a property, CloudFormation might
    leave the cluster as it is when a setting goes back to its default.
    """
    resource.deletion_protection = deletion_protection
    resource.upgrade_policy = eks.CfnCluster.UpgradePolicyProperty(support_type=policy.upper())
    if zonal_shift is not None:
        resource.zonal_shift_config = eks.CfnCluster.ZonalShiftConfigProperty(enabled=zonal_shift)


def _endpoint_access(public_cidrs: Sequence[str]) -> eks.EndpointAccess:
    if not public_cidrs:
        return eks.EndpointAccess.PRIVATE
    return eks.EndpointAccess.PUBLIC_AND_PRIVATE.only_from(*public_cidrs)


def _service_problems(where: str, service_cidr: str, vpc: ec2.IVpc) -> Iterator[Problem]:
    block = primary_cidr(vpc)
    taken = [(block, "the primary range of the VPC")] if block else []
    return service_range_problems(where, service_cidr, taken)
