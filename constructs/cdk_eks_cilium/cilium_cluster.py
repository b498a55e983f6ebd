"""A whole cluster in one line."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_eks_cilium.addressing import DEFAULT_SERVICE_CIDR, service_range_problems
from cdk_eks_cilium.cilium import Cilium
from cdk_eks_cilium.cluster.access import AccessGrant
from cdk_eks_cilium.cluster.control_plane import ControlPlane
from cdk_eks_cilium.cluster.install_request import AwsNode
from cdk_eks_cilium.network.pod_subnets import PodSubnets
from cdk_eks_cilium.network.pod_subnets_base import PodSubnetsBase
from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.values import CiliumValues, Egress, OperatorIdentity
from cdk_eks_cilium.versions import CiliumVersion, kubernetes
from cdk_eks_cilium.versions.kubernetes import UpgradePolicy


class CiliumCluster(Construct):
    """VPC with a secondary CIDR, EKS without aws-node, Cilium on prefixes.

    Args:
        kubernetes_version: Minor version of control plane and nodes. By default the newest version that
            suits the default Cilium.
        vpc: VPC to use. By default a new one, 10.0.0.0/16 over three zones with a NAT gateway each.
        pod_subnets: Pod subnets to use. By default new ones in *pod_cidr*.
        pod_cidr: Secondary CIDR of the pods.
        node_subnets: Where nodes and the control plane's interfaces are. By default the VPC's private
            subnets.
        cluster_name: Name of the EKS cluster. By default derived from this construct's path.
        public_access_cidrs: Public ranges that may reach the Kubernetes API. Empty: private only.
        private_access_cidrs: Ranges that may reach the Kubernetes API over the VPC: networks that are
            connected to it, or the VPC's own for hosts in it. Nodes and pods may in any case.
        access: Who may use the cluster. Empty: everyone who may assume `administrator_role`.
        aws_node: ``remove`` deletes aws-node before any node starts, ``patch`` keeps it off every node by a
            node selector; a deployment may change between them. ``never-install`` makes the cluster without
            aws-node, and is fixed then: CloudFormation cannot replace a cluster with a name.
        service_cidr: Range of the addresses of Services, /12 to /24 in RFC 1918's private space, outside the
            VPC and the pods' ranges. Fixed when the cluster is made.
        secrets_key: As in `ControlPlane`.
        role: As in `ControlPlane`.
        deletion_protection: As in `ControlPlane`.
        upgrade_policy: As in `ControlPlane`.
        zonal_shift: As in `ControlPlane`.
        version: Cilium's chart version.
        operator_identity: How Cilium's operator gets its role, ``irsa`` or ``pod-identity``.
        values: What Cilium does. By default egress through the node, Hubble with relay and UI.
        chart_asset: Path of Cilium's chart on this machine. By default it comes from the internet.
        allow_minor_skip: Whether an update may skip a minor of Cilium. By default it fails at once.
        default_nodes: Whether to add a node group ``Workers`` of two to six m6i.large with Bottlerocket.

    Raises:
        InputError: If arguments are invalid or do not go together.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        kubernetes_version: str = kubernetes.DEFAULT,
        vpc: ec2.IVpc | None = None,
        pod_subnets: PodSubnetsBase | None = None,
        pod_cidr: str = "100.64.0.0/16",
        node_subnets: Sequence[ec2.ISubnet] | None = None,
        cluster_name: str | None = None,
        public_access_cidrs: Sequence[str] = (),
        private_access_cidrs: Sequence[str] = (),
        access: Sequence[AccessGrant] = (),
        aws_node: AwsNode = "remove",
        version: CiliumVersion = CiliumVersion.DEFAULT,
        values: CiliumValues | None = None,
        chart_asset: str | os.PathLike[str] | None = None,
        allow_minor_skip: bool = False,
        default_nodes: bool = True,
        operator_identity: OperatorIdentity = "irsa",
        service_cidr: str = DEFAULT_SERVICE_CIDR,
        secrets_key: kms.IKey | None = None,
        role: iam.IRole | None = None,
        deletion_protection: bool = False,
        upgrade_policy: UpgradePolicy = "extended",
        zonal_shift: bool | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.vpc = vpc or ec2.Vpc(self, "Vpc", ip_addresses=ec2.IpAddresses.cidr("10.0.0.0/16"), max_azs=3)
        chosen = values or CiliumValues(egress=Egress.node())
        self.pod_subnets = pod_subnets or self._make_pod_subnets(
            pod_cidr, chosen, service_cidr, own_vpc=vpc is None
        )
        refuse(_service_problems(f"{self.node.path}: service_cidr", service_cidr, self.pod_subnets))
        nodes = tuple(node_subnets or self.vpc.private_subnets)
        self.control_plane = ControlPlane(
            self,
            "ControlPlane",
            vpc=self.vpc,
            subnets=nodes,
            kubernetes_version=kubernetes_version,
            cluster_name=cluster_name,
            public_access_cidrs=public_access_cidrs,
            private_access_cidrs=private_access_cidrs,
            access=access,
            service_cidr=service_cidr,
            secrets_key=secrets_key,
            role=role,
            deletion_protection=deletion_protection,
            upgrade_policy=upgrade_policy,
            zonal_shift=zonal_shift,
            self_managed_addons=aws_node != "never-install",
            after=self.pod_subnets.blocks if isinstance(self.pod_subnets, PodSubnets) else (),
        )
        self.cluster = self.control_plane.cluster
        self.cilium = Cilium(
            self,
            "Cilium",
            cluster=self.cluster,
            pod_subnets=self.pod_subnets,
            values=chosen,
            version=version,
            aws_node=aws_node,
            node_subnets=nodes,
            operator_identity=operator_identity,
            chart_asset=chart_asset,
            allow_minor_skip=allow_minor_skip,
        )
        # People get in before the first Kubernetes call, and keep their access until the last.
        self.cilium.api_ready.node.add_dependency(self.control_plane.access)
        if default_nodes:
            self.cilium.add_node_group("Workers")

    def _make_pod_subnets(
        self, cidr: str, values: CiliumValues, service_cidr: str, *, own_vpc: bool
    ) -> PodSubnets:
        pods = PodSubnets(self, "PodSubnets", vpc=self.vpc, cidr=cidr, service_cidr=service_cidr)
        if values.egress.kind == "pod" and own_vpc:
            pods.route_through_nat(nat_gateways_by_zone(self.vpc))
        return pods

    @property
    def commands(self) -> dict[str, str]:
        """The commands to run after the deploy, by their purpose; ready to paste."""
        commands = {
            "Kubeconfig": self.control_plane.kubeconfig_command,
            "CiliumStatus": "cilium status --wait",
            "ConnectivityTest": "cilium connectivity test",
        }
        if self.cilium.values.hubble.ui:
            # 12000 is the port on the caller's own machine.
            commands["HubbleUi"] = "kubectl --namespace kube-system port-forward service/hubble-ui 12000:80"
        return commands


def _service_problems(where: str, service_cidr: str, pods: PodSubnetsBase) -> Iterator[Problem]:
    """Yield which ranges of pods the range of Services overlaps; existing subnets have unknown ranges."""
    cidrs = pods.cidrs if isinstance(pods, PodSubnets) else ()
    return service_range_problems(where, service_cidr, [(cidr, "a range of the pods") for cidr in cidrs])


def nat_gateways_by_zone(vpc: ec2.IVpc) -> dict[str, str]:
    """NAT gateway id by zone of a VPC of this app, read from its private subnets' default routes.

    Args:
        vpc: A VPC whose private subnets have NAT gateways, which zones may share.
    """
    gateways = {}
    for subnet in vpc.private_subnets:
        route = subnet.node.try_find_child("DefaultRoute")
        if isinstance(route, ec2.CfnRoute) and route.nat_gateway_id:
            gateways[subnet.availability_zone] = route.nat_gateway_id
    return gateways
