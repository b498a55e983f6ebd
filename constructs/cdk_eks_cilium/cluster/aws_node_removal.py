"""Take EKS's own CNI off a cluster, by deletion or by a node selector, before any node can run it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from cdk_eks_cilium.checks.acknowledgements import acknowledge
from cdk_eks_cilium.cluster.cluster_function import ClusterFunction
from cdk_eks_cilium.cluster.outside_roles import attach
from cdk_eks_cilium.cluster.removal_rights import kept_off_rules, rbac_manifests, removal_rules
from cdk_eks_cilium.problems import Problem, refuse

Strategy = Literal["remove", "patch", "beside"]


@dataclass(frozen=True, kw_only=True)
class AwsNodeOptions:
    """What a removal does beyond its DaemonSet. All but the last need the strategy ``remove``.

    Attributes:
        extras: Also delete what is useless without aws-node: its ServiceAccount, ClusterRole and
            ClusterRoleBinding, the ConfigMap ``amazon-vpc-cni``, and the CRD
            ``eniconfigs.crd.k8s.amazonaws.com`` with all ENIConfigs. The related CRDs
            ``cninodes.vpcresources.k8s.aws`` and ``policyendpoints.networking.k8s.aws`` belong to EKS's
            control plane, which puts them back.
        allow_nodes: Whether to go on while nodes use aws-node. By default yes on a cluster of this app: it
            has no nodes when this runs first, and later runs remove whatever came back. By default no on an
            imported cluster: the deployment then fails and names the nodes that would lose their network.
        remove_addon: Delete EKS's managed add-on ``vpc-cni`` first, which would put the DaemonSet back. The
            handler then calls EKS's API, which takes a NAT gateway or an interface endpoint in a VPC.
        leave_kube_proxy: Leave kube-proxy on its nodes where Cilium replaces it. By default the handler
            keeps kube-proxy off them, and brings it back when Cilium no longer replaces it.
    """

    extras: bool = False
    allow_nodes: bool | None = None
    remove_addon: bool = False
    leave_kube_proxy: bool = False


class AwsNodeRemoval(ClusterFunction):
    """Custom resource that takes the DaemonSet ``kube-system/aws-node`` off every node.

    A node that ever ran aws-node keeps secondary addresses on its interfaces, and Cilium then never
    gives it prefixes, so whatever starts nodes must depend on this construct.

    The handler has the rights that its strategy needs, on named objects, through an access entry. It calls
    AWS APIs only for ``remove_addon``, and with *kept_off* to see whether its own stack rolls back. A missing
    DaemonSet is success, so the resource can be repeated, and the strategy may change with any deployment.
    Deleting the resource undoes a patch (as a failed creation does), and does nothing after a removal.

    Args:
        cluster: The cluster, ours or imported, with a kubectl provider (for the Role's manifest).
        strategy: ``remove`` deletes the DaemonSet and waits until it is gone. ``patch`` gives it the node
            selector ``io.cilium/aws-node-enabled=true`` and waits until all its pods are gone. ``beside``
            leaves it on the nodes that it has, and gives it an affinity that excludes nodes with the label
            `NEW_NODES`; see `Migration`.
        options: What else to remove, and whether running nodes stop the removal.
        daemon_sets: Names in ``kube-system``. By default ``aws-node`` alone.
        kept_off: Names in ``kube-system`` that get a selector with either strategy, and run again once they
            are left out here: ``kube-proxy`` where Cilium replaces it. With ``beside`` they get the
            affinity instead. Empty by default.
        handler_subnets: Subnets for the handler; they must reach the API's private endpoint.
            By default the handler is outside the VPC and calls the public endpoint.
        handler_security_groups: By default the cluster's own security group, when in subnets.
        repeat_on: Values whose change makes the removal run again, such as versions: an update of
            EKS or of Cilium is the time to assert that nothing came back.

    Raises:
        InputError: If *strategy* is another than ``remove``, and an option needs it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: eks.Cluster | eks.ICluster,
        strategy: Strategy = "remove",
        options: AwsNodeOptions | None = None,
        daemon_sets: Sequence[str] = ("aws-node",),
        kept_off: Sequence[str] = (),
        handler_subnets: Sequence[ec2.ISubnet] = (),
        handler_security_groups: Sequence[ec2.ISecurityGroup] = (),
        repeat_on: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            scope,
            id,
            cluster=cluster,
            folder="aws_node_removal",
            description="Removes aws-node from an EKS cluster so that Cilium can be its only CNI",
            timeout=cdk.Duration.minutes(5),
            service_timeout=cdk.Duration.minutes(8),
            subnets=handler_subnets,
            security_groups=handler_security_groups,
        )
        self.strategy = strategy
        self.options = options or AwsNodeOptions()
        self.daemon_sets = tuple(daemon_sets)
        self.kept_off = tuple(kept_off)
        refuse(_problems(self.node.path, strategy, self.options))
        own = isinstance(cluster.node.default_child, eks.CfnCluster)
        allowed = own if self.options.allow_nodes is None else self.options.allow_nodes
        self._refuse_nodes = strategy == "remove" and not allowed
        self.permissions = self._permissions()
        self.resource = self.custom_resource(
            self,
            resource_type="Custom::AwsNodeRemoval",
            properties={
                **self.cluster_properties,
                "DaemonSets": json.dumps(self.daemon_sets),
                **self._choices(),
                "RepeatOn": dict(repeat_on or {}),
            },
        )
        self.resource.node.add_dependency(self.permissions)

    def _choices(self) -> dict[str, str]:
        """The properties that differ from the handler's own defaults."""
        chosen = {
            "Strategy": self.strategy if self.strategy != "remove" else None,
            "KeptOff": json.dumps(self.kept_off) if self.kept_off else None,
            "RefuseNodes": "true" if self._refuse_nodes else None,
            "ManagedAddon": "true" if self.options.remove_addon else None,
            "RemoveExtras": "true" if self.options.extras else None,
        }
        return {name: value for name, value in chosen.items() if value is not None}

    def _permissions(self) -> Construct:
        permissions = Construct(self, "Permissions")
        self.enter_cluster(permissions)
        if self.options.remove_addon:
            self._grant_addon(permissions)
        rules = removal_rules(
            self.strategy, self.daemon_sets, extras=self.options.extras, list_nodes=self._refuse_nodes
        )
        self.grant_in_kubernetes(permissions, "Rbac", rbac_manifests(self.role_name, self.group, rules))
        if self.kept_off:
            # A manifest of its own: an update that brings a DaemonSet back deletes the manifest at the very
            # end, when the handler has used these rights for the last time.
            kept_off = rbac_manifests(f"{self.role_name}-kept-off", self.group, kept_off_rules(self.kept_off))
            self.grant_in_kubernetes(permissions, "KeptOffRbac", kept_off)
            self._grant_stack(permissions)
        return permissions

    def _grant_stack(self, scope: Construct) -> None:
        """Let the handler see whether an update is a roll-back, which its event does not tell."""
        stack_id = cdk.Stack.of(self).stack_id
        looks = {"Effect": "Allow", "Action": "cloudformation:DescribeStacks", "Resource": stack_id}
        attach(scope, "StackPolicy", self.role, [looks])

    def _grant_addon(self, scope: Construct) -> None:
        """Let the handler delete the add-on; the policy exists from before its first call until its last."""
        arn = cdk.Stack.of(self).format_arn(
            service="eks", resource="addon", resource_name=f"{self.cluster.cluster_name}/vpc-cni/*"
        )
        actions = ["eks:DescribeAddon", "eks:DeleteAddon"]
        deletes = {"Effect": "Allow", "Action": actions, "Resource": arn}
        attach(scope, "AddonPolicy", self.role, [deletes])
        acknowledge(
            scope,
            wildcards={arn: "the add-on's ARN ends in an id that EKS makes up, and there is one add-on"},
        )


def _problems(where: str, strategy: Strategy, options: AwsNodeOptions) -> Iterator[Problem]:
    if strategy == "remove":
        return
    given = {
        "extras": (options.extras, "would leave a patched DaemonSet without its rights"),
        # False too: its caller expects that the deployment fails on nodes that use aws-node.
        "allow_nodes": (options.allow_nodes, "has no effect on a patch, which does not look at nodes"),
        "remove_addon": (options.remove_addon, "deletes what a patch must keep"),
    }
    unset = AwsNodeOptions()
    for name, (value, reason) in given.items():
        if value != getattr(unset, name):
            yield Problem(
                f"{where}: options.{name}",
                f"needs the strategy 'remove': it {reason}",
                value,
                "choose 'remove', or leave the option out",
                id="CEK6002",
            )
