"""A live cluster on its way from aws-node to Cilium, phase by phase."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Unpack, cast

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_eks_cilium import values as cilium_values
from cdk_eks_cilium.addressing import NO_FACTS, InstanceType
from cdk_eks_cilium.cilium import Cilium
from cdk_eks_cilium.cluster.aws_node_removal import AwsNodeOptions
from cdk_eks_cilium.cluster.cluster_facts import eks_name
from cdk_eks_cilium.cluster.install_request import AwsNode
from cdk_eks_cilium.cluster.node_group import NodeGroup
from cdk_eks_cilium.cluster.operator_rights import operator_role
from cdk_eks_cilium.cluster.pod_identity import PodIdentity
from cdk_eks_cilium.migration import NEW_NODES, PHASES, Phase, beside_problems, old_pods_policy
from cdk_eks_cilium.network.pod_subnets_base import PodSubnetsBase
from cdk_eks_cilium.nodes import NodeGroupKeywords
from cdk_eks_cilium.policies.policy_set import PolicySets
from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.values import CiliumValues, OperatorIdentity
from cdk_eks_cilium.versions import CiliumVersion

_AWS_NODE: Final[Mapping[Phase, AwsNode]] = {"install": "beside", "move": "beside", "finish": "remove"}


# belief: EKS-aws-node-learns-ranges, EKS-drain-is-cut-short
class CiliumMigration(Construct):
    """Moves a cluster that exists from aws-node to Cilium: one construct, four deployments.

    - ``prepare`` makes what changes nothing for pods: the operator's role, and rules between security
      groups.
    - ``install`` gives aws-node an affinity that keeps it off new nodes, and installs Cilium, whose agents
      run on no old node. Its operator runs on old nodes.
    - ``move`` adds the node groups. They have Cilium and prefixes. You drain the old groups.
    - ``finish`` removes aws-node and its leftovers, lets Cilium on every node, and takes the rules away. It
      fails before it changes anything while aws-node runs on Ready nodes.

    Deploy one phase after the other. The way back is the phase before, with one exception: after ``finish``
    EKS's add-on ``vpc-cni`` must be installed first. The construct stays in the app in the phase ``finish``.

    Args:
        cluster: The cluster, of `ExistingCluster`.
        phase: The phase to deploy.
        pod_subnets: Where new pods get their addresses; a subnet in every zone that has new nodes.
        values: What Cilium does, as in `Cilium`. It must be the same in all phases.
        version: Chart version, 1.16 or later.
        operator_identity: As in `Cilium`. ``pod-identity`` also adds EKS's agent, which the cluster must not
            have yet.
        old_node_security_groups: Security groups of old nodes, other than the cluster's own. Each admits
            the cluster's group, which new nodes and pods have, and is admitted there, until ``finish``.
            By default old nodes are in the cluster's group, which admits itself.
        admit_old_pods: Whether pods with policies talk to pods that still have aws-node. Cilium knows no
            labels of those pods, so no policy by labels ever means them. By default a clusterwide policy
            admits them, in both directions, until ``finish``. False: such traffic is dropped.
        node_subnets: As in `Cilium`.
        handler_subnets: As in `Cilium`.
        cluster_name: As in `Cilium`.
        chart_asset: As in `Cilium`.

    Attributes:
        cilium: Cilium. In the phase ``prepare`` it is None.

    Raises:
        InputError: If the phase is unknown, or Cilium cannot run beside aws-node with these arguments.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: eks.Cluster | eks.ICluster,
        phase: Phase,
        pod_subnets: PodSubnetsBase,
        values: CiliumValues,
        version: CiliumVersion = CiliumVersion.DEFAULT,
        operator_identity: OperatorIdentity = "irsa",
        old_node_security_groups: Sequence[ec2.ISecurityGroup] = (),
        admit_old_pods: bool = True,
        node_subnets: Sequence[ec2.ISubnet] | None = None,
        handler_subnets: Sequence[ec2.ISubnet] | None = None,
        cluster_name: str | None = None,
        chart_asset: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        refuse(_problems(self.node.path, phase, cluster, values, version))
        self.cluster = cast(eks.ICluster, cluster)
        self.phase = phase
        self.cilium: Cilium | None = None
        if phase != "finish":
            self._join_groups(old_node_security_groups)
        if phase == "prepare":
            name = cluster_name or cilium_values.derive_cluster_name(
                eks_name(cluster), f"{self.node.path}: cluster_name"
            )
            self._prepare(pod_subnets, values, version, operator_identity, name)
            return
        self.cilium = Cilium(
            self,
            "Cilium",
            cluster=cluster,
            pod_subnets=pod_subnets,
            values=values,
            version=version,
            aws_node=_AWS_NODE[phase],
            aws_node_options=AwsNodeOptions(extras=True, remove_addon=True) if phase == "finish" else None,
            node_subnets=node_subnets,
            handler_subnets=handler_subnets,
            cluster_name=cluster_name,
            operator_identity=operator_identity,
            chart_asset=chart_asset,
        )
        if admit_old_pods and phase != "finish":
            PolicySets.of(self, self.cilium).clusterwide().add(old_pods_policy())

    def add_node_group(
        self,
        id: str,
        *,
        instance_facts: Mapping[str, InstanceType] = NO_FACTS,
        subnets: Sequence[ec2.ISubnet] | None = None,
        node_role: iam.IRole | None = None,
        volume_key: kms.IKey | None = None,
        kubernetes_version: str | None = None,
        service_cidr: str | None = None,
        **props: Unpack[NodeGroupKeywords],
    ) -> NodeGroup | None:
        """Add nodes with Cilium, from the phase ``move`` on; None before it.

        They carry the label ``io.cilium.migration/cilium-default=true``, also in the phase ``finish``: nodes
        without it would have to be replaced.

        Args:
            id: As in `Cilium.add_node_group`, like all others.
            instance_facts: Facts of types that the library does not know.
            subnets: Where the nodes run.
            node_role: Role of the nodes.
            volume_key: A key for the volumes.
            kubernetes_version: Minor version of the nodes.
            service_cidr: Range of the Services.
            props: The nodes.

        Raises:
            InputError: As `Cilium.add_node_group`.
        """
        if self.cilium is None or self.phase == "install":
            return None
        props["labels"] = {**(props.get("labels") or {}), NEW_NODES: "true"}
        return self.cilium.add_node_group(
            id,
            instance_facts=instance_facts,
            subnets=subnets,
            node_role=node_role,
            volume_key=volume_key,
            kubernetes_version=kubernetes_version,
            service_cidr=service_cidr,
            **props,
        )

    def _prepare(
        self,
        pod_subnets: PodSubnetsBase,
        values: CiliumValues,
        version: CiliumVersion,
        identity: OperatorIdentity,
        cluster_name: str,
    ) -> None:
        """Make what `Cilium` makes first, under the same ids, so that the next phase finds it."""
        scope = Construct(self, "Cilium")
        role = operator_role(
            scope,
            "OperatorRole",
            cluster=self.cluster,
            cluster_name=cluster_name,
            pod_subnets=pod_subnets,
            values=values,
            version=version,
            identity=identity,
        )
        if identity == "pod-identity":
            PodIdentity(scope, "PodIdentity", cluster=self.cluster, role_arn=role.role_arn)

    # belief: CILIUM-security-groups, EKS-cluster-group-admits-itself
    def _join_groups(self, groups: Sequence[ec2.ISecurityGroup]) -> None:
        """Let the nodes and pods of each group and of the cluster's group reach each other."""
        own = self.cluster.cluster_security_group_id
        for number, group in enumerate(groups):
            pairs = {
                "OldFromNew": (group.security_group_id, own),
                "NewFromOld": (own, group.security_group_id),
            }
            for name, (admits, source) in pairs.items():
                ec2.CfnSecurityGroupIngress(
                    self,
                    f"{name}{number}",
                    description="Pods of aws-node and of Cilium, until the migration ends",
                    group_id=admits,
                    source_security_group_id=source,
                    ip_protocol="-1",
                )


def _problems(
    where: str,
    phase: str,
    cluster: eks.Cluster | eks.ICluster,
    values: CiliumValues,
    version: CiliumVersion,
) -> Iterator[Problem]:
    if phase not in PHASES:
        yield Problem(
            f"{where}: phase",
            f"must be one of {', '.join(PHASES)}",
            phase,
            "begin with 'prepare'",
            id="CEK6052",
        )
    if isinstance(cluster.node.default_child, eks.CfnCluster):
        yield Problem(
            f"{where}: cluster",
            "must be a cluster that exists: a new one never has aws-node's nodes",
            fix="import it with ExistingCluster, or use Cilium for a new cluster",
            id="CEK6053",
        )
    if values.profile == "article":
        yield Problem(
            f"{where}: values.profile",
            "must be 'standard' during a migration: the article's Cilium cannot let old pods in, and tags no "
            "interface",
            values.profile,
            "leave profile out",
            id="CEK6054",
        )
    else:
        yield from beside_problems(values, version, where)
