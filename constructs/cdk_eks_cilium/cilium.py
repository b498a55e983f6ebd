"""Cilium on an EKS cluster, in the one order that works."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Unpack, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct, IConstruct, IValidation

from cdk_eks_cilium import values as cilium_values
from cdk_eks_cilium.addressing import NO_FACTS, InstanceType
from cdk_eks_cilium.cluster.apart import node_problems
from cdk_eks_cilium.cluster.aws_node_removal import AwsNodeOptions
from cdk_eks_cilium.cluster.cluster_facts import eks_name, stack_kubernetes_version
from cdk_eks_cilium.cluster.image_checks import image_problems, library_problems, node_subnet_problems
from cdk_eks_cilium.cluster.install_request import AwsNode, Installation
from cdk_eks_cilium.cluster.installation_parts import InstallationParts
from cdk_eks_cilium.cluster.instance_tags import instance_tags
from cdk_eks_cilium.cluster.later import later
from cdk_eks_cilium.cluster.node_counts import NodeCounts
from cdk_eks_cilium.cluster.node_group import NodeGroup
from cdk_eks_cilium.cluster.node_role import NodeRole, role_problems
from cdk_eks_cilium.cluster.readiness_gate import DEFAULT_MINUTES, ReadinessGate
from cdk_eks_cilium.migration import NEW_NODES
from cdk_eks_cilium.network.pod_subnets_base import PodSubnetsBase
from cdk_eks_cilium.network.same_vpc import shared_vpc
from cdk_eks_cilium.network.way_out import WayOut
from cdk_eks_cilium.nodes import NodeGroupKeywords, NodeGroupProps
from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.values import CiliumValues, OperatorIdentity
from cdk_eks_cilium.versions import CiliumVersion, pairing_warnings, release_warnings


class Cilium(Construct):
    """Cilium as the only CNI of an EKS cluster: ENI mode, pods on their own subnets.

    Makes, in this order: a wait for the API, the removal of aws-node (or, on a cluster made without
    aws-node, kube-proxy's add-on), the sweep of interfaces (which works on destroy), the operator's role, the
    CNI configuration, and the Helm release. Node groups follow with `add_node_group` or `run_on`. Helm does
    not wait for pods: pods cannot run before there are nodes, and nodes become ready only after the release.

    Args:
        cluster: Cluster without Auto Mode and without nodes, with a kubectl provider: a cluster of this
            app, or one that exists, from `ExistingCluster`.
        pod_subnets: Where pods get their addresses; a subnet in every zone that has nodes.
        values: What Cilium does. The egress must be chosen, because no default is right for every image and
            network. Where Cilium replaces kube-proxy, a selector keeps kube-proxy off every node, and goes
            before Cilium stops; with *aws_node* ``never-install`` kube-proxy is an add-on that is left out.
        version: Chart version. By default `CiliumVersion.DEFAULT`.
        aws_node: ``remove`` deletes aws-node before any node starts; ``patch`` keeps it off every node by a
            node selector, which a destroy takes back. ``beside`` leaves aws-node on the nodes that it has,
            and gives Cilium the nodes of `add_node_group` alone, by the label
            ``io.cilium.migration/cilium-default``: see `CiliumMigration`. ``never-install`` is for a cluster
            made with ``bootstrap_self_managed_addons=False``: this construct then adds CoreDNS and, unless
            Cilium replaces it, kube-proxy.
        aws_node_options: What else to remove with aws-node, and whether running nodes of an imported cluster
            stop ``remove``. By default they do, and nothing else is removed.
        node_subnets: Where node groups run. By default the VPC's private subnets.
        handler_subnets: Where our functions run, to reach the private endpoint. By default the
            node subnets. Empty: outside the VPC, for a cluster with a public endpoint only.
        cluster_name: Cilium's name of the cluster (at most 32 of ``a-z0-9-``). By default derived from
            the EKS name.
        operator_identity: How the operator gets its role: ``irsa`` by the cluster's OIDC provider, or
            ``pod-identity`` by EKS's agent, which is then added to the cluster (Cilium 1.16 or later).
        chart_asset: Path of a packaged chart or its folder, of *version*, which is uploaded with the app's
            assets. By default Helm fetches the chart from Cilium's repository on the internet.
        allow_minor_skip: Whether an update may skip a minor of Cilium. By default such an update fails
            before it changes anything, because Cilium tests one minor at a time.

    Raises:
        InputError: If a value or the chart does not fit the version, or Cilium cannot run on the cluster.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: eks.Cluster | eks.ICluster,
        pod_subnets: PodSubnetsBase,
        values: CiliumValues,
        version: CiliumVersion = CiliumVersion.DEFAULT,
        aws_node: AwsNode = "remove",
        aws_node_options: AwsNodeOptions | None = None,
        node_subnets: Sequence[ec2.ISubnet] | None = None,
        handler_subnets: Sequence[ec2.ISubnet] | None = None,
        cluster_name: str | None = None,
        operator_identity: OperatorIdentity = "irsa",
        chart_asset: str | os.PathLike[str] | None = None,
        allow_minor_skip: bool = False,
    ) -> None:
        super().__init__(scope, id)
        refuse(library_problems(self.node.path, cluster))
        self.cluster = cluster
        self.pod_subnets = pod_subnets
        self.values = values
        self.version = version
        self.node_groups: list[NodeGroup] = []
        # A scope of their own: a group may have any id, "Chart" too.
        self._node_group_scope = Construct(self, "NodeGroups")
        self._node_role: NodeRole | None = None
        self._readiness_gate: ReadinessGate | None = None
        self._nodes_elsewhere: list[IConstruct] = []
        self._kubernetes_version = stack_kubernetes_version(cluster)
        self._request = Installation(
            cluster=cluster,
            values=values,
            version=version,
            aws_node=aws_node,
            aws_node_options=aws_node_options,
            operator_identity=operator_identity,
            chart_asset=chart_asset,
            allow_minor_skip=allow_minor_skip,
            handler_in_vpc=handler_subnets is None or len(handler_subnets) > 0,
        )
        refuse(self._request.problems(self.node.path))
        self.node_subnets = tuple(node_subnets or cluster.vpc.private_subnets)
        self.handler_subnets = tuple(self.node_subnets if handler_subnets is None else handler_subnets)
        refuse(node_subnet_problems(self.node.path, self.node_subnets, pod_subnets.availability_zones))
        self._beside = aws_node == "beside"
        self._warn()

        self.cluster_name = cluster_name or cilium_values.derive_cluster_name(
            eks_name(cluster), f"{self.node.path}: cluster_name"
        )
        self._claim_name()
        parts = InstallationParts(
            self,
            self._request,
            pod_subnets=pod_subnets,
            cluster_name=self.cluster_name,
            handler_subnets=self.handler_subnets,
            kubernetes_version=self._kubernetes_version,
        )
        self._parts = parts
        self.api_ready = parts.api_ready
        self.aws_node_removal = parts.aws_node_removal
        self.core_addons = parts.core_addons
        self.eni_sweep = parts.eni_sweep
        self.operator_role = parts.operator_role
        self.pod_identity = parts.pod_identity
        self.cni_configuration = parts.cni_configuration
        self.chart, self.release_takeover = parts.chart, parts.release_takeover
        self.node.add_validation(cast(IValidation, WayOut(values.egress, pod_subnets)))

    @property
    def running(self) -> Sequence[IConstruct]:
        """What must exist before anything that needs a working Cilium, such as its operator's CRDs.

        These are the release and the node groups that `add_node_group` adds, before or later.
        """
        return (self.chart, self._node_group_scope)

    @cached_property
    def node_counts(self) -> NodeCounts:
        """The function that keeps the number of nodes of the groups, made on first use."""
        return NodeCounts(self, "NodeCounts", cluster=self.cluster)

    @property
    def helm_values(self) -> dict[str, Any]:
        """The values of the release, tokens included."""
        return self._parts.helm_values

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
    ) -> NodeGroup:
        """Add nodes that start after the release.

        Args:
            id: Construct id of the group, unique among the groups.
            instance_facts: Facts of types that the library does not know, by name, as
                `addressing.read_facts` reads them.
            subnets: Where the nodes run, each in a zone with a pod subnet. By default `node_subnets`.
            node_role: Role of the nodes. By default one role for all groups of this construct, and another
                for each group with ``ssm_access``.
            volume_key: A key for the volumes; see `NodeGroup`.
            kubernetes_version: Minor version of the nodes, for an imported cluster.
            service_cidr: Range of the Services, for an imported cluster.
            props: The nodes; see `NodeGroupProps` for each keyword and its default.

        Raises:
            InputError: If the egress names another interface than the image's primary one, a subnet has no
                pod subnet in its zone, or a property does not fit.
        """
        if self._beside:
            props["labels"] = {**(props.get("labels") or {}), NEW_NODES: "true"}
        given, where = NodeGroupProps(**props), f"{self._node_group_scope.node.path}/{id}"
        chosen = self.node_subnets if subnets is None else tuple(subnets)
        refuse(
            [
                *image_problems(where, given.image, self.values),
                *(() if subnets is None else self._subnet_problems(where, chosen)),
                *role_problems(where, given, node_role),
            ]
        )
        group = NodeGroup(
            self._node_group_scope,
            id,
            cluster=self.cluster,
            node_role=node_role or self._role_of(id, ssm_access=given.ssm_access),
            subnets=chosen,
            kubernetes_version=kubernetes_version or self._kubernetes_version,
            service_cidr=service_cidr,
            addressing=cilium_values.node_addressing(self.values, self.version, instance_facts),
            instance_tags=instance_tags(
                self.values, self.cluster_name, pod_blocks=self.pod_subnets.block_count
            ),
            volume_key=volume_key,
            node_counts=self.node_counts,
            **props,
        )
        self.node_groups.append(group)
        self.run_on(group)
        return group

    def add_readiness_gate(self, *, minutes: int = DEFAULT_MINUTES) -> ReadinessGate:
        """Let the deploy succeed only when pods get addresses on this cluster; see `ReadinessGate`.

        The gate waits for the release, the node groups of `add_node_group`, the nodes of this stack in
        `run_on`, and CoreDNS's add-on, whether they come before or after this call.

        Args:
            minutes: How long to wait for the cluster, 1 to 13.

        Raises:
            InputError: If *minutes* is out of range.
        """
        gate = ReadinessGate(
            self,
            "ReadinessGate",
            cluster=self.cluster,
            release=self.release_takeover.fingerprint,
            node_groups=later(self._boot_versions),
            minutes=minutes,
            subnets=self.handler_subnets,
        )
        gate.rights.node.add_dependency(self.api_ready)
        gate.resource.node.add_dependency(*self.running, *self._nodes_elsewhere)
        if self.core_addons is not None:
            gate.resource.node.add_dependency(self.core_addons.core_dns)
        self._readiness_gate = gate
        return gate

    def _boot_versions(self) -> list[str]:
        """What changes whenever nodes of a group start anew."""
        templates = [group.launch_template for group in self.node_groups]
        return [f"{each.launch_template_id} {each.latest_version_number}" for each in templates]

    def _subnet_problems(self, where: str, subnets: Sequence[ec2.ISubnet]) -> list[Problem]:
        return node_subnet_problems(where, subnets, self.pod_subnets.availability_zones, name="subnets")

    def _role_of(self, id: str, *, ssm_access: bool) -> iam.IRole:
        """The role of a group's nodes: the common one, or one of its own with more rights."""
        if ssm_access:
            return cast(iam.IRole, NodeRole(self._node_group_scope, f"{id}Role", ssm_access=True).role)
        if self._node_role is None:
            self._node_role = NodeRole(self, "NodeRole")
        return cast(iam.IRole, self._node_role.role)

    def run_on(self, *nodes: IConstruct) -> None:
        """Order nodes that were made elsewhere: after the release, and before CoreDNS's add-on.

        The operator may attach interfaces only to instances with the tag ``io.cilium/cluster-name``, whose
        value is `cluster_name`, or ``eks:cluster-name``, which EKS gives to managed node groups. Other
        instances must get one of these tags; `CiliumChecks` sees when an Auto Scaling group lacks both.
        Nodes of another stack make their stack wait for this one.

        Args:
            nodes: Node groups, or other constructs that start nodes.

        Raises:
            InputError: If the stack of the nodes and Cilium's would have to wait for each other.
        """
        refuse(
            problem
            for group in nodes
            for problem in node_problems(
                self.chart, self.cluster, group, core_addons=self.core_addons is not None
            )
        )
        for group in nodes:
            group.node.add_dependency(self.chart)
            if not isinstance(group, NodeGroup) and cdk.Stack.of(group) is cdk.Stack.of(self):
                self._nodes_elsewhere.append(group)
                if self._readiness_gate is not None:
                    self._readiness_gate.resource.node.add_dependency(group)
            if self.core_addons is not None:
                self.core_addons.run_on(group)

    def _claim_name(self) -> None:
        """Refuse a name that another cluster of the VPC has: a sweep would take the interfaces of both."""
        if self.values.profile == "article":
            return  # Its operator tags no interface, and nothing sweeps them.
        clusters = shared_vpc(self.cluster.vpc).clusters
        other = clusters.setdefault(self.cluster_name, self.node.path)
        if other != self.node.path:
            fix = "pass another cluster_name: the tag with this name says whose interfaces the sweep deletes"
            rule = f"must differ from that of {other}, in the same VPC"
            problem = Problem(f"{self.node.path}: cluster_name", rule, self.cluster_name, fix, id="CEK6044")
            refuse([problem])

    def _warn(self) -> None:
        texts = [*release_warnings(self.version), *cilium_values.warnings(self.values, self.version)]
        if self._kubernetes_version:
            texts += pairing_warnings(self.version, self._kubernetes_version)
        for number, text in enumerate(texts, start=1):
            cdk.Annotations.of(self).add_warning_v2(f"cdk-eks-cilium:values{number}", text)
        for text in cilium_values.notes(self.values, self.version):
            cdk.Annotations.of(self).add_info_v2("cdk-eks-cilium:later", text)
